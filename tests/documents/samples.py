"""Files in every format, made when a test needs them."""

from __future__ import annotations

import io
from collections.abc import Sequence

BODY = "过去一年，全镇实现工业总产值一百八十亿元，同比增长百分之八，新引进项目二十一个，发展后劲明显增强。"


def make_docx(title: str = "") -> bytes:
    """A report with heading styles and a table between its paragraphs."""
    from docx import Document

    document = Document()
    document.core_properties.title = title
    document.add_heading("石桥镇2021年工作报告", 0)
    document.add_heading("一、工作回顾", 1)
    document.add_paragraph(BODY)
    table = document.add_table(rows=2, cols=3)
    for row, cells in zip(table.rows, [("指标", "单位", "完成"), ("财政收入", "亿元", "3.2")], strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    document.add_paragraph("表后还有一段，说明指标完成情况良好。")
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def make_pdf(paragraphs: Sequence[str], *, encrypt: str | None = None, indent: bool = True) -> bytes:
    """A PDF with wrapped Chinese lines, a head and a page number on each page."""
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.platypus import Paragraph, SimpleDocTemplate

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    first = 24 if indent else 0
    body = ParagraphStyle(
        "body", fontName="STSong-Light", fontSize=12, leading=20, firstLineIndent=first, wordWrap="CJK"
    )
    head = ParagraphStyle("head", parent=body, fontSize=14, firstLineIndent=0)

    def decorate(canvas, document):  # type: ignore[no-untyped-def]
        canvas.setFont("STSong-Light", 9)
        canvas.drawString(72, 810, "石桥镇人民政府文件")
        canvas.drawCentredString(300, 30, f"- {document.page} -")

    buffer = io.BytesIO()
    template = SimpleDocTemplate(buffer, encrypt=encrypt)
    story = [Paragraph(text, head if len(text) < 20 else body) for text in paragraphs]
    template.build(story, onFirstPage=decorate, onLaterPages=decorate)
    return buffer.getvalue()


def make_scan() -> bytes:
    """A PDF page with a drawing and no text."""
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    canvas.rect(50, 50, 300, 500, fill=1)
    canvas.save()
    return buffer.getvalue()


HTML = f"""<!DOCTYPE html>
<html><head><meta charset="{{charset}}"><title>石桥镇召开大会_石桥网</title>
<meta property="og:title" content="石桥镇召开大会"><meta name="publishdate" content="2021-03-04"></head>
<body><nav><a href="/">首页</a> <a href="/n">新闻中心</a></nav>
<div class="article"><h1>石桥镇召开大会</h1>
<p>{BODY}</p><h2>工业经济稳步向前</h2>
<p>石桥工业园全年新开工项目十二个，竣工投产九个，规模以上企业达到八十六家。</p>
<table><tr><th>指标</th><th>完成</th></tr><tr><td>财政收入</td><td>3.2亿元</td></tr></table>
<p>下一步，石桥镇将继续优化营商环境，<b>力争</b>全年引进项目二十五个以上，<br>推动经济持续健康发展。</p></div>
<div class="share">分享到：微信 微博</div><footer>版权所有 石桥网</footer></body></html>"""


def make_html(charset: str = "utf-8") -> bytes:
    """A page with navigation, an article and a footer."""
    return HTML.format(charset=charset).encode(charset)
