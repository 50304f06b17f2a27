"""Checks of the annotated corpus: what must hold, and the counts its README shows."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.corpus.gold import GoldParagraph, read
from pipeline.resources import annotations_path

SPLITS = ("train", "dev", "test")
LENGTHS = (40, 450)
RUN = 20
"""Two paragraphs may not share a run of so many characters."""

MINIMA = {
    "paragraphs": 2400,
    "characters": 360_000,
    "issuers": 150,
    "provinces": 28,
    "primary theme": 130,
    "other": 250,
    "hard case": 40,
}

_ORG = r"(?:党委|政府|人大|政协|纪委|办事处|管委会|党支部|党工委|委员会|人大常委会|局|法院|检察院)"
HARD_CASES: dict[str, tuple[str, str]] = {
    # name: (label the mention must have, or "-" for a pattern over the text with its mentions as □)
    "body with a place name": ("ORG", rf"^.*(?:镇|乡|县|市|区|街道|村|省)(?:委|{_ORG}).*$"),
    "bare body": ("ORG", r"^(?:省|市|县|区|镇|乡|州|旗)(?:委|政府|人大|政协|纪委|党委|人大常委会|委员会)$"),
    "abbreviated body": (
        "ORG",
        r"^.{0,4}(?:发改|住建|农业农村|应急|财政|教育|卫健|民政|水务|交通|国资|团|两新|审计|人社|文旅|税务|自然资源)[局委办]?(?:党委)?$",
    ),
    "brackets in a name": ("*", r"[（(].+[）)]"),
    "company": ("ORG", r"(?:公司|集团|实业|科技|机械|电子|建材|药业|食品|股份|纺织|能源|汽车|厂|玻纤|重工|陶瓷)$"),
    "zone as place": ("place", r"(?:新区|高新区|经开区|开发区|工业园区?|产业园区?|园区)$"),
    "zone as body": ("ORG", r"(?:新区|高新区|经开区|开发区|园区).*(?:管委会|党工委|公司|局)$"),
    "road or rail": ("FAC", r"(?:路|大道|街|高速|公路|国道|省道|铁路|高铁|线|桥|隧道|站|立交|[GS]\d+)"),
    "river or water work": ("place", r"(?:河|江|湖|水库|水闸|泵站|堤|渠|涌|溪|流域|灌区|水厂|枢纽)$"),
    "short unit such as 西区": ("GPE", r"^(?:[东西南北中]区|城关|新城|中心区|城区|老城|城[东西南北中]|河[东西南北])"),
    "numeral in a name": (
        "*",
        r"[一二三四五六七八九十百千万\d].*(?:镇|乡|村|路|桥|医院|中学|小学|国道|高速|街|社区|大道|学校|公路|省道|厂|公园|中|水库|渠)$|^[一二三四五六七八九十]中$",
    ),
    "bare short place name": ("GPE", r"^[\u4e00-\u9fff]{2}$(?<![省市县区镇乡村州])"),
    "village, community, estate": ("*", r"(?:村|社区|小区|花园|广场|市场|家园|公寓|新村)$"),
    "school or hospital": ("ORG", r"(?:中学|小学|幼儿园|大学|学院|医院|学校|卫生院|一中|二中)$"),
    "national or provincial body": (
        "ORG",
        r"^(?:国务院|中央|党中央|全国|国家|财政部|教育部|中国|省|生态环境部|农业农村部|交通运输部|人民银行|最高|中宣部|中组部|央视|新华社).*",
    ),
    "wide area": ("LOC", r"(?:区|圈|带|三角|流域|半岛|山|盟|走廊|群|亚|洲|部|北|南|原|片区|海)$"),
    "two-name abbreviation": (
        "GPE",
        r"^(?:川渝|闽台|京津|粤港澳?|港澳台?|苏浙|沪苏|成渝|鲁豫|豫鲁|湘赣|湘粤|皖浙|浙皖|闽浙|滇黔|黔滇|滇缅|中[俄英德法日韩美欧蒙越老泰缅新意巴印荷]|.{1,2}[京津沪渝冀晋辽吉黑苏浙皖闽赣鲁豫鄂湘粤琼川贵云陕甘青台桂蒙藏宁新港澳])$",
    ),
    "money in Chinese numerals": ("MONEY", r"[一二两三四五六七八九十百千近]"),
    "money range or thousands": ("MONEY", r"[-—–~～至到]|\d,\d"),
    "foreign money": ("MONEY", r"美元|港元|港币|欧元|日元|人民币|英镑"),
    "money with 多 余 几": ("MONEY", r"[多余几]"),
    "percent in words": ("PERCENT", r"分之|成|[一二三四五六七八九十]+(?:到.+)?个百分点|‰"),
    "percentage points": ("PERCENT", r"百分点"),
    "percent range": ("PERCENT", r".[-—–~～至到].+"),
    "coordinated names with a shared head": (
        "-",
        r"□(?:、□+)+(?:等[两三四五六七八九十\d]*|[两三四五六七])[个条座家处所片]?"
        r"(?:村|路|镇|乡|社区|街道|片区|湿地|水库|河|山|高速|铁路|口岸|园|桥|县|区|市|校|泵站|水闸|港|湖|公司|企业)",
    ),
    "trap left untagged": (
        "-",
        r"亿元村|亿元企业|亿元项目|亿元镇|千亿|百亿级|三公|翻一番|翻番|20[xX×]{2}|[xX×]{2}亿|超亿元",
    ),
}
"""Hard cases by the mention's label and shape; a shape is a lower bound on what the case covers."""


