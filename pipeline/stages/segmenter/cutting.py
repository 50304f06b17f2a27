"""spacy-pkuseg's segmentation with the same features, found by fewer look-ups.

spacy-pkuseg asks for up to fifty pairs of words around each character and slices the text anew for every one;
here each stretch is looked up once, and only pairs of words that are in the model are put together.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

_NO_WORD = "\ud800"
"""Stands for a digit or letter where words are looked up: no text of a model holds it."""

_NONE = (None,) * 5
_MOST_KNOWN = 1 << 16

Numbers = tuple[int | None, ...]


class _Chars(dict[str, Numbers]):
    """Numbers of a character's features: for itself, and for those before and behind it."""

    def __init__(self, index: dict[str, int]) -> None:
        self.index = index

    def __missing__(self, char: str) -> Numbers:
        if len(self) >= _MOST_KNOWN:
            self.clear()
        find = self.index.get
        return self.setdefault(char, tuple(find(f"{kind}.{char}") for kind in ("c", "c-1", "c1", "c-2", "c2")))


class _Pairs(dict[tuple[str, str], Numbers]):
    """Numbers of a pair's features: for its second character, its first, and the one behind."""

    def __init__(self, index: dict[str, int]) -> None:
        self.index = index

    def __missing__(self, pair: tuple[str, str]) -> Numbers:
        if len(self) >= _MOST_KNOWN:
            self.clear()
        find, (a, b) = self.index.get, pair
        return self.setdefault(pair, (find(f"c-1c.{a}.{b}"), find(f"cc1.{a}.{b}"), find(f"c-2c-1.{a}.{b}")))


class Cutter:
    """Cuts text without spaces into words, exactly as the segmenter it is made of.

    Parameters
    ----------
    segmenter : spacy_pkuseg.pkuseg
        A loaded model.
    """

    def __init__(self, segmenter: Any) -> None:
        from spacy_pkuseg.config import config
        from spacy_pkuseg.inference import decodeViterbi_fast

        extractor = segmenter.feature_extractor
        self.segmenter = segmenter
        self._decode = decodeViterbi_fast
        self._model = segmenter.model
        self._index: dict[str, int] = extractor.feature_to_idx
        self._chars, self._pairs = _Chars(self._index), _Pairs(self._index)
        self._words: set[str] = extractor.unigram
        self._lengths = range(config.wordMax, config.wordMin - 1, -1) if config.wordFeature else range(0)
        self._begins = [tag.startswith("B") for _, tag in sorted(segmenter.idx_to_tag.items())]
        renamed = dict.fromkeys(extractor.keywords, "&")
        shared = dict.fromkeys(extractor.num, "**Num") | dict.fromkeys(extractor.letter, "**Letter")
        self._node = {**(shared if config.numLetterNorm else {}), **renamed}
        self._plain = str.maketrans({char: _NO_WORD if len(node) > 1 else node for char, node in self._node.items()})

    def __call__(self, text: str) -> list[str]:
        """Words of a text without spaces."""
        if len(text) < 2:
            return [text] if text else []
        if not self.segmenter.preprocesser.trie.children:
            return self._cut(text)
        words: list[str] = []
        for part, known, _ in zip(*self.segmenter.preprocesser.solve(text), strict=True):
            words += [part] if known else self._cut(part)
        return words

    def _cut(self, text: str) -> list[str]:
        _, tags = self._decode(self.features(text), self._model)
        begins = self._begins
        cuts = [index for index, tag in enumerate(tags) if index and begins[tag]]
        words = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
        post = self.segmenter.postprocesser
        return post(words) if post.do_process and (post.common_words or post.other_words) else words

    def features(self, text: str) -> list[list[int]]:
        """Numbers of the features of each character, in the order of spacy-pkuseg."""
        find, node = self._index.get, self._node.get
        starting, ending = self._known(text.translate(self._plain))
        chars = [node(char, char) for char in text]
        chars_of, pairs_of = self._chars, self._pairs
        # What a character and a pair say to their neighbours too: each is looked up once.
        around = [_NONE, _NONE, *[chars_of[char] for char in chars], _NONE, _NONE]
        pairs = [_NONE, _NONE, *[pairs_of[pair] for pair in pairwise(chars)], _NONE]
        found = []
        for i in range(len(chars)):
            left, here, closed, right = ending[i], starting[i], ending[i + 1], starting[i + 1]
            numbers = [
                0,
                around[i + 2][0],
                around[i + 1][1],
                pairs[i + 1][0],
                around[i + 3][2],
                pairs[i + 2][1],
                around[i][3],
                pairs[i][2],
                around[i + 4][4],
            ]
            if closed:
                numbers += [find(f"w-1.{word}") for word in closed]
            if here:
                numbers += [find(f"w1.{word}") for word in here]
                if left:
                    numbers += [find(f"ww.l.{word}*{other}") for word in left for other in here]
            if closed and right:
                numbers += [find(f"ww.r.{word}*{other}") for word in closed for other in right]
            found.append([number for number in numbers if number is not None])
        return found

    def _known(self, text: str) -> tuple[list[list[str]], list[list[str]]]:
        """Words of the model that start, and that end, at each place; longer ones first."""
        size = len(text)
        starting: list[list[str]] = [[] for _ in range(size + 1)]
        ending: list[list[str]] = [[] for _ in range(size + 1)]
        words = self._words
        for length in self._lengths:
            for start in range(size - length + 1):
                word = text[start : start + length]
                if word in words:
                    starting[start].append(word)
                    ending[start + length].append(word)
        return starting, ending
