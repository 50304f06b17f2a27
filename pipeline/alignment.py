"""Character spans on word-segmented Docs."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import pairwise

from spacy.tokens import Doc


def split_at(doc: Doc, offsets: Iterable[int]) -> Doc:
    """Make sure that words begin at the given characters.

    A mention found in characters need not fall on the segmenter's word borders; splitting the word
    keeps the mention exact where snapping it to the word would lose it.

    Parameters
    ----------
    doc : Doc
    offsets : iterable of int
        Character offsets into ``doc.text``.

    Returns
    -------
    Doc
        The same Doc where nothing had to be split or other annotation depends on its words;
        otherwise a new one with the same text, extensions and spans.
    """
    if not len(doc):
        return doc
    begins, lengths = doc.to_array(["IDX", "LENGTH"]).astype("int64").T
    ends = begins + lengths
    inner = set(offsets).difference(begins.tolist(), ends.tolist())
    wanted = sorted(offset for offset in inner if 0 < offset < ends[-1])
    if not wanted:
        return doc
    text = doc.text  # a property that joins the words anew at each call
    if doc.has_annotation("TAG") or doc.has_annotation("DEP") or doc.has_annotation("MORPH"):
        _retokenize(doc, wanted)
        return doc
    words: list[str] = []
    spaces: list[bool] = []
    cursor = 0
    for token in doc:
        start, end = token.idx, token.idx + len(token)
        while cursor < len(wanted) and wanted[cursor] <= start:
            cursor += 1
        begin = start
        while cursor < len(wanted) and wanted[cursor] < end:
            words.append(text[begin : wanted[cursor]])
            spaces.append(False)
            begin = wanted[cursor]
            cursor += 1
        words.append(text[begin:end])
        spaces.append(bool(token.whitespace_))
    new = Doc(doc.vocab, words=words, spaces=spaces, user_data=dict(doc.user_data))
    _carry(doc, new)
    return new


def _carry(old: Doc, new: Doc) -> None:
    """Copy sentence starts, entities and span groups by character."""
    if old.has_annotation("SENT_START"):
        starts = {token.idx for token in old if token.is_sent_start}
        for token in new:
            token.is_sent_start = token.idx in starts
    ents = [new.char_span(e.start_char, e.end_char, label=e.label_, kb_id=e.kb_id_) for e in old.ents]
    new.ents = [ent for ent in ents if ent is not None]
    for name, group in old.spans.items():
        moved = [new.char_span(s.start_char, s.end_char, label=s.label_) for s in group]
        new.spans[name] = [span for span in moved if span is not None]
    new.cats = dict(old.cats)


def _retokenize(doc: Doc, wanted: list[int]) -> None:
    text = doc.text
    starts = [token.idx for token in doc]
    by_token: dict[int, list[int]] = {}
    for offset in wanted:
        by_token.setdefault(bisect_right(starts, offset) - 1, []).append(offset)
    with doc.retokenize() as retokenizer:
        for index, cuts in by_token.items():
            token = doc[index]
            edges = [token.idx, *cuts, token.idx + len(token)]
            parts = [text[a:b] for a, b in pairwise(edges)]
            retokenizer.split(token, parts, heads=[(token, i) for i in range(len(parts))])
