"""From a path to articles: which files to take, how to decode them, which format reads them."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

from embeddings.errors import SourceError
from embeddings.types import Article
from embeddings.web.downloader import MAX_BYTES

_PLAIN, _MARKDOWN, _PAGES = (".txt",), (".md", ".markdown"), (".html", ".htm")
SUFFIXES = (*_PLAIN, *_MARKDOWN, *_PAGES, ".pdf", ".jsonl")


def sources(path: Path) -> list[Path]:
    """The files that `path` stands for: itself, or for a folder every readable file below it, in name order.

    Raises `SourceError` when there is nothing at `path`, or nothing in the folder that can be read.
    """
    try:
        if path.is_dir():
            found = sorted(
                p
                for p in path.rglob("*")
                if p.suffix.lower() in SUFFIXES
                and p.is_file()
                and not any(part.startswith(".") for part in p.relative_to(path).parts)
            )
            if not found:
                raise SourceError(str(path), f"the folder holds no articles ({' '.join(SUFFIXES)}).")
            return found
        if not path.exists():
            raise SourceError(str(path), "there is no such file or folder. Check the path.")
    except OSError as error:
        raise SourceError(str(path), f"can't be read: {error.strerror or error}.") from error
    return [path]


def read(path: Path) -> Iterator[Article | SourceError]:
    """Each article in the file, or the `SourceError` that tells why it, or one of its lines, can't be read.

    Errors are given, not raised, so that one bad line does not hide the lines after it.
    """
    suffix = path.suffix.lower()
    try:
        if suffix == ".jsonl":
            from embeddings.ingest import jsonl

            yield from jsonl.read_jsonl(path)
        elif suffix == ".pdf":
            from embeddings.ingest.pdf import MAX_BYTES as MAX_PDF_BYTES
            from embeddings.ingest.pdf import read_pdf

            yield read_pdf(_read_bytes(path, MAX_PDF_BYTES), path)
        elif reader := _reader(suffix):
            yield reader(decode(_read_bytes(path, MAX_BYTES), str(path)), path)
        else:
            kind = f"{suffix} files" if suffix else "files without an ending"
            yield SourceError(str(path), f"{kind} can't be read. Use {' '.join(SUFFIXES)}.")
    except SourceError as error:
        yield error
    except OSError as error:
        yield SourceError(str(path), f"can't be read: {error.strerror or error}. Check that you may read it.")


def _reader(suffix: str) -> Callable[[str, Path], Article] | None:
    """What reads texts of this format, loaded only now: asking a question takes none of these libraries."""
    if suffix in _PLAIN:
        from embeddings.ingest.plain import read_plain

        return read_plain
    if suffix in _MARKDOWN:
        from embeddings.ingest.markdown import read_markdown

        return read_markdown
    if suffix in _PAGES:
        from embeddings.ingest.html import read_page

        return read_page
    return None


def _read_bytes(path: Path, most: int) -> bytes:
    size = path.stat().st_size
    if size > most:
        raise SourceError(
            str(path), f"has {size / 1e6:.0f} MB; the most for one article is {most / 1e6:.0f} MB. Split it up."
        )
    return path.read_bytes()


def decode(data: bytes, source: str, charset: str | None = None) -> str:
    """The text of `data`: UTF-8, UTF-16 with its mark, the `charset` that it came with, or the likeliest.

    Raises `SourceError` for empty and for binary data.
    """
    if not data.strip():
        raise SourceError(source, "is empty. Put the article's text into it, or leave it out.")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decoded(data, "utf-16", source)
    if b"\x00" in data:
        raise SourceError(source, "is binary, not text. Save the article as text, Markdown or HTML.")
    declared = _DECLARED.search(data[:_HEAD])
    for encoding in ("utf-8-sig", charset, declared.group(1).decode("ascii") if declared else None):
        try:
            if encoding is not None and _is_of_texts(encoding):
                return data.decode(encoding)
        except (UnicodeError, LookupError, ValueError):
            continue
    return _guessed(data, source)


def _is_of_texts(encoding: str) -> bool:
    """Whether texts are kept in this encoding; Python knows some that are for host names and source code."""
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
    """The likeliest reading of text that is not UTF-8 and states no encoding.

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
