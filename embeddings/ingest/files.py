"""From a path to articles: which files to take, how to decode them, which format reads them."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

from embeddings.errors import SourceError
from embeddings.sandbox import run_sandboxed
from embeddings.types import Article, Skipped
from embeddings.web.downloader import MAX_BYTES

_PLAIN, _MARKDOWN, _PAGES = (".txt",), (".md", ".markdown"), (".html", ".htm", ".xhtml")
_SHEETS, _MAIL = (".csv", ".tsv"), (".eml", ".msg")
_PAPERS = (".docx", ".pptx", ".xlsx", ".odt", ".ods", ".odp", ".epub", ".rtf", ".mhtml", ".mht")
SUFFIXES = (*_PLAIN, *_MARKDOWN, *_PAGES, ".pdf", *_PAPERS, *_SHEETS, *_MAIL, ".jsonl")

_SAVED_AS = {
    **dict.fromkeys((".docm", ".doc", ".dotx", ".dotm", ".dot", ".pages", ".wpd"), ".docx"),
    **dict.fromkeys((".xlsm", ".xls", ".xlsb", ".xltx", ".xltm", ".numbers"), ".xlsx"),
    **dict.fromkeys((".pptm", ".ppt", ".ppsx", ".ppsm", ".potx", ".key"), ".pptx"),
}
"""Files with macros, of old formats and of other programs: as what a person saves them to add them."""

MAX_PAPER = 100_000_000
"""The most that a PDF or an office file may have: most of it is pictures."""

_NESTED = 3
_SIGNS = (b"<", b">")


def sources(path: Path) -> list[Path]:
    """Return the files that `path` names: itself, or for a folder every readable file below it, in name order.

    Raises `SourceError` when there is nothing at `path`, or nothing in the folder that can be read.
    """
    found, _ = survey(path)
    return found


def survey(path: Path) -> tuple[list[Path], list[Skipped]]:
    """Return the files that `path` names, and what of a folder is passed over, with the reason.

    Hidden files are passed over without a word, and links that lead out of the folder are not followed. Raises
    what `sources` raises.
    """
    try:
        if path.is_dir():
            found, skipped = _folder(path)
            if not found:
                raise SourceError(str(path), f"the folder holds no articles ({' '.join(SUFFIXES)}).")
            return found, skipped
        if not path.exists():
            raise SourceError(str(path), "there is no such file or folder. Check the path.")
    except OSError as error:
        raise SourceError(str(path), f"can't be read: {error.strerror or error}.") from error
    return [path], []


def _folder(path: Path) -> tuple[list[Path], list[Skipped]]:
    home = path.resolve()
    found: list[Path] = []
    skipped: list[Skipped] = []
    for one in sorted(path.rglob("*")):
        if any(part.startswith(".") for part in one.relative_to(path).parts):
            continue
        if one.is_symlink() and not one.resolve().is_relative_to(home):
            skipped.append(
                Skipped(str(one), "is a link that leads out of the folder. Add what it leads to itself.")
            )
        elif one.is_file():
            if one.suffix.lower() in SUFFIXES:
                found.append(one)
            else:
                skipped.append(Skipped(str(one), _unknown(one.suffix.lower())))
    return found, skipped


def _unknown(suffix: str) -> str:
    if instead := _SAVED_AS.get(suffix):
        return f"{suffix} files can't be read. Save it as {instead} and add that."
    kind = f"{suffix} files" if suffix else "files without an ending"
    return f"{kind} can't be read. Use {' '.join(SUFFIXES)}."


def read(path: Path) -> Iterator[Article | SourceError | Skipped]:
    """Yield each article in the file, or the `SourceError` that tells why it, or one of its lines, can't be read.

    Errors are given, not raised, so that one bad line does not hide the lines after it. What is passed over, such
    as an attachment of a mail that can't be read, is given too. All but lines of JSON are read in a sandbox.
    """
    suffix = path.suffix.lower()
    try:
        if suffix == ".jsonl":
            from embeddings.ingest import jsonl

            yield from jsonl.read_jsonl(path)
        elif suffix in SUFFIXES:
            for found in run_sandboxed(str(path), _read, path.absolute()):  # a worker may be in another folder
                yield _renamed(found, path) if isinstance(found, SourceError) else found
        else:
            yield SourceError(str(path), _unknown(suffix))
    except SourceError as error:
        yield _renamed(error, path)
    except OSError as error:
        yield SourceError(str(path), f"can't be read: {error.strerror or error}. Check that you may read it.")


def _renamed(error: SourceError, path: Path) -> SourceError:
    """Return the error, naming the file as it was named."""
    return SourceError(error.source.replace(str(path.absolute()), str(path)), error.reason)


def _read(path: Path) -> list[Article | SourceError | Skipped]:
    suffix = path.suffix.lower()
    most = MAX_PAPER if suffix in (".pdf", *_PAPERS, *_MAIL) else MAX_BYTES
    try:
        return read_data(_read_bytes(path, most), path)
    except OSError as error:
        reason = f"can't be read: {error.strerror or error}. Check that you may read it."
        raise SourceError(str(path), reason) from error


def read_data(data: bytes, path: Path, depth: int = 0) -> list[Article | SourceError | Skipped]:
    """Return what is in a file with these bytes; what it is, its name's ending says. Raises `SourceError`.

    Each format's libraries are loaded only now: asking a question takes none of them. `depth`: how many mails the
    file is attached through.
    """
    suffix = path.suffix.lower()
    if suffix == ".pdf":
        from embeddings.ingest.pdf import read_pdf

        return [read_pdf(data, path)]
    if suffix in _MAIL:
        from embeddings.ingest.office import mail

        reader = mail.read_eml if suffix == ".eml" else mail.read_msg
        return reader(data, path, lambda attached, name: _attached(attached, name, depth + 1))
    if suffix in _PAPERS:
        return [_paper(suffix)(data, path)]
    if text_reader := _text_reader(suffix):
        return [text_reader(decode(data, str(path)), path)]
    return [SourceError(str(path), _unknown(suffix))]


def _attached(data: bytes, name: Path, depth: int) -> list[Article | SourceError | Skipped]:
    if depth > _NESTED:
        return [SourceError(str(name), "is attached to a mail that is attached to another, and so on.")]
    try:
        return read_data(data, name, depth)
    except SourceError as error:
        return [error]
    except Exception as error:
        return [SourceError(str(name), f"can't be read ({type(error).__name__}). Save it anew.")]


def _paper(suffix: str) -> Callable[[bytes, Path], Article]:
    if suffix in (".docx", ".rtf"):
        from embeddings.ingest.office import word

        return word.read_docx if suffix == ".docx" else word.read_rtf
    if suffix in (".odt", ".ods", ".odp"):
        from embeddings.ingest.office import opendocument

        return {".odt": opendocument.read_odt, ".ods": opendocument.read_ods, ".odp": opendocument.read_odp}[
            suffix
        ]
    if suffix == ".pptx":
        from embeddings.ingest.office.slides import read_pptx

        return read_pptx
    if suffix == ".xlsx":
        from embeddings.ingest.office.sheets import read_xlsx

        return read_xlsx
    if suffix == ".epub":
        from embeddings.ingest.office.books import read_epub

        return read_epub
    from embeddings.ingest.office.mail import read_mhtml

    return read_mhtml


def _text_reader(suffix: str) -> Callable[[str, Path], Article] | None:
    if suffix in _PLAIN:
        from embeddings.ingest.plain import read_plain

        return read_plain
    if suffix in _MARKDOWN:
        from embeddings.ingest.markdown import read_markdown

        return read_markdown
    if suffix in _PAGES:
        from embeddings.ingest.html import read_page

        return read_page
    if suffix in _SHEETS:
        from embeddings.ingest.office.sheets import read_csv

        return read_csv
    return None


def _read_bytes(path: Path, most: int) -> bytes:
    size = path.stat().st_size
    if size > most:
        raise SourceError(
            str(path), f"has {size / 1e6:.0f} MB; the most for one article is {most / 1e6:.0f} MB. Split it up."
        )
    return path.read_bytes()


def decode(data: bytes, source: str, charset: str | None = None) -> str:
    """Return the text of `data`: UTF-8, UTF-16 with its mark, the `charset` that it came with, or the likeliest.

    Raises `SourceError` for empty and for binary data.
    """
    if not data.strip():
        raise SourceError(source, "is empty. Put the article's text into it, or leave it out.")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decoded(data, "utf-16", source)
    if b"\x00" in data and all(sign in data for sign in _SIGNS) and data.count(b"\x00") * 100 < len(data):
        data = data.replace(b"\x00", b"")  # a page with a few stray ones
    if b"\x00" in data:
        raise SourceError(source, "is binary, not text. Save the article as text, Markdown or HTML.")
    declared = _DECLARED.search(data[:_HEAD])
    for encoding in (
        "utf-8-sig",
        _as_browsers(charset),
        _as_browsers(declared.group(1).decode("ascii") if declared else None),
    ):
        try:
            if encoding is not None and _is_of_texts(encoding):
                return data.decode(encoding)
        except (UnicodeError, LookupError, ValueError):
            continue
    return _guessed(data, source)


def _as_browsers(encoding: str | None) -> str | None:
    """Return the encoding that browsers read for this name: Latin 1 is Windows' code page (WHATWG Encoding)."""
    known = (encoding or "").strip().lower().replace("_", "-")
    return (
        _WESTERN
        if known in ("iso-8859-1", "latin1", "latin-1", "iso8859-1", "l1", "us-ascii", "ascii")
        else encoding
    )


