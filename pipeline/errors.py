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


class DiskFull(PipelineError):
    """There is no room for a document's result; it costs only its own document."""

    stage = "output"


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


class BackendError(PipelineError):
    """A key-phrase backend outside this project can't do its work."""

    stage = "keyphrases"


class Errors:
    """The catalogue. Fill the braces with `str.format`."""

    E001 = "{path}: no such file or folder. Check the spelling, or quote a name that contains spaces."
    E002 = "{path}: no readable document in this folder. Supported: {formats}; a .jsonl file must be named itself."
    E003 = "{path}: already holds a result. Choose another --output, or add --force to replace it."
    E004 = "{path}: can't be written ({reason}). Choose an --output folder you may write to."
    E005 = "{path}: not a folder that 'pipeline run' wrote; {name} is missing."
    E006 = "{path}, line {line}: no record of this version ({reason}). Run 'pipeline run' again."
    E007 = "{path}: damaged ({reason}). Run 'pipeline run' again."
    E008 = "{path}: not empty. Choose another folder, or add --force to replace a site that is there."
    E009 = "{path}: holds files that are no site of ours ({name}). Choose another folder."
    E010 = "port {port}: can't be used ({reason}). Choose another --port, or leave it out."

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
    E115 = "{path}: asks for too much ({reason}); such files are made to exhaust a machine. Save its text as .txt."

    E201 = "{path}: no such model folder. Name a bundled model, give a path with a slash, or run 'pipeline train'."
    E202 = "{path}: not a usable model: {name} is missing or empty. Train it again, or restore the folder."
    E203 = "{path}: the model can't be loaded ({reason}). It may be damaged or made by another version; train it again."
    E204 = "{path}: a file outside the allowed types ({types}). The model is refused; use one you trained yourself."
    E205 = "{path}: was changed or damaged since it was trained. The model is refused; restore it or train it again."
    E206 = "{path}: made by another version ({made}; here {here}). Train it again by 'pipeline train themes'."
    E207 = (
        "{path}: trained on another theme table (differing: {themes}). Run 'pipeline train themes', or name its table."
    )
    E208 = (
        "{name}: not installed. Get it from its publisher by 'python -m spacy download {name}', or its wheel from "
        "https://github.com/explosion/spacy-models/releases. Never 'pip install {name}': "
        "the name {squatted} on PyPI is not the publisher's."
    )
    E209 = "{path}: a spaCy pipeline that recognises no entities (it has: {stages}). Name one with a stage 'ner'."

    E301 = "{path}: no such config file. Bundled ones: see 'pipeline info'."
    E302 = "{path}: {reason}. 'pipeline info' lists the stages and their settings."
    E303 = "{path}: the theme table is malformed: {reason}."
    E304 = "{path}, line {line}: no tab. Each line is a canonical name, a tab, and aliases separated by |."
    E305 = "[components.entities.labels]: {labels}: not a label here. Known: {known}; null leaves a label out."

    E401 = "{path}:{line}: {reason}."
    E402 = "{path}: no annotated paragraphs (*.jsonl) here."
    E403 = "{paragraph}: theme {theme!r} is not in the theme table. Add it to the includes of one of its themes."
    E404 = "{themes}: in the theme table, but no paragraph has it. Label some and pass them by --add, or take it out."
    E410 = "{first} and {second}: not the same paragraphs in the same order. Give two readings of one text."

    E501 = "key-phrase backend {name!r} is unknown. Known: {known}."
    E502 = "key-phrase backend {name!r}: {reason}."
    E503 = "{url}: the key was refused (401). Set the environment variable {variable} to a valid one."
    E504 = "{url}: no answer within {seconds} s. Raise timeout in the config, or use the bundled backend."
    E505 = "{url}: no phrases from this service ({reason}). Check url in the config, or use the bundled backend."
    E506 = "{url}: still too many requests (429) after {tries} tries. Set a key, raise wait, or try later."
    E507 = "HanLP model {model!r}: not on this machine. Give a folder (with a slash), or set download = true."
    E508 = "HanLP model {model!r}: gives neither con nor pos with tok. Use a multi-task model that does."
    E509 = "HanLP model {model!r}: can't be loaded or run ({reason})."

    E601 = "--select {how}: unknown. Known: {known}."
    E602 = "{path}: can't tell which tool wrote it. Name the tool by --from: {known}."
    E603 = "{path}: not a file for {tool} ({reason}). Export it again, keeping the columns of 'pipeline export'."
    E604 = "{tool}: not a tool known here. Known: {known}."
    E605 = "{path}: can't be written ({reason}). The model stays in {folder}; name that folder in a config."
    E606 = "{config}: has no stage {stage}; there are no themes to explain."
    E607 = "{document}: {found} documents of {path} have this name. Give the doc_id as annotations.jsonl has it."
    E608 = "{document} has no paragraph {paragraph}; the last is {last}."
    E609 = "--theme {theme}: not in the theme table. Known: {known}."

    E701 = "{path}: {chars} characters, more than the {limit} allowed for one document. Split it, or raise --max-chars."
    E702 = "{path}: not finished within {seconds} s. Run again with a higher --time-limit, or leave it out."
    E703 = "{path}: memory didn't suffice. Split it, raise --memory-limit, or use fewer --workers."
    E704 = (
        "{path}: can't be written ({reason}). Free space there, or allow writing, and run again; "
        "finished documents are kept."
    )
    E705 = "{path}: damaged ({reason}). Delete this file and run again; its documents are done again."
    E706 = "{path}: its worker process ended {reason}, perhaps for want of memory. Run again to retry it alone."
    E707 = "worker processes end as soon as they start ({tries} times, the last {reason}). Try --engine serial."
    E708 = "{path}: another run is writing to this folder. Wait for its end, or choose another --output."
    E709 = (
        "{path}: holds {count} documents, such as {name}, that are not among the inputs and were made by another "
        "config, model or version. Add --drop-vanished, or choose another --output."
    )
    E710 = "{path}: {output} holds a result of this name for another file, {other}. Choose another --output."
    E711 = "--engine ray: Ray isn't installed. Install it by: pip install 'govreport-pipeline[ray]'"
    E712 = (
        "--ray-address {address}: can't be used ({reason}). Start a cluster by 'ray start --head', or leave it out; "
        "for one that asks for a token set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN."
    )
    E713 = (
        "Ray can't go on ({reason}). See its logs, /tmp/ray/session_latest/logs if not told otherwise, then run again: "
        "finished documents are kept."
    )
    E714 = "{path}: no room for its result in {folder} ({reason}). Free space there and run again; only it is done."

    E801 = "indicator {name!r}: in none of these results.{hint} 'pipeline compare OUT --list' shows all there are."
    E802 = "{path}: can't write this kind of file. Known: {known}."
    E803 = "{sites} times --site for {outs} results. Give one for each result, in the same order, or none."


class Warnings:
    """What ``run.json`` and the pages say of a document that was read all the same."""

    W001 = "Years are redacted ({example}, {count} in all): figures may be of any year."
    W002 = "The title says {title}, the content speaks of {content}: the title may not be the document's own."
    W003 = "{characters} characters stand word for word in {other} too, passages: {count}."
