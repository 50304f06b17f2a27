"""A corpus of nine sentences, its theme table, and the commands run on it."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.corpus.gold import GoldParagraph, write
from pipeline.resources import config_path
from pipeline.training import themes as trainer

SENTENCES = {
    "education": [
        "新建学校扩充学位，提高教师待遇。",
        "中学和小学招收学生，改善学校宿舍。",
        "幼儿园学位增加，教师培训完成。",
    ],
    "environment": [
        "整治河道治理污水，空气质量改善。",
        "关停污染企业，河道水质达标。",
        "植树绿化，污水处理厂投入运行。",
    ],
    "other": ["谢谢大家！", "请予审议。", "各位代表，现在报告工作。"],
}
TABLE = """
[[themes]]
id = "education"
zh = "教育"
en = "Education"

[[themes]]
id = "environment"
zh = "生态环境"
en = "Environment"

[[themes]]
id = "other"
zh = "其他"
en = "Other"
"""


def _paragraphs(issuers: str) -> list[GoldParagraph]:
    return [
        GoldParagraph(
            id=f"{issuer}#{theme}{n}",
            text=f"{issuer}镇：{sentence}",
            entities=[],
            themes=[theme],
            keyphrases=[],
            issuer=issuer,
            headings=[theme] if n else [],
        )
        for issuer in issuers
        for theme, sentences in SENTENCES.items()
        for n, sentence in enumerate(sentences)
    ]


def make(folder: Path) -> Path:
    """Write a corpus, a theme table and a model of both."""
    write(folder / "corpus" / "train" / "a.jsonl", _paragraphs("甲乙丙丁"))
    write(folder / "corpus" / "dev" / "a.jsonl", _paragraphs("戊己"))
    (folder / "themes.toml").write_text(TABLE, encoding="utf-8")
    trainer.train(folder / "model", corpus=folder / "corpus", table=folder / "themes.toml")
    return folder


def run(*args: object) -> str:
    """What a command says that goes well."""
    result = CliRunner().invoke(app, [str(arg) for arg in args])
    assert result.exit_code == 0, f"{result.output}{result.exception}"
    return result.output


def config(folder: Path, model: Path, table: Path) -> Path:
    """A config with quantities and themes alone."""
    text = config_path().read_text(encoding="utf-8")
    text = text.replace('model = "themes"', f'model = "{model}"').replace("table = null", f'table = "{table}"')
    stages = '["entities","quantities","places","sentencizer","keyphrases","themes","indicators"]'
    assert stages in text
    (folder / "mine.cfg").write_text(text.replace(stages, '["quantities","themes"]'), encoding="utf-8")
    return folder / "mine.cfg"
