"""Paragraphs, roles, headings, sections and metadata, on inline documents."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.documents import Document, Source, build
from pipeline.documents.metadata import find_date, find_issuer, is_date_line
from pipeline.documents.numbering import find_number

LONG = "全镇上下齐心协力，抓项目、促转型、惠民生，各项事业都取得了新的进展，群众的日子一天比一天好。"


def make(text: str, kind: str = "txt", **known: str) -> Document:
    return build("x", Source("x", kind, "utf-8", "", text, "x", **known))


def table(document: Document) -> list[tuple[str, str, str]]:
    """Role, section and first characters of each paragraph."""
    return [
        (paragraph.role, paragraph.section or "", document.clean.text[paragraph.start : paragraph.end][:8])
        for paragraph in document.paragraphs
    ]


REPORT = f"""石桥镇人民政府工作报告
——在石桥镇第九届人民代表大会第二次会议上
（2021年1月15日）
石桥镇人民政府镇长
各位代表：
现在，我代表石桥镇人民政府向大会作工作报告，请予审议。
一、2020年工作回顾
(一)经济实力稳步提升
1.工业提质增效。{LONG}
2.农业稳产增收。{LONG}
(二)政府自身建设得到加强
{LONG}
同时，我们也清醒认识到，发展中还存在一些问题：园区用地不足，财政收支矛盾突出。
二、2021年目标任务
主要预期目标是：财政收入增长5%，规上工业增加值增长8%。
三、2021年重点工作
(一)聚焦产业升级,壮大实体经济
一是{LONG}
(二)聚焦群众期盼,办好民生实事
{LONG}
(三)加强政府自身建设
{LONG}
各位代表！蓝图已经绘就，让我们在镇党委的领导下携手前进！
"""


def test_a_report_from_title_to_closing() -> None:
    document = make(REPORT)
    assert table(document) == [
        ("title", "", "石桥镇人民政府工"),
        ("title", "", "——在石桥镇第九"),
        ("date", "", "（2021年1月"),
        ("title", "", "石桥镇人民政府镇"),
        ("body", "opening", "各位代表："),
        ("body", "opening", "现在，我代表石桥"),
        ("heading", "review", "一、2020年工"),
        ("heading", "review", "（一）经济实力稳"),
        ("body", "review", "1.工业提质增效"),
        ("body", "review", "2.农业稳产增收"),
        ("heading", "review", "（二）政府自身建"),
        ("body", "review", LONG[:8]),
        ("body", "problems", "同时，我们也清醒"),
        ("heading", "targets", "二、2021年目"),
        ("body", "targets", "主要预期目标是："),
        ("heading", "tasks", "三、2021年重"),
        ("heading", "tasks", "（一）聚焦产业升"),
        ("body", "tasks", "一是全镇上下齐心"),
        ("heading", "livelihood_projects", "（二）聚焦群众期"),
        ("body", "livelihood_projects", LONG[:8]),
        ("heading", "self_building", "（三）加强政府自"),
        ("body", "self_building", LONG[:8]),
        ("body", "closing", "各位代表！蓝图已"),
    ]
    headings = [paragraph.headings for paragraph in document.paragraphs]
    assert headings[8] == ["2020年工作回顾", "经济实力稳步提升", "工业提质增效"]
    assert headings[17] == ["2021年重点工作", "聚焦产业升级，壮大实体经济"]
    assert headings[22] == []
    assert document.meta.title == "石桥镇人民政府工作报告"
    assert (document.meta.date, document.meta.issuer) == ("2021-01-15", "石桥镇")


OLD_LONG = "全鎮上下齊心協力，抓項目、促轉型、惠民生，各項事業都取得了新的進展，群眾的日子一天比一天好。"
RUN_ON = (
    f"4月2日，镇里开会。{OLD_LONG} 會議指出 全鎮上下要抓住機遇，{OLD_LONG} "
    f"堅定信心，推動產業提質增效 要大力招商，{OLD_LONG} 補齊短板，建設宜居家園 要整治環境，{OLD_LONG}"
).replace("鎮", "鎮(zhèn)")


def test_a_run_on_paragraph_is_divided_at_its_inline_headings() -> None:
    document = make(RUN_ON)
    assert [role for role, _, _ in table(document)] == ["body", "heading", "body", "heading", "body", "heading", "body"]
    assert document.paragraphs[4].headings == ["坚定信心，推动产业提质增效"]
    assert " " not in document.clean.text


def test_lines_wrapped_at_a_fixed_width_are_joined() -> None:
    paragraph = LONG.replace("。", "，") * 6 + LONG
    wrapped = "\n".join(paragraph[at : at + 38] for at in range(0, len(paragraph), 38))
    document = make(f"一、工作回顾\n{wrapped}\n二、工作安排\n{wrapped}")
    texts = [document.clean.text[item.start : item.end] for item in document.paragraphs]
    assert texts == ["一、工作回顾", paragraph, "二、工作安排", paragraph]


def test_short_lines_of_their_own_stay() -> None:
    lines = [f"今年石桥镇完成了第{digit}件实事，群众表示满意。" for digit in "一二三四五六七八九"]
    assert make("\n".join(lines)).clean.text == "\n".join(lines)


def test_spaces_of_a_scanner_divide_nothing() -> None:
    text = " ".join(LONG * 10)
    assert make(text).clean.text == LONG * 10


WEB_PAGE = f"""分享