@dataclass(slots=True)
class Report:
    """Counts of a corpus and what is wrong with it."""

    counts: dict[str, int] = field(default_factory=dict)
    splits: dict[str, dict[str, int]] = field(default_factory=dict)
    labels: Counter[str] = field(default_factory=Counter)
    primary: Counter[str] = field(default_factory=Counter)
    levels: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    hard: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


def check(corpus: Path | None = None, minima: dict[str, int] | None = None) -> Report:
    """Check an annotated corpus.

    Parameters
    ----------
    corpus : Path, optional
        Folder with ``train``, ``dev`` and ``test``; the bundled one by default.
    minima : dict, optional
        Least counts, by the keys of `MINIMA`.

    Returns
    -------
    Report
        ``problems`` is empty where all holds.

    Raises
    ------
    CorpusError
        For a line that breaks the gold format.
    """
    folder = corpus or annotations_path()
    minima = MINIMA if minima is None else minima
    report = Report()
    paragraphs: list[tuple[str, GoldParagraph]] = []
    for split in SPLITS:
        part = [paragraph for path in sorted((folder / split).glob("*.jsonl")) for paragraph in read(path)]
        report.splits[split] = {
            "paragraphs": len(part),
            "characters": sum(len(p.text) for p in part),
            "issuers": len({_issuer(p) for p in part}),
        }
        paragraphs += [(split, paragraph) for paragraph in part]
    _count(report, [paragraph for _, paragraph in paragraphs])
    report.problems += _leaks(paragraphs)
    report.problems += _labels(paragraphs)
    report.problems += _shared_runs([paragraph for _, paragraph in paragraphs])
    report.problems += _below(report, minima)
    return report


def _issuer(paragraph: GoldParagraph) -> tuple[str, str]:
    return paragraph.place, paragraph.issuer


def _count(report: Report, paragraphs: list[GoldParagraph]) -> None:
    sized = [p for p in paragraphs if LENGTHS[0] <= len(p.text) <= LENGTHS[1]]
    report.counts = {
        "paragraphs": len(sized),
        "short lines": sum(len(p.text) < LENGTHS[0] for p in paragraphs),
        "characters": sum(len(p.text) for p in paragraphs),
        "issuers": len({_issuer(p) for p in paragraphs}),
        "provinces": len({p.province for p in paragraphs}),
        "town and district": sum(p.level in ("town", "district") for p in paragraphs),
        "without entity": sum(not p.entities for p in paragraphs),
        "half-width punctuation": sum(bool(re.search(r"[\u4e00-\u9fff][,;:]", p.text)) for p in paragraphs),
        "several themes": sum(len(p.themes) > 1 for p in paragraphs),
        "entities": sum(len(p.entities) for p in paragraphs),
        "key phrases": sum(len(p.keyphrases) for p in paragraphs),
        "indicators": sum(len(p.indicators) for p in paragraphs),
    }
    for paragraph in paragraphs:
        report.labels.update(e.label for e in paragraph.entities)
        report.primary[paragraph.themes[0]] += 1
        report.levels[paragraph.level] += 1
        report.kinds[paragraph.kind] += 1
        report.hard.update(_hard(paragraph))


