"""Train the theme classifier: afresh, or by going on from a trained model with a user's corrections."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.corpus import external as external_labels
from pipeline.corpus.gold import GoldParagraph
from pipeline.errors import CorpusError, Errors
from pipeline.evaluation.confidence import calibration, coverage, intervals
from pipeline.evaluation.metrics import theme_scores
from pipeline.resources import read_card
from pipeline.stages.segmenter import PkusegTokenizer
from pipeline.stages.themes.features import Terms
from pipeline.stages.themes.model import COLUMNS, Row, ThemeModel, load, row
from pipeline.stages.themes.table import Theme, aliases, in_words, read_table, table_hash
from pipeline.training import data, vectors
from pipeline.training.card import write_card
from pipeline.training.fitting import Linear, fit, go_on
from pipeline.training.vocabulary import grown

FOLDS = 4
DIMENSIONS = 100
"""Length of the word vectors."""
HELD = 2000
"""Paragraphs of the corpus whose decisions are held when a model goes on."""
BLOCKS: dict[str, tuple[Literal["word", "char"], tuple[int, int], int, float]] = {
    "words": ("word", (1, 2), 4, 1.0),
    "chars": ("char", (2, 3), 6, 1.0),
    "headings": ("char", (1, 3), 3, 0.5),
    "lead": ("char", (1, 3), 3, 0.7),
}
"""Of each column: what terms are runs of, how many, how many paragraphs must have a term, and the column's weight."""
GRID = np.arange(0.15, 0.71, 0.05)

Progress = Callable[[int, int, str], None]
"""Called with steps done, steps in all, and what comes next."""


def no_progress(done: int, total: int, what: str) -> None:
    """Show nothing."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A new model with what is needed to compare it with another.

    Attributes
    ----------
    card : dict
    model : ThemeModel
    dev, added : list of GoldParagraph
        Held-out paragraphs, and the user's.
    dev_rows, added_rows : list of Row
        What a classifier sees of them.
    added_scores : ndarray
        The user's paragraphs as scored by models that had not learnt from their documents.
    meaning : dict
        What each theme id means in the table.
    """

    card: dict[str, Any]
    model: ThemeModel
    dev: list[GoldParagraph]
    added: list[GoldParagraph]
    dev_rows: list[Row]
    added_rows: list[Row]
    added_scores: NDArray[np.float64]
    meaning: dict[str, str]


def train(
    output: Path,
    *,
    corpus: Path | None = None,
    add: Iterable[Path] = (),
    external: Path | None = None,
    base: Path | None = None,
    table: Path | None = None,
    weight: float = 3.0,
    segmenter: str = "segmenter",
    strength: float = 0.5,
    seed: int = 0,
    progress: Progress = no_progress,
) -> Trained:
    """Train a theme classifier.

    Parameters
    ----------
    output : Path
        Model folder to write.
    corpus, add, external
        What to learn from, see `pipeline.training.data.load`.
    base : Path, optional
        A trained model to go on from: it keeps what it learnt from paragraphs that are not at hand, changes as
        little as the added ones ask for, and learns their words where it lacks them. Without it, all is learnt afresh.
    table : Path, optional
        The theme table; the bundled one by default.
    weight : float
        How many paragraphs of the corpus one added paragraph counts for.
    segmenter : str
        The segmenter whose words the features are made of.
    strength : float
        Inverse regularisation ``C``.
    seed : int
    progress : callable
        See `Progress`.

    Returns
    -------
    Trained

    Raises
    ------
    CorpusError
        If a paragraph has a theme the table doesn't know, or a theme has no paragraph.
    """
    import spacy

    steps = _Steps(progress, FOLDS + 6)
    steps("reading")
    themes = read_table(table)
    labels = [theme.id for theme in themes]
    found = data.load(corpus, add, external)
    own, added, dev = (_in_table(part, themes) for part in ([*found.own, *found.external], found.added, found.dev))
    _check_examples([*own, *added], labels)
    steps("cutting words")
    tokenizer = PkusegTokenizer(spacy.blank("zh").vocab, model=segmenter)
    own_rows, added_rows, dev_rows = (rows(tokenizer, part) for part in (own, added, dev))
    unlabelled = [] if base or not external else other_rows(tokenizer, external, found.train)
    material = _Material(own, own_rows, added, added_rows, labels, weight, strength, seed, unlabelled)
    if base:
        model, added_scores = _going_on(material, load(base), themes, steps)
        held_out = {}
    else:
        model, scores = _afresh(material, steps)
        added_scores = scores[len(own) :]
        held_out = {"issuers_held_out_in_turn": judged(scores, [*own, *added], model)}
    steps("scoring")
    model.save(output)
    card = write_card(
        output,
        "themes",
        packages=["scikit-learn"],
        themes=table_hash(labels),
        data={
            **found.facts,
            "weight": weight,
            "segmenter": segmenter,
            "base": read_card(base).get("hash") if base else None,
            "primary": {label: sum(p.themes[0] == label for p in [*own, *added]) for label in labels},
        },
        settings={"strength": strength, "vectors": DIMENSIONS, "seed": seed},
        dev=judged(model.scores(dev_rows), dev, model),
        **held_out,
    )
    steps("done")
    return Trained(card, model, dev, added, dev_rows, added_rows, added_scores, aliases(themes))


