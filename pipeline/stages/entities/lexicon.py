"""Names known beforehand, as features of the tagger."""

from __future__ import annotations

import gzip
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import ahocorasick

from pipeline.divisions import divisions, short_name

_LETTER = {"province": "P", "city": "C", "county": "A", "town": "T"}

_CLUSTERS = Path(__file__).with_name("clusters.tsv.gz")
_PAIR = re.compile("[京津沪渝冀豫滇辽黑湘皖鲁苏浙赣鄂桂甘陇晋蒙陕秦闽贵黔粤藏川蜀琼港澳台深莞穗]{2,6}")
"""Provinces and great cities by one character each: 川渝, 苏皖鲁豫."""
_ZEROS = str.maketrans("123456789０１２３４５６７８９", "0" * 19)
_OTHER = Path(__file__).with_name("names.toml")


@cache
def names() -> dict[str, str]:
    """Every known name with the letters of what it can be: P C A T for divisions (lower case
    for short forms), W for countries, R for regions and natural features.
    """
    kinds: dict[str, set[str]] = {}
    for division in divisions():
        letter = _LETTER[division.level]
        full = division.name.removesuffix("办事处")
        kinds.setdefault(full, set()).add(letter)
        short = short_name(full)
        if short != full and len(short) > 1:
            kinds.setdefault(short, set()).add(letter.lower())
    other = tomllib.loads(_OTHER.read_text(encoding="utf-8"))
    for key, letter in (("world", "W"), ("regions", "R")):
        for word in other[key].split():
            kinds.setdefault(word, set()).add(letter)
    return {name: "".join(sorted(letters)) for name, letters in kinds.items()}


@cache
def _automaton() -> Any:
    automaton = ahocorasick.Automaton()
    for name, letters in names().items():
        automaton.add_word(name, (len(name), letters))
    automaton.make_automaton()
    return automaton


class Term(NamedTuple):
    """A word, or words that keep together, with the clusters of terms used alike."""

    start: int
    end: int
    fine: str
    coarse: str


@cache
def clusters() -> dict[str, tuple[str, str]]:
    """Terms of government reports with the numbers of their fine and coarse cluster."""
    rows = (line.split("\t") for line in gzip.decompress(_CLUSTERS.read_bytes()).decode("utf-8").splitlines())
    return {term: (fine, coarse) for term, fine, coarse in rows}


@cache
def _terms() -> Any:
    automaton = ahocorasick.Automaton()
    for term, numbers in clusters().items():
        automaton.add_word(term, (len(term), *numbers))
    automaton.make_automaton()
    return automaton


def terms(text: str) -> list[Term]:
    """Cut a text into the longest known terms; numbers are one term, what is unknown has cluster ``-``."""
    found: list[Term] = []
    end = 0
    for last, (length, fine, coarse) in _terms().iter_long(text.translate(_ZEROS)):
        start = last - length + 1
        if start > end:
            found.append(Term(end, start, "-", "-"))
        end = last + 1
        if text[start].isdigit() and found and found[-1].end == start and text[start - 1].isdigit():
            found[-1] = found[-1]._replace(end=end)
        else:
            found.append(Term(start, end, fine, coarse))
    if end < len(text):
        found.append(Term(end, len(text), "-", "-"))
    return found


def flags(text: str) -> list[str]:
    """One flag a character: position in the longest known name there (B, I, E) and its kinds, or ``-``;
    kind X is a run of one-character names such as 川渝.
    """
    found = ["-"] * len(text)
    for last, (length, letters) in _automaton().iter_long(text):
        first = last - length + 1
        found[first] = "B" + letters
        for index in range(first + 1, last):
            found[index] = "I" + letters
        found[last] = "E" + letters
    for match in _PAIR.finditer(text):
        if found[match.start()] == "-":
            found[match.start() : match.end()] = ["BX", *["IX"] * (match.end() - match.start() - 2), "EX"]
    return found
