from __future__ import annotations

import pytest

from pipeline.evaluation.metrics import entity_scores, indicator_scores, keyphrase_scores, theme_scores


def test_entities() -> None:
    gold = [[(0, 3, "GPE"), (5, 9, "ORG")], [(0, 2, "LOC")]]
    given = [[(0, 3, "GPE"), (6, 9, "ORG"), (10, 12, "FAC")], [(0, 2, "GPE")]]
    scores = entity_scores(gold, given)
    assert scores["exact"]["GPE"] == {"p": 0.5, "r": 1.0, "f1": 0.6667, "gold": 1, "predicted": 2}
    assert scores["exact"]["ORG"]["f1"] == 0
    assert scores["overlap"]["ORG"]["f1"] == 1
    assert scores["exact"]["places"]["r"] == 1  # a LOC called GPE is a place found
    assert scores["exact"]["all"] == {"p": 0.25, "r": 0.3333, "f1": 0.2857, "gold": 3, "predicted": 4}


@pytest.mark.parametrize(
    ("gold", "given", "exact", "overlap"),
    [
        ([["灯饰产业", "招商引资"]], [["灯饰产业"]], 0.6667, 0.6667),
        ([["灯饰产业"]], [["产业"]], 0.0, 1.0),
        ([["a", "b"]], [[]], 0.0, 0.0),
        ([[], ["a"]], [["x"], ["a"]], 1.0, 1.0),
        ([["f"]], [["a", "b", "c", "d", "e", "f"]], 0.0, 0.0),
    ],
)
def test_keyphrases(gold: list[list[str]], given: list[list[str]], exact: float, overlap: float) -> None:
    scores = keyphrase_scores(gold, given)
    assert (scores["exact"]["f1"], scores["overlap"]["f1"]) == (exact, overlap)


def test_themes() -> None:
    scores = theme_scores([["a", "b"], ["b"], ["other"]], [["a"], ["a", "b"], ["other"]])
    assert scores["overall"] == {"primary_accuracy": 0.6667, "micro_f1": 0.75, "macro_f1": 0.7778, "paragraphs": 3}
    assert scores["confusions"] == [{"gold": "b", "predicted": "a", "count": 1}]


def test_indicators() -> None:
    def record(start: int, indicator: str, period: str = "") -> dict:
        fields = {"role": "level", "direction": None, "status": "actual", "bound": "exact", "period": period}
        return {"span": (start, start + 2, "PERCENT"), "indicator": indicator, **fields}

    gold = [[record(0, "失业率"), record(5, "覆盖率", "去年"), record(9, "税收")]]
    scores = indicator_scores(gold, [[record(0, "失业率"), record(5, "覆盖率"), record(20, "税收")]])
    assert scores["record"]["f1"] == 0.6667
    assert scores["full"]["f1"] == 0.3333
    assert scores["fields"]["indicator"] == 0.6667
    near = indicator_scores([[record(0, "登记失业率")]], [[record(0, "失业率")]])
    assert (near["fields"]["indicator"], near["fields"]["indicator_overlap"]) == (0, 1)
