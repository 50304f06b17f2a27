"""Names known beforehand, as features of the tagger."""

from __future__ import annotations

import gzip
import re
import tomllib
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import ahocorasick
import numpy as np
from numpy.typing import NDArray

from pipeline.divisions import divisions, short_name

BETWEEN = "\0"
"""Stands between sentences."""
OUTSIDE, UNKNOWN, _FIRST = range(3)
"""What counts as clusters: of what stands between sentences, of what is in none, and the first one."""

_LETTER = {"province": "P", "city": "C", "county": "A", "town": "T"}

_CLUSTERS = Path(__file__).with_name("clusters.tsv.gz")
_PAIR = re.compile("[京津沪渝冀豫滇辽黑湘皖鲁苏浙赣鄂桂甘陇晋蒙陕秦闽贵黔粤藏川蜀琼港澳台深莞穗]{2,6}")
"""Provinces and great cities by one character each: 川渝, 苏皖鲁豫."""
_PAIRED = "X"
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
        automaton.add_word(name, (len(name), *(_flag(position, letters) for position in "BIE")))
    automaton.make_automaton()
    return automaton


@cache
def _flag(position: str, letters: str) -> int:
    return zlib.crc32(f"{position}{letters}".encode())


@cache
def clusters() -> dict[str, tuple[int, int]]:
    """Terms of government reports with the numbers of their fine and coarse cluster, from 0."""
    rows = (line.split("\t") for line in gzip.decompress(_CLUSTERS.read_bytes()).decode("utf-8").splitlines())
    return {term: (int(fine), int(coarse)) for term, fine, coarse in rows}


@cache
def _terms() -> Any:
    automaton = ahocorasick.Automaton()
    automaton.add_word(BETWEEN, (1, OUTSIDE, OUTSIDE))
    for term, numbers in clusters().items():
        automaton.add_word(term, (len(term), *(number + _FIRST for number in numbers)))
    automaton.make_automaton()
    return automaton


def terms(text: str) -> tuple[NDArray[np.int64], NDArray[np.uint64], NDArray[np.uint64]]:
    """Cut a text into the longest known terms: words, or words that keep together. A number is one term.

    Parameters
    ----------
    text : str
        Each `BETWEEN` in it is a term of its own.

    Returns
    -------
    starts : ndarray of shape (terms,)
        Where each term begins.
    fine, coarse : ndarray of shape (terms,)
        Numbers of the clusters of terms used alike; `OUTSIDE` or `UNKNOWN` where there is none.
    """
    ends: list[int] = []
    found: list[tuple[int, int, int]] = []
    for last, (length, fine, coarse) in _terms().iter_long(text.translate(_ZEROS)):
        start = last - length + 1
        if text[start].isdigit() and start and text[start - 1].isdigit():
            if ends and ends[-1] == start:
                ends.pop()
        else:
            found.append((start, fine, coarse))
        ends.append(last + 1)
    of = np.full((2, len(text) + 1), UNKNOWN, dtype=np.uint64)
    begins = np.zeros(len(text) + 1, dtype=np.bool_)
    begins[[0, *ends]] = True
    if found:
        at, *numbers = np.array(found).T
        begins[at] = True
        of[:, at] = numbers
    starts = np.flatnonzero(begins[:-1])
    return starts, of[0, starts], of[1, starts]


def flags(text: str) -> NDArray[np.uint64]:
    """Position in the longest known name (B, I, E) and what that can be, as one number a character; 0 for none.

    A run of one-character names such as 川渝 has a kind of its own.
    """
    found = np.zeros(len(text), dtype=np.uint64)
    for last, (length, begin, inside, end) in _automaton().iter_long(text):
        first = last - length + 1
        found[first:last] = inside
        found[first] = begin
        found[last] = end
    for match in _PAIR.finditer(text):
        first, last = match.start(), match.end() - 1
        if not found[first]:
            begin, inside, end = (_flag(position, _PAIRED) for position in "BIE")
            found[first:last] = inside
            found[first], found[last] = begin, end
    return found
