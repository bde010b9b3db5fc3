"""PDF files: the characters of each page put together to paragraphs, with the page on which each begins."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path

import pypdfium2 as pdfium
from pypdfium2 import raw

from embeddings.errors import SourceError
from embeddings.ingest.blocks import Block, paragraphs_from
from embeddings.ingest.layout.edges import without_edges
from embeddings.ingest.layout.extras import can_read_pictures, fields_of, is_cipher, page_labels, text_of_picture
from embeddings.ingest.layout.flow import Words, blocks_of, body_size
from embeddings.ingest.layout.glyphs import read_page
from embeddings.ingest.layout.reading import Line, lines_of
from embeddings.ingest.plain import file_name, title_from_name
from embeddings.types import Article

MAX_BYTES = 100_000_000
"""The most that a PDF file on disk may have; most of it is pictures."""

MAX_PAGES = 10_000
_MAX_PICTURES = 20
"""At most this many scanned pages are read: each takes seconds."""

_LARGER = 1.15
_NAMED = 10
_PROGRAM = re.compile(
    r"(?:\.\w{2,4}$|^(?:microsoft (?:word|powerpoint|excel)|powerpoint|untitled|document\d*|slide 1|title|none"
    r"|layout 1|print|scan|\(?anonymous\)?|unspecified|arxiv:)\b|^[\W\d_]*$)",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Read:
    """What was read of a file, page by page."""

    pages: list[tuple[float, list[list[Line]]]] = field(default_factory=list)
    extra: list[Block] = field(default_factory=list)
    pictures: list[int] = field(default_factory=list)
    letters: int = 0
    unknown: int = 0


def is_pdf(data: bytes) -> bool:
    """Return whether the bytes are those of a PDF file."""
    return b"%PDF-" in data[:1024]


def read_pdf(data: bytes, path: Path) -> Article:
    """Return the article in a PDF. Raises `SourceError` for a broken or locked file and for one without text."""
    document = _opened(data, path)
    try:
        read = _read(document, path)
        labels = page_labels(document)
        stated = _title(document)
    except pdfium.PdfiumError as error:
        raise SourceError(str(path), f"is a PDF that can't be read ({error}). Save it anew.") from error
    finally:
        document.close()
    lines = [line for _, columns in read.pages for column in columns for line in column]
    if not lines and not read.extra:
        raise SourceError(str(path), _nothing(read))
    if is_cipher([line.text for line in lines], read.letters, read.unknown):
        raise SourceError(
            str(path),
            "has text that can't be read: its fonts don't say which letter each sign is."
            " Print it to a new PDF, or run a text recognition (OCR) over it.",
        )
    size = body_size(lines) if lines else 1.0
    kept = without_edges(read.pages, size)
    title, kept = (stated, kept) if stated else _first_title(kept, size)
    words = Words(lines)
    body = paragraphs_from([*blocks_of(kept, size, labels, words), *read.extra], title)
    if not body:
        raise SourceError(str(path), "has no paragraph, only single lines.")
    return Article(
        title=title or title_from_name(path),
        paragraphs=body,
        name=file_name(path),
        origin=path.resolve().as_uri(),
        warnings=_scanned(read),
    )


def _opened(data: bytes, path: Path) -> pdfium.PdfDocument:
    try:
        document = pdfium.PdfDocument(data)
        pages = len(document)
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) == raw.FPDF_ERR_PASSWORD or "password" in str(error).lower():
            reason = "is locked with a password. Save it without one and add that."
        elif getattr(error, "err_code", None) == raw.FPDF_ERR_SECURITY:
            reason = "is encrypted in a way that can't be read. Save it without a password."
        else:
            reason = f"is a PDF that can't be read ({error}). Save it anew."
        raise SourceError(str(path), reason) from error
    if not pages or pages > MAX_PAGES:
        document.close()
        reason = (
            f"has more than {MAX_PAGES:,} pages. Split it up."
            if pages
            else "is a PDF that can't be read: no pages."
        )
        raise SourceError(str(path), reason)
    if document.get_formtype() != raw.FORMTYPE_NONE:
        document.init_forms()
    return document


def _read(document: pdfium.PdfDocument, path: Path) -> _Read:
    """Return every page's lines. One page at a time is open: a book of pictures takes only the memory of its
    largest.
    """
    read = _Read()
    ocr = can_read_pictures()
    for place in range(len(document)):
        try:
            page = document[place]
        except pdfium.PdfiumError:
            read.pages.append((1.0, []))
            continue
        try:
            found = read_page(page, place + 1)
            read.letters += found.letters
            read.unknown += found.unknown
            read.pages.append((found.height, lines_of(found.runs, place + 1, found.width) if found.runs else []))
            read.extra += fields_of(document, page, place + 1)
            if not found.letters and _has_picture(page):
                read.pictures.append(place + 1)
                if ocr and len(read.pictures) <= _MAX_PICTURES:
                    read.extra += [Block(text, place + 1) for text in text_of_picture(page)]
        finally:
            page.close()
    return read


def _has_picture(page: pdfium.PdfPage) -> bool:
    return next(iter(page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=2)), None) is not None


def _scanned(read: _Read) -> tuple[str, ...]:
    """Return what is said of pages that are pictures, in a file that has text too."""
    if not read.pictures or (can_read_pictures() and len(read.pictures) <= _MAX_PICTURES):
        return ()
    named = ", ".join(map(str, read.pictures[:_NAMED])) + (" …" if len(read.pictures) > _NAMED else "")
    noun = "page" if len(read.pictures) == 1 else "pages"
    return (
        f"has pictures without text on {noun} {named}: these were left out. Run a text recognition (OCR) over it.",
    )


def _nothing(read: _Read) -> str:
    if read.pictures and not can_read_pictures():
        return (
            "has no text, only pictures of it: it was scanned. Install tesseract, or run a text recognition (OCR)"
            " over it first."
        )
    return "has no text, only pictures. Run a text recognition (OCR) over it first."


def _first_title(pages: list[list[list[Line]]], size: float) -> tuple[str | None, list[list[list[Line]]]]:
    """Return the title, set largest on the first page and larger than the text, and the pages without it."""
    first = [line for column in (pages[0] if pages else []) for line in column]
    sizes = [line.size for line in first if len(line.text) > 1 and any(map(str.isalpha, line.text))]
    least = max([_LARGER * size, *(one / _LARGER for one in sizes)])
    begin = next((place for place, line in enumerate(first) if line.size > least), None)
    if begin is None:
        return None, pages
    below = takewhile(lambda line: line.size > least and not _FIRST_SECTION.match(line.text), first[begin + 1 :])
    taken = [first[begin], *below]
    title = " ".join(line.text for line in taken)
    if len(title) > _LONGEST_TITLE or not any(map(str.isalpha, title)):
        return None, pages
    drop = set(map(id, taken))
    rest = [[line for line in column if id(line) not in drop] for column in pages[0]]
    return title, [rest, *pages[1:]]


_LONGEST_TITLE = 300
_FIRST_SECTION = re.compile(r"1\.?\s+[^\W\d_]")
"""The first section's heading, which may be set like the title above it."""


def _title(document: pdfium.PdfDocument) -> str | None:
    """Return the title that the file states, unless it is a program's own name for it."""
    words = " ".join(document.get_metadata_value("Title").split())
    return words if words and not _PROGRAM.search(words) and len(words) <= _LONGEST_TITLE else None
