"""Character features of the linear-chain CRF.

What helps a tagger with little data: characters around, the segmenter's word borders and words,
whether a known name stands there, and the clusters of the terms around.

A feature is a number of 64 bits made of its kind and of what stands there, for all characters at once: this is what
tagging costs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from pipeline.stages.entities.crf import Features, Numbers
from pipeline.stages.entities.lexicon import BETWEEN, flags, terms

Codes = NDArray[np.uint64]
"""One number a character, word or term."""

_GAP = 2 * BETWEEN
"""Stands before and behind each sentence, so that no window reaches from one into another."""
_OUTSIDE, _SINGLE, _BEGIN, _MIDDLE, _END = range(5)
_NORMAL = str.maketrans("，；：（）！？、“”‘’１２３４５６７８９０％．", ",;:()!?," + '""' + "''" + "1234567890%.")
_JOINERS = "和与及等至在"
"""One-character words that end a list item as punctuation does."""
_LISTS = "、和与及"
"""What stands between the items of a list."""
_DIGIT, _HAN, _LATIN, _ZERO, _SPACE, _PUNCTUATION = range(1, 7)
_PLANE = 1 << 16

_FACTOR = 0x9E3779B97F4A7C15
_BASE = 0xD6E8FEB86659FD93
_INVERSE = pow(_BASE, -1, 1 << 64)


def _shape(char: str) -> int:
    """What the tagger sees of a character: half-width punctuation, and one digit for all."""
    char = char.translate(_NORMAL)
    return ord("0" if char.isdigit() else char)


def _kind(char: str) -> int:
    if char.isdigit():
        return _DIGIT
    if "\u3400" <= char <= "\u9fff":
        return _HAN
    if char.isascii() and char.isalpha():
        return _LATIN
    if char == "〇":
        return _ZERO
    return _SPACE if char.isspace() else _PUNCTUATION


@cache
def _table(of: Callable[[str], int]) -> Codes:
    """The value of each character of Unicode's first plane."""
    return np.array([of(chr(code)) for code in range(_PLANE)], dtype=np.uint64)


def _looked_up(of: Callable[[str], int], codes: Codes, beyond: Codes | int) -> Codes:
    """The value of each character; of the rare ones beyond the first plane what is given."""
    return np.where(codes < _PLANE, _table(of)[codes % _PLANE], beyond).astype(np.uint64)


def _codes(text: str) -> Codes:
    return np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)


def _key(kind: str, *parts: Codes) -> Codes:
    """One number for each tuple of numbers; two tuples that differ as good as never have the same."""
    seed = int.from_bytes(kind.encode("ascii"), "little") * _FACTOR % (1 << 64)
    mixed: Codes = parts[0] ^ np.uint64(seed)
    for part in (*parts[1:], np.uint64(0)):
        mixed = mixed * np.uint64(_FACTOR)
        mixed = mixed ^ (mixed >> np.uint64(29)) ^ part
    return mixed


def featurize(sentences: Sequence[Sequence[str]]) -> Features:
    """Features of sentences.

    Parameters
    ----------
    sentences : sequence of sequence of str
        The segmenter's words; joined they are the sentences.

    Returns
    -------
    ndarray of shape (characters of all sentences, features)
    """
    words = [_GAP, *chain.from_iterable((*sentence, _GAP) for sentence in sentences)]
    text = "".join(words)
    raw = _codes(text)
    lengths = np.fromiter(map(len, words), dtype=np.int64, count=len(words))
    inside = np.ones(len(words), dtype=np.bool_)
    inside[np.cumsum([0, *(1 + len(sentence) for sentence in sentences)])] = False
    chars, kinds = _looked_up(_shape, raw, raw), _looked_up(_kind, raw, _HAN)
    kinds[~np.repeat(inside, lengths)] = _OUTSIDE
    at = np.flatnonzero(np.repeat(inside, lengths))
    columns = [
        *_around(chars, kinds, at),
        *_words(raw, chars, lengths, inside, at, flags(text)),
        *_lists(raw, kinds, lengths, at),
        *_company(text, at),
    ]
    return np.stack(columns, axis=1)


def _around(chars: Codes, kinds: Codes, at: Numbers) -> list[Codes]:
    """The characters two before and two behind, alone, in twos and in threes."""
    a, b, c, d, e = (chars[at + shift] for shift in range(-2, 3))
    before, after = kinds[at - 1], kinds[at + 1]
    return [
        _key("c", c),
        _key("b", b),
        _key("d", d),
        _key("a", a),
        _key("e", e),
        _key("bc", b, c),
        _key("cd", c, d),
        _key("ab", a, b),
        _key("de", d, e),
        _key("bcd", b, c, d),
        _key("abc", a, b, c),
        _key("cde", c, d, e),
        _key("t", before, kinds[at], after),
    ]


