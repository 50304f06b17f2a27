"""A record that a notebook draws."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.stages.themes.table import Theme


class Record(dict[str, Any]):
    """A document's record: a plain dict, drawn by displaCy where a notebook shows it.

    Parameters
    ----------
    record : dict
    themes : iterable of Theme, optional
        What its themes are called; as in the bundled table if left out.
    """

    def __init__(self, record: dict[str, Any], themes: Iterable[Theme] | None = None) -> None:
        super().__init__(record)
        self._themes = None if themes is None else list(themes)

    def _repr_html_(self) -> str:
        """The document's title, themes and text as HTML that needs no style sheet."""
        from markupsafe import Markup, escape
        from spacy import displacy

        from pipeline.output.palette import COLOURS
        from pipeline.output.site.vocabulary import Themes
        from pipeline.stages.themes.table import read_table

        themes = Themes(read_table() if self._themes is None else self._themes)
        parts = []
        if self["meta"]["title"]:
            parts.append(Markup('<h4 lang="zh-Hans">{}</h4>').format(self["meta"]["title"]))
        for paragraph in self["paragraphs"]:
            start, end = paragraph["start"], paragraph["end"]
            ents = [
                {"start": entity["start"] - start, "end": entity["end"] - start, "label": str(escape(entity["label"]))}
                for entity in self["entities"]
                if start <= entity["start"] and entity["end"] <= end
            ]
            drawn = displacy.render(
                {"text": self["text"][start:end], "ents": ents},
                style="ent",
                manual=True,
                jupyter=False,
                options={"colors": COLOURS},
            )
            parts.append(Markup(drawn))
            said = [f"{themes.get(found['theme']).zh} {found['score']:.2f}" for found in paragraph["themes"]]
            if paragraph["role"] == "body":
                line = " · ".join([*said, *paragraph["keyphrases"]])
                parts.append(
                    Markup('<div style="opacity: .65; font-size: 85%; margin-bottom: 1em">{}</div>').format(line)
                )
        return str(Markup('<div lang="zh-Hans">{}</div>').format(Markup("").join(parts)))
