"""Which division a name means, by the issuer and by what else the document names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from pipeline.divisions import Division, short_name
from pipeline.stages.places.gazetteer import LEVELS, Gazetteer, holds

# How near a candidate must lie to what is known before a name is linked to it.
_ENOUGH = {"province": 0, "city": 0, "county": 2, "town": 5}
_PRIOR = {"province": 3, "city": 2, "county": 0, "town": 0}
_SHORTEST = 2
_CHILD, _SIBLING, _MOST = 2, 1, 6


def link_issuer(name: str, title: str, head: str, mentions: Iterable[str], table: Gazetteer) -> Division | None:
    """The division that issued a document.

    Parameters
    ----------
    name : str
        Its name as the document gives it.
    title, head : str
        Title, and the first paragraphs: where the parents are most often named.
    mentions : iterable of str
        Every place the text names.
    table : Gazetteer

    Returns
    -------
    Division or None
        None where nothing tells apart what bears the name.
    """
    candidates = table.any_name(name) if len(name) > 1 else []
    if not candidates:
        return None
    named = Counter(mentions)
    scores = {row: _issuer_score(row, name, title, head, named, table) for row in candidates}
    best = max(scores.values())
    winners = [row for row, score in scores.items() if score == best]
    if len(winners) > 1:
        return None
    (winner,) = winners
    if best > 0 or winner.level in ("province", "city"):
        return winner
    alone = len(candidates) == 1 and winner.name == name
    return winner if alone and not _contradicted(winner, named, table) else None


def _issuer_score(row: Division, name: str, title: str, head: str, named: Counter[str], table: Gazetteer) -> float:
    score = 0.0
    for parent in table.parents(row):
        short = short_name(parent.name)
        if parent.name in title or parent.name in head:
            score += 5
        elif len(short) > 1 and short in title:
            score += 4
        if parent.name in named:
            score += 2
        elif short in named:
            score += 1.5
    children = sum(child.name in named for child in table.below.get(row.code, ()) if child.name != name)
    nearest = table.parents(row)[:1]
    siblings = sum(other.name in named for p in nearest for other in table.below[p.code] if other.name != name)
    score += min(_MOST, _CHILD * children) + min(_MOST, _SIBLING * siblings)
    if score and row.name == name:
        score += 1
    return score + (_PRIOR[row.level] if row.level in ("province", "city") else 0)


def _contradicted(row: Division, named: Counter[str], table: Gazetteer) -> bool:
    """Whether the document names provinces or cities, and none of them lies above the division."""
    above = {parent.code for parent in table.parents(row)}
    seen = {found.code for name in named for found in table.any_name(name) if found.level in ("province", "city")}
    return bool(seen) and not seen & above


def surroundings(mentions: Iterable[str], table: Gazetteer) -> Counter[str]:
    """Codes of provinces, cities and counties that the text names beyond doubt, with how often."""
    found: Counter[str] = Counter()
    for name in mentions:
        candidates = [row for row in table.candidates(name) if row.level != "town"]
        if len(candidates) == 1:
            found[candidates[0].code] += 1
    return found


def link(
    name: str, issuer: Division | None, around: Counter[str], table: Gazetteer, inside: str | None = None
) -> Division | None:
    """The division a mention means.

    Parameters
    ----------
    name : str
    issuer : Division, optional
        Of the document.
    around : Counter of str
        See `surroundings`.
    table : Gazetteer
    inside : str, optional
        Code of the place named right before, as in 中山市古镇镇.

    Returns
    -------
    Division or None
        None for names the table doesn't know, and for those that nothing tells apart.
    """
    candidates = table.any_name(name)
    if inside is not None:
        below = [row for row in candidates if row.code != inside and holds(inside, row.code)]
        if len(below) == 1:
            return below[0]
        candidates = below or candidates
    if not candidates:
        return _compound(name, table)
    return _best([(row, _nearness(row, name, issuer, around, table)) for row in candidates])


def _compound(name: str, table: Gazetteer) -> Division | None:
    """A division named with one above it in one word: 中山西区, 东莞清溪镇."""
    found = {
        row
        for cut in range(_SHORTEST, len(name) - _SHORTEST + 1)
        for above in table.any_name(name[:cut])
        if above.level in ("province", "city", "county")
        for row in table.any_name(name[cut:])
        if row.code != above.code and holds(above.code, row.code)
    }
    return found.pop() if len(found) == 1 else None


def _best(scored: Sequence[tuple[Division, float]]) -> Division | None:
    good = [(row, score) for row, score in scored if score >= _ENOUGH[row.level]]
    if not good:
        return None
    top = max(score for _, score in good)
    winners = [row for row, score in good if score == top]
    return winners[0] if len(winners) == 1 else None


def _nearness(row: Division, name: str, issuer: Division | None, around: Counter[str], table: Gazetteer) -> float:
    score = float(_PRIOR[row.level])
    if row.name == name:
        # 浦东新区 says itself what it is; a short name such as 河西区 may be a part of any town.
        score += 2 if len(name) > 3 else 1
    if issuer is not None:
        if row.code == issuer.code:
            score += 12
        elif holds(row.code, issuer.code):
            score += 10
        elif holds(issuer.code, row.code):
            score += 8 - (LEVELS.index(row.level) - LEVELS.index(issuer.level))
        else:
            shared = [p.code for p in table.parents(row) if holds(p.code, issuer.code)]
            nearest = table.parents(issuer)[:1]
            if nearest and shared and shared[0] == nearest[0].code:
                score += 5
            elif shared:
                score += 2 if len(shared[0]) > 2 else 1
    for parent in table.parents(row):
        if parent.code in around:
            score += 2 if parent.level == "county" else 1
    return score
