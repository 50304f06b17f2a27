"""What must hold of any text that was cleaned and divided, and texts that are hard to clean."""

from __future__ import annotations

import re

from hypothesis import strategies as st

from pipeline.documents import CleanText, Document

HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")


def check_map(source: str, cleaned: CleanText) -> None:
    """What must hold for any source."""
    assert len(cleaned.text) == len(cleaned.starts) == len(cleaned.ends)
    previous = 0
    for start, end in zip(cleaned.starts, cleaned.ends, strict=True):
        assert previous <= start < end <= len(source)
        previous = end
    # A character is what stood in the source, or its own form in another width or script.
    for character, start, end in zip(cleaned.text, cleaned.starts, cleaned.ends, strict=True):
        origin = source[start:end]
        assert len(origin) == 1
        if character != origin:
            assert bool(HAN.match(character)) == bool(HAN.match(origin))
            assert character.isspace() == (origin.isspace() or origin in "\u2028\u2029\x85")


def check_document(document: Document) -> None:
    """Paragraphs are all of the clean text, and no Chinese character of the source is missing in it."""
    source, clean = document.source.text, document.clean
    check_map(source, clean)
    assert "\n".join(clean.text[p.start : p.end] for p in document.paragraphs) == clean.text
    assert all(p.start < p.end for p in document.paragraphs)
    assert len(HAN.findall(clean.text)) == len(HAN.findall(source))
    clean.text.encode("utf-8")


PIECES = st.one_of(
    st.text(max_size=12),
    st.text(st.characters(categories=["Cc", "Cf", "Zs", "Zl", "Zp", "Cs"]), max_size=4),
    st.text("鎮镇會会擴扩學学國国中西安绿綠重行乐樂乾干后後里裡麼么薴苧", max_size=6),
    st.text("，,。；;：:（()）？?！!%％１２ａＺ \t\n\r\u30001234567890.", max_size=6),
    st.sampled_from(
        ["(zhèn)", "（huì）", "(zhōng guó)", "(lǜ)", "(xué)", "(le)", "(yuè)", "(gān)", "(a)", "(RBD)", "(一)"]
    ),
    st.sampled_from(["𠮷", "𪚥", "😀", "\U000e0041", "👩\u200d🌾", "〇", "\uf900"]),
)
TEXTS = st.lists(PIECES, max_size=12).map("".join)
