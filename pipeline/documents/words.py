"""The word lists of words.toml, compiled."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, cast

from pipeline.documents.types import Section

Pattern = re.Pattern[str]
_NEVER = re.compile(r"(?!)")


@dataclass(frozen=True, slots=True)
class SectionWords:
    """What announces a section."""

    heading: Pattern
    weak: Pattern
    paragraph: Pattern


@dataclass(frozen=True, slots=True)
class Words:
    """All patterns; each is one alternation."""

    boilerplate: Pattern
    disclaimer: Pattern
    footer: Pattern
    tail: Pattern
    caption: Pattern
    salutation: Pattern
    strong_title: Pattern
    subtitle: Pattern
    section_end: Pattern
    sections: dict[Section, SectionWords]


def _join(patterns: list[str] | None) -> Pattern:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns)) if patterns else _NEVER


@lru_cache(maxsize=1)
def load_words() -> Words:
    """Read the packaged word lists."""
    table: dict[str, Any] = tomllib.loads(files(__package__).joinpath("words.toml").read_text("utf-8"))
    return Words(
        boilerplate=_join(table["boilerplate"]["line"]),
        disclaimer=_join(table["boilerplate"]["disclaimer"]),
        footer=_join(table["boilerplate"]["footer"]),
        tail=_join(table["boilerplate"]["tail"]),
        caption=_join(table["caption"]["line"]),
        salutation=_join(table["salutation"]["line"]),
        strong_title=_join(table["title"]["strong"]),
        subtitle=_join(table["title"]["subtitle"]),
        section_end=_join(table["section_end"]["heading"]),
        sections={
            cast(Section, name): SectionWords(
                _join(words.get("heading")), _join(words.get("weak")), _join(words.get("paragraph"))
            )
            for name, words in table["section"].items()
        },
    )