def _is_of_texts(encoding: str) -> bool:
    """Return whether texts are kept in this encoding; Python knows some that are for host names and
    source code.
    """
    return codecs.lookup(encoding).name not in _NOT_OF_TEXTS


_HEAD = 2048

_DECLARED = re.compile(
    rb"""<(?:meta|\?xml)[^<>]*?(?:charset|encoding)\s{0,9}=\s{0,9}["']?\s{0,9}([A-Za-z0-9_-]+)""", re.IGNORECASE
)

_NOT_OF_TEXTS = frozenset(
    "base64 bz2 hex idna punycode quopri raw-unicode-escape rot13 undefined unicode-escape utf-7 uu zlib".split()
)

_MOST_CONTROL = 0.02
_MOST_ACCENTED = 0.06
_ASCII_END = 0x7F
_SHORT = 256
_WESTERN = "cp1252"


def _guessed(data: bytes, source: str) -> str:
    """Return the likeliest reading of text that is not UTF-8 and states no encoding.

    Where the text is short or has few accents the statistics mistake one Latin code page for another; the Western
    one is then by far the commonest.
    """
    from charset_normalizer import from_bytes

    best = from_bytes(data).best()
    if best is None or _control_share(str(best)) > _MOST_CONTROL:
        raise SourceError(source, "is not text in any known encoding. Save it as UTF-8.")
    foreign = [c for c in str(best) if c.isalpha() and not c.isascii()]
    latin = all("LATIN" in unicodedata.name(c, "") for c in foreign)
    accented = sum(byte > _ASCII_END for byte in data)
    if latin and (len(data) < _SHORT or accented < _MOST_ACCENTED * len(data)):
        try:
            return data.decode(_WESTERN)
        except UnicodeDecodeError:
            return str(best)
    return str(best)


def _control_share(text: str) -> float:
    controls = sum(1 for c in text if not c.isprintable() and c not in "\n\r\t\f")
    return controls / max(len(text), 1)


def _decoded(data: bytes, encoding: str, source: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise SourceError(source, f"is not valid {encoding.upper()}. Save it as UTF-8.") from error