def _words(
    raw: Codes, chars: Codes, lengths: Numbers, inside: NDArray[np.bool_], at: Numbers, known: Codes
) -> list[Codes]:
    """The word a character stands in, its neighbours, and the known names there."""
    of = np.repeat(np.arange(len(lengths)), lengths)
    ends = lengths.cumsum()
    starts = ends - lengths
    edges = _edges(starts, ends)
    edges[~inside[of]] = _OUTSIDE
    known = np.where(inside[of], known, 1)
    hashes = _hashes(raw, starts, ends)
    lasts = raw[ends - 1]
    word, edge, after = of[at], edges[at], edges[at + 1]
    flag, c, d = known[at], chars[at], chars[at + 1]
    # What a word's characters share is made once a word.
    shape = _key("", lasts, np.minimum(lengths, 4).astype(np.uint64))
    return [
        _key("s", edge, after),
        _key("w", edge, hashes[word]),
        _key("v", edge, shape[word]),
        _key("x", hashes)[word - 1],
        _key("y", hashes)[word + 1],
        _key("z", lasts)[word + 1],
        _key("k", flag),
        _key("l", known[at - 1], flag),
        _key("m", flag, known[at + 1]),
        _key("ks", flag, edge, c),
        _key("kn", flag, d),
    ]


def _edges(starts: Numbers, ends: Numbers) -> Codes:
    """Where in its word or term each character stands."""
    found = np.full(ends[-1], _MIDDLE, dtype=np.uint64)
    found[starts], found[ends - 1] = _BEGIN, _END
    found[starts[ends - starts == 1]] = _SINGLE
    return found


def _hashes(raw: Codes, starts: Numbers, ends: Numbers) -> Codes:
    """A number for each word: the polynomial of its characters, from the sums of that of the whole text."""
    powers, inverses = (np.full(len(raw) + 1, base, dtype=np.uint64) for base in (_BASE, _INVERSE))
    powers[0] = inverses[0] = 1
    sums = np.zeros(len(raw) + 1, dtype=np.uint64)
    np.cumsum(raw * powers.cumprod()[:-1], out=sums[1:])
    found: Codes = (sums[ends] - sums[starts]) * inverses.cumprod()[starts]
    return found


def _lists(raw: Codes, kinds: Codes, lengths: Numbers, at: Numbers) -> list[Codes]:
    """What ends a character's list item and what ends the next one.

    Names of one kind stand in lists, and what they are stands at their end (A工业园、B工业园), too far
    from their beginning for a window of characters.
    """
    first = lengths.cumsum() - lengths
    joins = np.isin(raw[first], _codes(_JOINERS)) & (lengths == 1)
    breaks = np.repeat(joins | np.isin(kinds[first], [_OUTSIDE, _SPACE, _PUNCTUATION]), lengths)
    places = np.arange(len(raw))
    end = np.minimum.accumulate(np.where(breaks, places, len(raw))[::-1])[::-1]
    start = np.maximum.accumulate(np.where(breaks, places + 1, 0))
    own = ~breaks[at]
    stop = end[at]
    last = np.where(own, raw[stop - 1], 0)
    last_but_one = np.where(own & (stop - 2 >= start[at]), raw[stop - 2], 0)
    left = np.where(own, np.minimum(stop - at, 5), 0).astype(np.uint64)
    # The next item begins behind a mark of one character.
    next_end = end[np.minimum(stop + 1, len(raw) - 1)]
    following = np.where(next_end > stop + 1, raw[next_end - 1], 0)
    listed = np.isin(raw[stop], _codes(_LISTS)) & breaks[stop]
    beyond = np.where(own, np.where(listed, following, 1), 2).astype(np.uint64)
    return [
        _key("f", last_but_one, last, left),
        _key("fe", last_but_one, last),
        _key("fn", last, beyond),
    ]


def _company(text: str, at: Numbers) -> list[Codes]:
    """The clusters of the term a character stands in, of two terms before it and two after."""
    starts, fine, coarse = terms(text)
    ends = np.append(starts[1:], len(text))
    term = np.repeat(np.arange(len(starts)), ends - starts)[at]
    place = _edges(starts, ends)[at]
    # The characters between sentences are terms, two in a row.
    left, right, far = np.roll(coarse, 1), np.roll(coarse, -1), np.roll(coarse, -2)
    behind, ahead = np.roll(fine, 1), np.roll(fine, -1)
    return [
        _key("A", place, fine[term]),
        _key("B", place, coarse[term]),
        _key("C", place, left[term], coarse[term]),
        _key("D", place, coarse[term], right[term]),
        _key("E", place, fine[term], ahead[term]),
        _key("F", place, behind[term], fine[term]),
        _key("G", place, coarse[term], right[term], far[term]),
        _key("H", place, left[term], coarse[term], right[term]),
        _key("I", place, ahead[term]),
        _key("J", place, behind[term]),
        _key("K", place, far[term]),
    ]
