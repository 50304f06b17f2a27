"""Pinyin glosses: a parenthesis that repeats the reading of the characters before it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

_SYLLABLE = "A-Za-z\u00fc\u00dc\u00c0-\u00ff\u0100-\u01ff\u0251\u0261\u0300-\u030c\u1e3e\u1e3f"
_GLOSS = re.compile(rf" ?[(（][ ]?([{_SYLLABLE}][{_SYLLABLE} 1-5'’·-]{{0,60}})[)）]")
_LETTER_FORMS = str.maketrans({"ɡ": "g", "ɑ": "a", "ü": "v"})
_NOT_LETTERS = re.compile(r"[^a-z]")
_LONGEST = 12


def _letters(gloss: str) -> str:
    """Plain letters of a gloss: no tone marks, ``v`` for ``ü``, no separators."""
    composed = unicodedata.normalize("NFC", gloss.lower())
    # ü with a tone is one character; take the tone off and keep the dots.
    for toned in "ǖǘǚǜ":
        composed = composed.replace(toned, "v")
    plain = unicodedata.normalize("NFD", composed.translate(_LETTER_FORMS))
    return _NOT_LETTERS.sub("", plain)


@lru_cache(maxsize=8192)
def _readings(character: str) -> frozenset[str]:
    """All readings of a character as plain letters."""
    from pypinyin import Style, pinyin

    from pipeline.documents.scripts import simplify

    found: set[str] = set()
    for form in {character, simplify(character)}:
        for reading in pinyin(form, style=Style.TONE, heteronym=True, errors="ignore"):
            found.update(_letters(syllable) for syllable in reading)
    found.discard("")
    return frozenset(found)


def find_glosses(text: str) -> Iterator[tuple[int, int]]:
    """Find pinyin glosses.

    A gloss must spell the characters right before it: all of it, from its last syllable backwards.
    Tones may be missing or differ, since a word's tone depends on its neighbours.

    Parameters
    ----------
    text : str
        Any text.

    Yields
    ------
    tuple of int
        Start and end of each gloss with its brackets.

    Examples
    --------
    >>> list(find_glosses("鎮(zhèn)中心(RBD)"))
    [(1, 7)]
    """
    removed: dict[int, int] = {}
    for match in _GLOSS.finditer(text):
        gloss = match.group(1)
        # Capitals alone are an abbreviation: 中国石油(SY) or 他(TA).
        if gloss.isupper():
            continue
        if _spells(text, match.start(), _letters(gloss), removed):
            removed[match.end()] = match.start()
            yield match.span()


def _spells(text: str, position: int, letters: str, removed: dict[int, int]) -> bool:
    """Whether `letters` are the reading of the characters that end at `position`."""
    remainders = {letters}
    for _ in range(_LONGEST):
        while position in removed or text[position - 1 : position] == " ":
            position = removed.get(position, position - 1)
        if position == 0:
            return False
        position -= 1
        readings = _readings(text[position])
        remainders = {
            rest.removesuffix(reading) for rest in remainders for reading in readings if rest.endswith(reading)
        }
        if "" in remainders:
            return True
        if not remainders:
            return False
    return False