class _Steps:
    """Counts steps for a progress display."""

    def __init__(self, progress: Progress, total: int) -> None:
        self.progress, self.total, self.done = progress, total, -1

    def __call__(self, what: str) -> None:
        self.done += 1
        self.progress(min(self.done, self.total), self.total, what)


@dataclass(frozen=True, slots=True)
class _Material:
    """What both ways of learning share."""

    own: list[GoldParagraph]
    own_rows: list[Row]
    added: list[GoldParagraph]
    added_rows: list[Row]
    labels: list[str]
    weight: float
    strength: float
    seed: int
    unlabelled: list[Row]


def _afresh(given: _Material, steps: _Steps) -> tuple[ThemeModel, NDArray[np.float64]]:
    """Learn all from nothing; calibration and thresholds come from issuers held out in turn.

    Each paragraph is learnt with and without its headings: many documents have none, and a model that always saw
    some takes their absence for page residue.
    """
    from scipy.sparse import vstack

    paragraphs, seen = [*given.own, *given.added], [*given.own_rows, *given.added_rows]
    without = [bare(line) for line in seen]
    steps("weighing words")
    features = learn_terms([*seen, *without])
    steps("learning word vectors")
    model = ThemeModel(features, np.zeros((0, 0)), np.zeros(0), given.labels, [], [], word_vectors(features, given))
    full, stripped = model.transform(seen), model.transform(without)
    truth = targets(paragraphs, given.labels)
    weights = np.array([1.0] * len(given.own) + [given.weight] * len(given.added))
    headed = np.array([bool(line[2]) for line in seen])

    def learn(chosen: NDArray[np.intp]) -> Linear:
        both = np.concatenate([chosen, chosen[headed[chosen]]])
        known = vstack([full[chosen], stripped[chosen[headed[chosen]]]]).tocsr()
        return fit(known, truth[both], weights[both], given.strength, given.seed)

    decisions = np.full(truth.shape, -1.0)
    for known, held_out in folds(paragraphs):
        steps("learning with issuers held out")
        decisions[held_out] = learn(known).decisions(full[held_out])
    steps("learning from all")
    linear = learn(np.arange(len(paragraphs)))
    model.coefficients, model.intercepts = linear.coefficients, linear.intercepts
    model.calibration = slopes(decisions, truth)
    scores = model.calibrated(decisions)
    model.thresholds = thresholds(scores, truth)
    return model, scores


