"""From bytes to text, without losing one character in silence."""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

from pipeline.errors import DocumentError, Errors

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# The order settles ties: GB18030 is the likeliest.
_CHINESE = ("gb18030", "big5", "cp950", "big5hkscs", "utf-16-le", "utf-16-be")
_SIGNATURES = (
    (b"PK\x03\x04", "a zip archive (perhaps .docx)"),
    (b"%PDF-", "a PDF"),
    (b"\xd0\xcf\x11\xe0", "an old Office document (.doc, .wps; save it as .docx)"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"\x7fELF", "a program"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"Rar!", "a rar archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"SQLite format 3", "a database"),
)
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\v\f\r\x1b\x1a")
_MOST_CONTROLS = 0.01
_SAMPLE = 50_000
_LEAST_SCORE = 0.55
# The commonest characters of Chinese prose in both scripts.
_FREQUENT = frozenset(
    "的一是在了和有大中人为年不工作上全发展建设会市国政府生区镇经济地个业来加强为設發會國業經濟區鎮個們與這對"
)
_DECLARED = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{2,20})""", re.IGNORECASE)
_DECLARED_ALIASES = {"gb2312": "gb18030", "gbk": "gb18030", "big5-hkscs": "big5hkscs", "utf8": "utf-8"}


def declared_charset(data: bytes) -> str:
    """The charset that a web page declares in its first 4 KB, or ``""``."""
    match = _DECLARED.search(data[:4096])
    if match is None:
        return ""
    name = match.group(1).decode("ascii").lower()
    name = _DECLARED_ALIASES.get(name, name)
    try:
        return codecs.lookup(name).name
    except LookupError:
        return ""


def decode(data: bytes, path: str, declared: str = "") -> tuple[str, str]:
    """Decode bytes strictly.

    Tried in turn: a byte order mark, UTF-8, what the document declares, then the encodings usual
    for Chinese, of which the one with the most plausible text wins, and last charset-normalizer.

    Parameters
    ----------
    data : bytes
        The file.
    path : str
        Named in errors.
    declared : str
        The encoding that the document itself names.

    Returns
    -------
    text : str
        The text, without byte order mark.
    encoding : str
        What it was decoded with.

    Raises
    ------
    DocumentError
        If the bytes are no text, or no encoding fits them; then the message names the byte.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _strict(data, encoding, path), "utf-8" if encoding == "utf-8-sig" else encoding
    _refuse_signatures(data, path)
    binary = _looks_binary(data)
    if not binary:
        try:
            return data.decode("utf-8"), "utf-8"
        except UnicodeDecodeError as error:
            if _is_damaged_utf8(data):
                raise _undecodable(path, error.start, "utf-8") from error
    found = None if binary else _as_declared(data, declared)
    found = found or _most_plausible(data, ("utf-16-le", "utf-16-be") if binary else _CHINESE)
    if found is None and binary:
        raise DocumentError(Errors.E104.format(path=path, kind="binary data"))
    found = found or _guess(data)
    if found is None:
        raise _undecodable(path, _first_bad_byte(data), "utf-8, gb18030, big5, utf-16")
    return found


def _strict(data: bytes, encoding: str, path: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _undecodable(path, error.start, encoding) from error


def _undecodable(path: str, offset: int, tried: str) -> DocumentError:
    return DocumentError(Errors.E105.format(path=path, offset=offset, tried=tried))


def _refuse_signatures(data: bytes, path: str) -> None:
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            raise DocumentError(Errors.E104.format(path=path, kind=kind))


def _looks_binary(data: bytes) -> bool:
    """More control bytes than stray ones; true of UTF-16 without byte order mark as well."""
    sample = data[: 4 * _SAMPLE]
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    return controls > max(_MOST_CONTROLS * len(sample), 4)


def _is_damaged_utf8(data: bytes) -> bool:
    """UTF-8 but for a few bytes; another encoding would turn all of it into nonsense."""
    ascii_bytes = bytes(range(128))
    kept = data.decode("utf-8", "ignore").encode("utf-8")
    beyond_ascii = len(data.translate(None, ascii_bytes))
    return len(kept.translate(None, ascii_bytes)) > 0.9 * beyond_ascii


def _as_declared(data: bytes, declared: str) -> tuple[str, str] | None:
    if not declared:
        return None
    try:
        return data.decode(declared), declared
    except (UnicodeDecodeError, LookupError):
        return None


def _most_plausible(data: bytes, encodings: tuple[str, ...]) -> tuple[str, str] | None:
    best: tuple[float, str, str] | None = None
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        score = plausibility(text)
        if score >= _LEAST_SCORE and (best is None or score > best[0] + 1e-9):
            best = (score, text, encoding)
    return None if best is None else (best[1], best[2])


def plausibility(text: str) -> float:
    """How much a text looks like Chinese prose.

    Parameters
    ----------
    text : str
        Text decoded by way of trial.

    Returns
    -------
    float
        Share of common characters among those beyond ASCII, plus the share of very frequent ones.
    """
    beyond = [character for character in text[:_SAMPLE] if character > "\x7f"]
    if not beyond:
        return 0.0
    common = _common()
    score = sum((character in common) + (character in _FREQUENT) for character in beyond)
    return score / len(beyond)


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    """The common characters of both national standards, and Chinese punctuation."""
    simplified = bytes(byte for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF) for byte in (row, cell))
    traditional = bytes(
        byte
        for row in range(0xA4, 0xC7)
        for cell in (*range(0x40, 0x7F), *range(0xA1, 0xFF))
        for byte in (row, cell)
        if (row, cell) <= (0xC6, 0x7E)
    )
    marks = "，。、；：？！（）《》“”‘’—…·％０１２３４５６７８９\u3000"
    # The last cells of the first row range are unassigned.
    return frozenset(simplified.decode("gb2312", "ignore") + traditional.decode("big5", "ignore") + marks)


def _guess(data: bytes) -> tuple[str, str] | None:
    from charset_normalizer import from_bytes

    best = from_bytes(data[:1_000_000]).best()
    if best is None:
        return None
    try:
        return data.decode(best.encoding), best.encoding
    except UnicodeDecodeError:
        return None


def _first_bad_byte(data: bytes) -> int:
    """Where the encoding that gets furthest gives up."""
    furthest = 0
    for encoding in ("utf-8", "gb18030", "big5hkscs"):
        try:
            data.decode(encoding)
        except UnicodeDecodeError as error:
            furthest = max(furthest, error.start)
    return furthest