石桥镇开大会，干货来了!
 周小石 2021-09-21
会上，镇长作了报告。{LONG}
▲代表们认真审议
上半年，我们完成了这些事
产业动能增强
{LONG}
石桥大道改造后
一、招商势头良好。{LONG}
来源:石桥镇党政办  编辑:李晓
    本站是提供个人知识管理的空间，内容由用户发布，不代表本站观点。请注意甄别内容中的联系方式与购买信息，谨防诈骗，如有问题请举报，我们会尽快处理并答复。
    转藏 分享 献花(0
    0条评论
    发表
    类似文章
    河边的老茶馆
"""


def test_a_saved_web_page() -> None:
    document = make(WEB_PAGE)
    roles = [role for role, _, _ in table(document)]
    assert roles[:7] == ["boilerplate", "title", "date", "body", "caption", "heading", "heading"]
    assert roles[7:10] == ["body", "caption", "body"]
    assert set(roles[10:]) == {"boilerplate"}
    assert document.paragraphs[9].headings == ["上半年，我们完成了这些事", "产业动能增强", "招商势头良好"]
    assert document.meta.date == "2021-09-21"


def test_a_crawlers_header_and_the_links_below() -> None:
    links = "\n\n\t老街的味道\n\n\t《山里的灯》\n\n\t老茶馆：一天的味道\n"
    document = make(f"Title: 石桥镇：新年开新局\nDate: 2018-01-25\nText:\n\n{LONG}{links}")
    roles = [role for role, _, _ in table(document)]
    assert roles == ["title", "date", "boilerplate", "body"] + ["boilerplate"] * 3
    assert (document.meta.title, document.meta.date) == ("石桥镇：新年开新局", "2018-01-25")


def test_a_lone_short_line_is_no_link() -> None:
    assert make("固定资产投资增长8%，出口增长6%").paragraphs[0].role == "body"


CHROME = [
    ("上一篇：石桥镇召开会议", "boilerplate"),
    ("下一篇：没有了", "boilerplate"),
    ("阅读次数：1204", "boilerplate"),
    ("来源：石桥发布", "boilerplate"),
    ("责任编辑：王一", "boilerplate"),
    ("【打印】【关闭窗口】", "boilerplate"),
    ("分享到：微信 微博", "boilerplate"),
    ("Copyright © 2021 石桥镇人民政府", "boilerplate"),
    ("粤ICP备12345678号", "boilerplate"),
    ("（新华社石桥3月2日电）", "boilerplate"),
    ("您现在的位置：首页 > 政务公开", "boilerplate"),
    ("▲石桥工业园一角", "caption"),
    ("图为石桥新村", "caption"),
    ("石桥新村夜景（石桥镇融媒体中心/供图）", "caption"),
    ("表1 主要经济指标", "caption"),
]


@pytest.mark.parametrize(("line", "role"), CHROME)
def test_chrome_and_captions(line: str, role: str) -> None:
    document = make(f"{LONG}\n{line}\n{LONG}")
    assert document.paragraphs[1].role == role


BODY_LINES = [
    "主办单位：市教育局、市民政局",
    "来源于群众、服务于群众，是我们一贯坚持的工作方法，也是做好各项工作的根本保证。",
    "一是完善机制。" + LONG,
    "各位代表：",
    "1.新建公路5公里；",
    "财政收入\t亿元\t3.2",
    "分享经济、平台经济蓬勃发展，新增市场主体三百多户，网络零售额增长三成。",
]


@pytest.mark.parametrize("line", BODY_LINES)
def test_what_stays_body(line: str) -> None:
    document = make(f"{LONG}\n{line}\n{LONG}")
    assert document.paragraphs[1].role == "body"


def test_marks_of_markdown_and_of_word_processors_give_levels() -> None:
    text = f"# 石桥市工作报告\n\n## 一、去年工作回顾\n\n### 工业\n\n{LONG}\n\n## 二、今年工作安排\n\n"
    text += f"- **抓产业。**{LONG}"
    document = make(text, kind="md")
    assert "#" not in document.clean.text
    assert "*" not in document.clean.text
    assert [paragraph.role for paragraph in document.paragraphs] == [
        "title", "heading", "heading", "body", "heading", "body",
    ]  # fmt: skip
    assert document.paragraphs[3].headings == ["去年工作回顾", "工业"]
    assert document.paragraphs[5].section == "tasks"
    assert document.clean.source_span(document.paragraphs[1].start, document.paragraphs[1].end)[0] == text.index("一、")


MARKDOWN = [
    ("---\n", []),
    ("* * *\n***\n\n___\n", []),
    ("- \n>\n", []),
    ("- **农业。**\n", [("body", "农业。")]),
    ("> - 农业。\n", [("body", "农业。")]),
    ("# **农业**\n", [("heading", "农业")]),
    ("> ## 农业\n", [("heading", "农业")]),
    ("-*_\n-5。\n", [("body", "-*_"), ("body", "-5。")]),
]


@pytest.mark.parametrize(("marked", "wanted"), MARKDOWN)
def test_marks_of_markdown_leave_nothing_behind(marked: str, wanted: list[tuple[str, str]]) -> None:
    document = make(f"{LONG}\n{marked}{LONG}", kind="md")
    found = [(p.role, document.clean.text[p.start : p.end]) for p in document.paragraphs]
    assert found == [("body", LONG), *wanted, ("body", LONG)]
    assert "\n\n" not in document.clean.text


def test_metadata_of_the_file_fills_in() -> None:
    document = make(LONG, title="石桥镇要闻", date="2020-02-03")
    assert (document.meta.title, document.meta.date) == ("石桥镇要闻", "2020-02-03")


NUMBERS = [
    ("第一章 总则", 0),
    ("第二节 目标", 1),
    ("一、回顾", 2),
    ("（一）工业", 3),
    ("1.农业", 4),
    ("2、商业", 4),
    ("（1）林业", 5),
    ("①路", 6),
]


@pytest.mark.parametrize(("line", "rank"), NUMBERS)
def test_numbers(line: str, rank: int) -> None:
    number = find_number(line)
    assert number is not None
    assert number.rank == rank


@pytest.mark.parametrize("line", ["一是抓工业", "3.5亿元投资", "2021年工作", "一期工程", "十件实事"])
def test_no_numbers(line: str) -> None:
    assert find_number(line) is None


DATES = [
    ("2021年1月5日", "2021-01-05"),
    ("2021-01-05 10:30", "2021-01-05"),
    ("二〇一八年一月二十五日", "2018-01-25"),
    ("二○二一年十二月三十一日", "2021-12-31"),
    ("2021年13月5日", ""),
    ("20xx年1月5日", ""),
]


@pytest.mark.parametrize(("line", "date"), DATES)
def test_dates(line: str, date: str) -> None:
    assert find_date(line) == date


def test_date_lines() -> None:
    assert is_date_line("2021-09-21 17:42 来源：石桥发布 阅读次数：32 字号：大 中 小")
    assert is_date_line("周小石 2021-09-21")
    assert not is_date_line("2021年9月21日，石桥镇召开大会，研究下一阶段工作。")


ISSUERS: list[tuple[list[str], list[str], str]] = [
    ([], ["现在，我代表石桥镇第十届委员会向大会作工作报告。"], "石桥镇"),
    (["——在中山市河湾镇第九届人民代表大会上"], [], "河湾镇"),
    (["东莞市河湾镇2023年工作报告"], [], "河湾镇"),
    ([], ["4月2日，河湾镇召开大会。"], "河湾镇"),
    ([], ["我区经济稳中向好。西区加快发展，为西区发展增添动力。充分利用区位优势，扩大区域合作。"], "西区"),
    (["新年寄语"], ["春天来了。"], ""),
]


@pytest.mark.parametrize(("titles", "bodies", "issuer"), ISSUERS)
def test_issuers(titles: list[str], bodies: list[str], issuer: str) -> None:
    assert find_issuer(titles, bodies) == issuer


FRAGMENTS = [RUN_ON, "# 标题", "**粗**", "①", "一、", "（一）", "：", "。"]
LINES = st.one_of(st.text(max_size=20), st.sampled_from(REPORT.split("\n") + WEB_PAGE.split("\n") + FRAGMENTS))


@given(st.lists(LINES, max_size=10).map("\n".join), st.sampled_from(["txt", "md"]))
@settings(max_examples=300, deadline=None)
def test_paragraphs_tile_the_clean_text(text: str, kind: str) -> None:
    document = make(text, kind)
    clean = document.clean
    assert "\n".join(clean.text[paragraph.start : paragraph.end] for paragraph in document.paragraphs) == clean.text
    assert all(paragraph.start < paragraph.end for paragraph in document.paragraphs)
    assert len(clean.text) == len(clean.starts) == len(clean.ends)
    assert all(a < b for a, b in zip(clean.starts, clean.starts[1:], strict=False))
    han = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
    assert len(han.findall(clean.text)) == len(han.findall(text))


@pytest.mark.parametrize(
    "unit", ["镇", "我代表镇", "分享1", "一、", "——", "（1）", "各位代表！", "x ", "会议指出 ", "2021-1-1 "]
)
def test_hostile_lines_take_linear_time(unit: str) -> None:
    began = time.perf_counter()
    make(unit * 100_000)
    make((unit * 30 + "\n") * 3_000)
    assert time.perf_counter() - began < 10
