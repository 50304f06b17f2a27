"""Tiny HanLP multi-task models, trained in seconds and offline: what a user's downloaded model looks like."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from phrasetree.tree import Tree

TREES = (
    "(TOP (IP (VP (VV 发展) (NP (NN 灯饰) (NN 产业))) (PU 。)))",
    "(TOP (IP (VP (VV 推进) (NP (NN 招商) (NN 引资))) (PU 。)))",
    "(TOP (IP (NP (NN 灯饰) (NN 产业)) (VP (VV 升级)) (PU 。)))",
    "(TOP (IP (NP (NN 招商) (NN 引资)) (VP (VV 升级)) (PU 。)))",
    "(TOP (IP (NP (NR 云溪镇)) (VP (VV 发展) (NP (NN 灯饰) (NN 产业))) (PU 。)))",
    "(TOP (IP (NP (NR 云溪镇)) (VP (VV 推进) (NP (NN 招商) (NN 引资))) (PU 。)))",
)
EPOCHS = 20


def _encoder(folder: Path) -> str:
    """A random BERT of one small layer, and a vocabulary of the characters of the trees."""
    from transformers import BertConfig, BertModel, BertTokenizer

    folder.mkdir(parents=True)
    characters = sorted({character for tree in TREES for word in Tree.fromstring(tree).leaves() for character in word})
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters]
    (folder / "vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    size: dict[str, Any] = {"hidden_size": 48, "intermediate_size": 64, "num_attention_heads": 4}
    config = BertConfig(
        vocab_size=len(words),
        num_hidden_layers=1,
        max_position_embeddings=64,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        **size,
    )
    BertModel(config).save_pretrained(folder)
    return str(folder)


def _tasks(folder: Path, names: tuple[str, ...]) -> dict[str, Any]:
    from hanlp.common.dataset import SortingSamplerBuilder
    from hanlp.components.mtl.tasks.constituency import CRFConstituencyParsing
    from hanlp.components.mtl.tasks.ner.tag_ner import TaggingNamedEntityRecognition
    from hanlp.components.mtl.tasks.pos import TransformerTagging
    from hanlp.components.mtl.tasks.tok.tag_tok import TaggingTokenization

    trees = [Tree.fromstring(tree) for tree in TREES]
    columns = ["\n".join(f"{word}\t{tag}" for word, tag in tree.pos()) for tree in trees]
    entities = ["\n".join(f"{word}\t{'S-GPE' if tag == 'NR' else 'O'}" for word, tag in tree.pos()) for tree in trees]
    files = {
        "tok": "\n".join(" ".join(tree.leaves()) for tree in trees),
        "pos": "\n\n".join(columns),
        "ner": "\n\n".join(entities),
        "con": "\n".join(TREES),
    }

    def task(kind: type, name: str, **settings: Any) -> Any:
        path = folder / f"{name}.{'txt' if name in ('tok', 'con') else 'tsv'}"
        path.write_text(files[name] + "\n", encoding="utf-8")
        sampler = SortingSamplerBuilder(batch_size=8)
        return kind(str(path), str(path), sampler_builder=sampler, lr=0.01, **settings)

    known = {
        "tok": lambda: task(TaggingTokenization, "tok"),
        "pos": lambda: task(TransformerTagging, "pos", dependencies="tok"),
        "ner": lambda: task(TaggingNamedEntityRecognition, "ner", dependencies="tok", tagging_scheme="BMES"),
        "con": lambda: task(CRFConstituencyParsing, "con", dependencies="tok", n_mlp_span=32, n_mlp_label=16),
    }
    return {name: known[name]() for name in names}


def train(folder: Path, names: tuple[str, ...]) -> Path:
    """Train a model of the given tasks until it knows the trees by heart."""
    import torch
    import transformers.optimization
    from hanlp.components.mtl.multi_task_learning import MultiTaskLearning
    from hanlp.layers.embeddings.contextual_word_embedding import ContextualWordEmbedding

    torch.manual_seed(0)
    torch.set_num_threads(1)
    encoder = ContextualWordEmbedding(
        "token", _encoder(folder / "encoder"), average_subwords=True, max_sequence_length=64
    )
    with pytest.MonkeyPatch.context() as patched:
        # HanLP asks transformers for an optimiser that its fifth version has left to torch.
        patched.setattr(transformers.optimization, "AdamW", torch.optim.AdamW, raising=False)
        MultiTaskLearning().fit(
            encoder,
            _tasks(folder, names),
            str(folder / "model"),
            epochs=EPOCHS,
            encoder_lr=0.005,
            lr=0.01,
            eval_trn=False,
            seed=0,
            devices=-1,
            logger=logging.getLogger("tests.hanlp"),
            verbose=False,
        )
    return folder / "model"
