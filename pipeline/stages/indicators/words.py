"""The word lists of words.toml, compiled."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files
from typing import Any

Pattern = re.Pattern[str]


def _any(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


class Words:
    """Everything the grammar knows of words; each attribute is one compiled pattern or set."""

    def __init__(self, table: dict[str, Any]) -> None:
        change, reached, name = table["change"], table["reached"], table["name"]
        up, down, flat = _any(change["up"]), _any(change["down"]), _any(change["flat"])
        verbs = change["up"] + change["down"] + change["flat"] + reached["verbs"]
        self.verbs = frozenset(verb for verb in verbs if len(verb) > 1)
        self.up, self.down, self.flat = (re.compile(f"(?:{words})$") for words in (up, down, flat))
        behind = _any(reached["behind_change"])
        # 提高到 before 提高, 提高 before 高: the alternatives are tried at every start, the leftmost wins.
        self.reached = re.compile(f"(?:(?:{up}|{down})(?:{behind})|{_any(reached['verbs'])})$")
        self.change = re.compile(f"(?:{up}|{down}|{flat})了?$")
        self.change_first = re.compile(f"^(?:{_any(w for w in change['up'] + change['down'] if len(w) > 1)})")
        self.change_bare = re.compile(f"^(?:{up}|{down})")
        self.down_first = re.compile(f"^(?:{down})")
        self.better_is_less = re.compile(_any(change["better_is_less"]))
        self.change_noun = re.compile(f"(?:{_any(table['change_noun']['words'])})$")
        self.adverb = re.compile(f"(?:{_any(table['adverbs']['words'])})$")
        self.compared = re.compile(table["adverbs"]["compared"])
        self.bound_after: list[tuple[Pattern, str]] = [(re.compile(p), bound) for p, bound in table["bounds"]["after"]]
        self.bound_before: list[tuple[Pattern, str]] = [
            (re.compile(f"(?:{p})(?:每[人亩户][每年月]*|年均)?$"), b) for p, b in table["bounds"]["before"]
        ]
        self.bound_any = re.compile("(?:" + "|".join(p for p, _ in table["bounds"]["before"]) + ")$")
        self.period = re.compile(_any(table["period"]["words"]))
        self.period_end = re.compile(f"(?:{_any(table['period']['words'])})(?:的|，|,)?$")
        opening = _any(table["period"]["opening"])
        self.opening = re.compile(rf"^(?:各位代表[！，])?(?:刚刚过去的|——)?(?P<period>{opening})")
        self.lead = re.compile(f"^(?:{_any(name['lead'])})")
        self.behind_end = frozenset(name["behind_end"])
        self.target, self.actual = _Status(table["target"]), _Status(table["actual"])
        self.cut = frozenset(name["cut"])
        self.measure = re.compile(f"(?:{_any(name['measure'])})$")
        self.gain = re.compile(f"(?:{name['gain']})$")
        self.bare = re.compile(_any(name["bare"]))
        self.scope = re.compile(name["scope"])
        self.share = re.compile(f"(?:{_any(name['share'])})$")
        self.column = {kind: re.compile(_any(words)) for kind, words in table["column"].items()}


class _Status:
    def __init__(self, table: dict[str, list[str]]) -> None:
        self.strong = re.compile(_any(table["strong"]))
        self.heading = re.compile(_any(table["heading"]))
        self.section = frozenset(table["section"])
        self.opening = re.compile(f"^(?:{_any(table['opening'])})")
        self.paragraph = re.compile(_any(table["paragraph"]))


@lru_cache(maxsize=1)
def load_words() -> Words:
    """Read the packaged word lists."""
    return Words(tomllib.loads(files(__package__).joinpath("words.toml").read_text("utf-8")))