def _hard(paragraph: GoldParagraph) -> Iterator[str]:
    rest = list(paragraph.text)
    mentions = []
    for entity in paragraph.entities:
        mentions.append((entity.label, paragraph.text[entity.start : entity.end]))
        rest[entity.start : entity.end] = "□" * (entity.end - entity.start)
    places = ("GPE", "LOC", "FAC")
    for name, (label, pattern) in HARD_CASES.items():
        found = re.compile(pattern)
        if label == "-":
            yield from (name for _ in found.finditer("".join(rest)))
            continue
        for given, mention in mentions:
            fits = (
                given == label or (label == "place" and given in places) or (label == "*" and given in (*places, "ORG"))
            )
            if fits and found.search(mention):
                yield name


def _leaks(paragraphs: list[tuple[str, GoldParagraph]]) -> Iterator[str]:
    splits: dict[tuple[str, str], set[str]] = defaultdict(set)
    ids: Counter[str] = Counter()
    for split, paragraph in paragraphs:
        splits[_issuer(paragraph)].add(split)
        ids[paragraph.id] += 1
    for (place, issuer), where in sorted(splits.items()):
        if len(where) > 1:
            yield f"issuer {place}{issuer} stands in {' and '.join(sorted(where))}"
    yield from (f"id {key} occurs {number} times" for key, number in ids.items() if number > 1)


def _labels(paragraphs: list[tuple[str, GoldParagraph]]) -> Iterator[str]:
    from pipeline.stages.themes.table import OTHER, aliases, read_table

    known = set(aliases(read_table()))
    for _, paragraph in paragraphs:
        where = paragraph.id
        if not 1 <= len(paragraph.themes) <= 3 or set(paragraph.themes) - known:
            yield f"{where}: themes {paragraph.themes}"
        if OTHER in paragraph.themes and (len(paragraph.themes) > 1 or paragraph.keyphrases):
            yield f"{where}: other stands alone and without phrases"
        if len(paragraph.keyphrases) > 5 or not all(2 <= len(k) <= 12 for k in paragraph.keyphrases):
            yield f"{where}: at most five phrases of 2 to 12 characters"
        if len(paragraph.text) > LENGTHS[1]:
            yield f"{where}: {len(paragraph.text)} characters"
        for entity in paragraph.entities:
            mention = paragraph.text[entity.start : entity.end]
            if mention != mention.strip() or re.search(r"[，。；\n]", mention):
                yield f"{where}: mention {mention!r}"
        for record in paragraph.indicators:
            if paragraph.entities[record.entity].label not in ("MONEY", "PERCENT"):
                yield f"{where}: indicator {record.indicator} of no amount"
            if record.indicator not in paragraph.text or record.period not in paragraph.text:
                yield f"{where}: indicator {record.indicator!r} or its period is not in the text"


def _shared_runs(paragraphs: list[GoldParagraph]) -> Iterator[str]:
    seen: dict[int, str] = {}
    for paragraph in paragraphs:
        text = re.sub(r"\s", "", paragraph.text)
        own = {hash(text[i : i + RUN]): i for i in range(len(text) - RUN + 1)}
        shared = [(i, seen[h]) for h, i in own.items() if h in seen]
        if shared:
            start, other = min(shared)
            yield f"{paragraph.id} shares a run with {other}: {text[start : start + RUN]}"
        seen.update(dict.fromkeys(own, paragraph.id))


def _below(report: Report, minima: dict[str, int]) -> Iterator[str]:
    for name, least in minima.items():
        if name == "primary theme":
            for theme, number in sorted(report.primary.items()):
                if number < least:
                    yield f"theme {theme} is primary in {number} paragraphs, {least} wanted"
        elif name == "hard case":
            for case in HARD_CASES:
                if report.hard[case] < least:
                    yield f"hard case '{case}': {report.hard[case]}, {least} wanted"
        else:
            number = report.primary["other"] if name == "other" else report.counts[name]
            if number < least:
                yield f"{name}: {number}, {least} wanted"
    if 2 * report.counts["town and district"] < sum(report.levels.values()):
        yield "less than half of the paragraphs come from towns and districts"
