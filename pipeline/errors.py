"""Every message a user can meet, in one place: what was wrong, where, and what to do next."""

from __future__ import annotations


class PipelineError(Exception):
    """An error whose message is written for the user; the command line shows it without traceback.

    Attributes
    ----------
    stage : str
        The part of the line it arose in, as `failures.jsonl` records it.
    """

    stage = "pipeline"


class DocumentError(PipelineError):
    """One input can't be read; it costs only its own document."""

    stage = "documents"


class UsageError(PipelineError):
    """A command was called with something it can't work on."""

    stage = "usage"


class ConfigError(PipelineError):
    """A config file is missing, malformed or names something unknown."""

    stage = "config"


class ModelError(PipelineError):
    """A trained model is missing, broken or doesn't fit."""

    stage = "model"


class CorpusError(PipelineError):
    """Annotated data breaks the gold format."""

    stage = "corpus"


class Errors:
    """The catalogue. Fill the braces with `str.format`."""

    E001 = "{path}: no such file or folder. Check the spelling, or quote a name that contains spaces."
    E002 = "{path}: no readable document in this folder. Supported: {formats}; a .jsonl file must be named itself."
    E003 = "{path}: already holds a result. Choose another --output, or add --force to replace it."
    E004 = "{path}: can't be written ({reason}). Choose an --output folder you may write to."
    E005 = "{path}: not a folder that 'pipeline run' wrote; {name} is missing."

    E101 = "{path}: can't be read ({reason}). Check its permissions."
    E102 = "{path}: empty. Give a file with text, or leave it out."
    E103 = "{path}: {size} MB, more than the {limit} MB allowed for one document. Split it into smaller files."
    E104 = "{path}: not text but {kind}. Give it its right suffix, or leave it out."
    E105 = "{path}: byte {offset} fits no known encoding ({tried}). Save the file as UTF-8."
    E106 = "{path}: no text in it. Give a file with text, or leave it out."
    E107 = "{path}: unknown kind of file. Supported: {formats}."
    E108 = "{path}: not a whole .docx file ({reason}). Open it in a word processor and save it again."
    E109 = "{path}: unpacks to {size} MB, more than the {limit} MB allowed. Save the text alone as .docx or .txt."
    E110 = "{path}: encrypted PDF. Remove the password and try again."
    E111 = "{path}: not a whole PDF ({reason}). Download or export it again."
    E112 = "{path}: a PDF without text, probably a scan. Run OCR over it first, for example with ocrmypdf."
    E113 = '{path}, line {line}: {reason}. Each line must be a JSON object {{"id": "...", "text": "..."}}.'
    E114 = "{path}: no text in this web page. Save the page again once it is loaded whole, or save its text as .txt."

    E201 = "{path}: no such model folder. Name a bundled model, give a path with a slash, or run 'pipeline train'."
    E202 = "{path}: not a usable model: {name} is missing or empty. Train it again, or restore the folder."
    E203 = "{path}: the model can't be loaded ({reason}). It may be damaged or made by another version; train it again."
    E204 = "{path}: a file outside the allowed types ({types}). The model is refused; use one you trained yourself."

    E301 = "{path}: no such config file. Bundled ones: see 'pipeline info'."
    E302 = "{path}: {reason}. 'pipeline info' lists the stages and their settings."
    E303 = "{path}: the theme table is malformed: {reason}."
    E304 = "{path}, line {line}: no tab. Each line is a canonical name, a tab, and aliases separated by |."

    E401 = "{path}:{line}: {reason}."
    E402 = "{path}: no annotated paragraphs (*.jsonl) here."

    E501 = "key-phrase backend {name!r} is unknown. Known: {known}."
    E502 = "key-phrase backend {name!r}: {reason}."