def _going_on(
    given: _Material, old: ThemeModel, themes: Sequence[Theme], steps: _Steps
) -> tuple[ThemeModel, NDArray[np.float64]]:
    """Start from a trained model and hold what it decides of the corpus, except where a paragraph was added."""
    from scipy.sparse import vstack

    steps("weighing words")
    base = grown(carried_over(old, themes), given.added_rows)
    own = base.transform(given.own_rows)
    added = base.transform(given.added_rows)
    keep = own[:: max(1, -(-len(given.own) // HELD))]
    truth = targets([*given.own, *given.added], given.labels)
    news = [n for n, theme in enumerate(themes) if not set(old.labels) & {theme.id, *theme.includes}]

    def learn(chosen: NDArray[np.intp]) -> Linear:
        linear = Linear(np.array(base.coefficients, dtype=float), np.array(base.intercepts, dtype=float))
        weights = np.full(len(chosen), given.weight)
        if len(chosen):
            linear = go_on(linear, keep, added[chosen], truth[len(given.own) :][chosen], weights, given.strength)
        if news:  # what the old model never knew is learnt from all there is
            both = np.concatenate([np.arange(len(given.own)), len(given.own) + chosen])
            known = np.concatenate([np.ones(len(given.own)), weights])
            new = fit(vstack([own, added[chosen]]).tocsr(), truth[both][:, news], known, given.strength, given.seed)
            linear.coefficients[news], linear.intercepts[news] = new.coefficients, new.intercepts
        return linear

    scores = base.scores(given.added_rows)
    for known, held_out in folds(given.added):
        steps("learning with documents held out")
        scores[held_out] = base.calibrated(learn(known).decisions(added[held_out]))
    steps("learning from all")
    linear = learn(np.arange(len(given.added)))
    base.coefficients, base.intercepts = linear.coefficients, linear.intercepts
    return base, scores


def word_vectors(features: Sequence[Terms], given: _Material) -> NDArray[np.float32]:
    """A vector for each word of the first block, from all text at hand, labelled or not."""
    from threadpoolctl import threadpool_limits

    found = [line[0].lower().split(" ") for line in (*given.own_rows, *given.added_rows, *given.unlabelled)]
    with threadpool_limits(1):  # sums of floats differ with the number of threads
        words, matrix = vectors.train(found, size=DIMENSIONS, seed=given.seed)
    places = {word: place for place, word in enumerate(words)}
    terms = features[0].places
    aligned = np.zeros((len(terms), DIMENSIONS), dtype=np.float16)  # as it is saved
    for term, index in terms.items():
        if term in places:
            aligned[index] = matrix[places[term]]
    return aligned.astype(np.float32)


def other_rows(tokenizer: PkusegTokenizer, external: Path, labelled: Iterable[GoldParagraph]) -> list[Row]:
    """What a classifier would see of the text beside the labelled paragraphs."""
    known = {paragraph.text for paragraph in labelled}
    texts = (text for text in external_labels.texts(external) if text not in known)
    return [row([token.text for token in tokenizer(text) if not token.is_space], []) for text in texts]


def folds(paragraphs: Sequence[GoldParagraph]) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Paragraphs to learn from and paragraphs held out; an issuer's stay together where there are several."""
    from sklearn.model_selection import GroupKFold

    groups = [issuer(p) for p in paragraphs]
    if len(set(groups)) < 2:
        groups = [p.id for p in paragraphs]
    count = min(FOLDS, len(set(groups)))
    if count < 2:
        return []
    return list(GroupKFold(count).split(np.zeros(len(groups)), groups=groups))


def carried_over(base: ThemeModel, themes: Sequence[Theme]) -> ThemeModel:
    """An old model in the themes of a table: renamed ones go over, merged ones are the sum of their parts.

    A theme the old model did not know decides against itself everywhere.
    """
    rows_, intercepts, cuts, slopes_ = [], [], [], []
    for theme in themes:
        parts = [base.labels.index(name) for name in (theme.id, *theme.includes) if name in base.labels]
        # A decision is about 1 for yes and -1 for no: of several parts all but one say no.
        rows_.append(np.sum(base.coefficients[parts], axis=0) if parts else np.zeros(base.coefficients.shape[1]))
        intercepts.append(float(np.sum(base.intercepts[parts])) + len(parts) - 1)
        cuts.append(float(np.mean([base.thresholds[i] for i in parts or range(len(base.labels))])))
        pairs = [base.calibration[i] for i in parts or range(len(base.labels))]
        slopes_.append((float(np.mean([a for a, _ in pairs])), float(np.mean([b for _, b in pairs]))))
    labels = [theme.id for theme in themes]
    return ThemeModel(base.features, np.array(rows_), np.array(intercepts), labels, cuts, slopes_, base.vectors)


def learn_terms(lines: Sequence[Row]) -> list[Terms]:
    """The features: TF-IDF of words, of characters, of headings and of the first short clause."""
    features = []
    for column, name in enumerate(COLUMNS):
        unit, sizes, least, weight = BLOCKS[name]
        nothing = Terms(unit, *sizes, weight, {}, np.zeros(0))
        features.append(nothing.learnt([line[column] for line in lines], least))
    return features


def rows(tokenizer: PkusegTokenizer, paragraphs: Iterable[GoldParagraph]) -> list[Row]:
    """What the classifier sees of annotated paragraphs."""
    return [row([token.text for token in tokenizer(p.text) if not token.is_space], p.headings) for p in paragraphs]


def bare(line: Row) -> Row:
    """The same paragraph in a document without headings."""
    return (line[0], line[1], "", line[3])


def issuer(paragraph: GoldParagraph) -> str:
    """The issuer, or the document where it is not known."""
    return paragraph.issuer or paragraph.id.rpartition("#")[0] or paragraph.id


def targets(paragraphs: Sequence[GoldParagraph], labels: Sequence[str]) -> NDArray[np.int8]:
    """Indicator matrix of shape (paragraphs, labels)."""
    found = [[label in p.themes for label in labels] for p in paragraphs]
    return np.array(found, dtype=np.int8).reshape(-1, len(labels))


def slopes(decisions: NDArray[np.float64], truth: NDArray[np.int8]) -> list[tuple[float, float]]:
    """Slope and offset that make a probability of each theme's decisions (Platt's calibration)."""
    from sklearn.linear_model import LogisticRegression

    found = []
    for column in range(truth.shape[1]):
        if not 0 < truth[:, column].sum() < len(truth):
            found.append((1.0, 0.0))
            continue
        curve = LogisticRegression(C=1000.0).fit(decisions[:, [column]], truth[:, column])
        # A theme too rare to be told apart must not be turned round.
        found.append((max(0.1, float(curve.coef_[0, 0])), float(curve.intercept_[0])))
    return found


def thresholds(scores: NDArray[np.float64], truth: NDArray[np.int8]) -> list[float]:
    """For each theme the score that gives the best F1 on paragraphs held out."""
    best = []
    for column in range(truth.shape[1]):
        gold = truth[:, column] == 1
        f1 = [_f1(gold, scores[:, column] >= cut) for cut in GRID]
        best.append(round(float(GRID[int(np.argmax(f1))]), 2))
    return best


def _f1(gold: NDArray[np.bool_], given: NDArray[np.bool_]) -> float:
    hits = int((gold & given).sum())
    return 2 * hits / max(1, int(gold.sum()) + int(given.sum()))


def judged(scores: NDArray[np.float64], paragraphs: Sequence[GoldParagraph], model: ThemeModel) -> dict[str, Any]:
    """What a model card says of held-out paragraphs."""
    given = [model.themes(line) for line in scores]
    predicted = [[theme["theme"] for theme in themes] for themes in given]
    gold = [p.themes for p in paragraphs]
    found = theme_scores(gold, predicted)
    right = [truth[0] == guess[0] for truth, guess in zip(gold, predicted, strict=True)]
    sure = [themes[0]["score"] for themes in given]
    issuers = [issuer(p) for p in paragraphs]
    return {
        **found["overall"],
        "issuers": len(set(issuers)),
        "intervals_95": intervals(gold, predicted, issuers),
        "f1": {theme: numbers["f1"] for theme, numbers in found["themes"].items()},
        "confusions": found["confusions"],
        "calibration": calibration(sure, right),
        "coverage": coverage(sure, right),
    }


def _in_table(paragraphs: Iterable[GoldParagraph], themes: Sequence[Theme]) -> list[GoldParagraph]:
    """The paragraphs that have themes, in the words of a table."""
    found = []
    for paragraph in paragraphs:
        if translated := in_words(paragraph.id, paragraph.themes, themes):
            found.append(paragraph.model_copy(update={"themes": translated}))
    return found


def _check_examples(paragraphs: Iterable[GoldParagraph], labels: Iterable[str]) -> None:
    missing = set(labels).difference(*(p.themes for p in paragraphs))
    if missing:
        raise CorpusError(Errors.E404.format(themes=", ".join(sorted(missing))))
