"""PDF files: the lines of each page put together to paragraphs, with the page on which each begins."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import pairwise, takewhile
from pathlib import Path
from statistics import median
from typing import Any

from pypdf import PageObject, PdfReader
from pypdf.errors import DependencyError, PyPdfError

from embeddings.errors import SourceError
from embeddings.ingest.plain import file_name, title_from_name
from embeddings.text.sentences import storable
from embeddings.types import Article, Paragraph

MAX_BYTES = 100_000_000
"""The most that a PDF file on disk may have; most of it is pictures."""

MAX_PAGES = 10_000

_BROKEN = (
    PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, NotImplementedError
)  # fmt: skip

_APART, _LARGER = 1.35, 1.15
_SHORT, _HEADING_WORDS = 0.75, 14
_ENDS = re.compile(r"[.!?…:;。！？][\"”’»)\]]*$")
_HYPHENATED = re.compile(r"(?<=[^\W\d_])-$")
_PAGE_EDGE, _OFTEN = 2, 0.4
_FEW_PAGES = 3
_DIGITS = re.compile(r"\d+")
logging.getLogger("pypdf").setLevel(
    logging.CRITICAL
)  # what it complains of is read all the same, or told as an error


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a page: `y` in points from the bottom, `size` that of its letters, `left` where it begins."""

    text: str
    y: float
    size: float
    left: float
    page: int


def is_pdf(data: bytes) -> bool:
    """Whether the bytes are those of a PDF file."""
    return b"%PDF-" in data[:1024]


def read_pdf(data: bytes, path: Path) -> Article:
    """The article in a PDF. Raises `SourceError` for a broken or locked file and for one without text."""
    try:
        reader = PdfReader(BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise SourceError(str(path), "is locked with a password. Save it without one and add that.")
        if len(reader.pages) > MAX_PAGES:
            raise SourceError(str(path), f"has more than {MAX_PAGES:,} pages. Split it up.")
        pages = [_lines(page, number) for number, page in enumerate(reader.pages, start=1)]
        stated = _title(reader)
    except DependencyError as error:
        raise SourceError(
            str(path), "is encrypted in a way that can't be read. Save it without a password."
        ) from error
    except _BROKEN as error:
        raise SourceError(str(path), f"is a PDF that can't be read ({error}). Save it anew.") from error
    lines = _without_edges(pages)
    if not lines:
        raise SourceError(str(path), "has no text, only pictures. Run a text recognition (OCR) over it first.")
    body_size = _body_size(lines)
    title, lines = (stated, lines) if stated else _first_title(lines, body_size)
    body = tuple(_paragraphs(lines, body_size))
    if not body:
        raise SourceError(str(path), "has no paragraph, only single lines.")
    return Article(
        title=title or title_from_name(path), paragraphs=body, name=file_name(path), origin=path.resolve().as_uri()
    )


def _lines(page: PageObject, number: int) -> list[_Line]:
    """The lines of a page in reading order; what stands on one height is one line."""
    parts: list[_Line] = []

    def visit(text: str, matrix: Any, at: Any, _font: Any, size: float | None) -> None:
        if not text.strip():
            if parts and text and text.strip("\n") != "":
                parts[-1] = replace(parts[-1], text=parts[-1].text + " ")
            return
        y = at[5] * matrix[3] + matrix[5]
        left = at[4] * matrix[0] + matrix[4]
        scaled = (size or 1.0) * (abs(at[3]) or 1.0) * (abs(matrix[3]) or 1.0)
        for offset, line in enumerate(text.strip("\n").split("\n")):
            parts.append(_Line(storable(line), y - offset * scaled * 1.2, scaled, left, number))

    page.extract_text(visitor_text=visit)
    return [line for line in _joined(parts) if line.text]


def _joined(parts: Sequence[_Line]) -> Iterator[_Line]:
    """Parts of one height put together."""
    current: _Line | None = None
    for part in parts:
        if current is not None and abs(part.y - current.y) < 0.3 * max(part.size, current.size):
            current = replace(current, text=current.text + part.text, size=max(current.size, part.size))
            continue
        if current is not None:
            yield replace(current, text=" ".join(current.text.split()))
        current = part
    if current is not None:
        yield replace(current, text=" ".join(current.text.split()))


def _without_edges(pages: Sequence[Sequence[_Line]]) -> list[_Line]:
    """All lines but running heads, feet and page numbers: what stands at the edge of many pages, digits aside."""
    if len(pages) < _FEW_PAGES:
        return [line for page in pages for line in page if not line.text.isdecimal()]
    edges = Counter(key for page in pages for key in {_edge_key(page[i]) for i in _edge(page)})
    least = max(_FEW_PAGES, _OFTEN * len(pages))
    return [
        line
        for page in pages
        for number, line in enumerate(page)
        if number not in _edge(page) or edges[_edge_key(line)] < least
    ]


def _edge(page: Sequence[_Line]) -> set[int]:
    count = len(page)
    return {*range(min(_PAGE_EDGE, count)), *range(max(0, count - _PAGE_EDGE), count)}


def _edge_key(line: _Line) -> str:
    return _DIGITS.sub("0", line.text.casefold())


def _body_size(lines: Sequence[_Line]) -> float:
    """The size of the letters that most of the text is set in."""
    letters: Counter[float] = Counter()
    for line in lines:
        letters[round(line.size, 1)] += len(line.text)
    return letters.most_common(1)[0][0]


def _first_title(lines: list[_Line], body_size: float) -> tuple[str | None, list[_Line]]:
    """The title, set largest on the first page and larger than the text, and the other lines."""
    first = [line for line in lines if line.page == 1]
    sizes = [line.size for line in first if len(line.text) > 1 and any(map(str.isalpha, line.text))]
    least = max([_LARGER * body_size, *(size / _LARGER for size in sizes)])
    begin = next((number for number, line in enumerate(first) if line.size > least), None)
    if begin is None:
        return None, lines
    end = begin + sum(1 for _ in takewhile(lambda line: line.size > least, first[begin:]))
    return " ".join(line.text for line in first[begin:end]), lines[:begin] + lines[end:]


def _paragraphs(lines: Sequence[_Line], body_size: float) -> Iterator[Paragraph]:
    heading: str | None = None
    for block in _blocks(lines):
        text = _text(block)
        if _is_heading(block, text, body_size):
            heading = text
        else:
            yield Paragraph(text, heading, block[0].page)


def _blocks(lines: Sequence[_Line]) -> Iterator[list[_Line]]:
    """Lines that belong to one paragraph. One that goes on over a page's end is one."""
    gaps = [a.y - b.y for a, b in pairwise(lines) if a.page == b.page and a.y - b.y > 0]
    usual = median(gaps) if gaps else 0.0
    longest = sorted(len(line.text) for line in lines)[int(0.9 * (len(lines) - 1))]
    block: list[_Line] = []
    for line in lines:
        if block and _begins_anew(block[-1], line, usual, longest):
            yield block
            block = []
        block.append(line)
    if block:
        yield block


def _begins_anew(last: _Line, line: _Line, usual: float, longest: int) -> bool:
    if abs(last.size - line.size) > 0.1 * max(last.size, line.size):
        return True
    ended = bool(_ENDS.search(last.text))
    if last.page != line.page or last.y <= line.y:  # another page, or another column
        return (ended and (len(last.text) < _SHORT * longest or line.text[:1].isupper())) or line.text[:1] in "•–*"
    if last.y - line.y > _APART * usual:
        return True
    indented = line.left - last.left > 0.8 * line.size and ended
    return indented or line.text[:1] in "•▪‣" or (ended and len(last.text) < _SHORT * longest)


def _text(block: Sequence[_Line]) -> str:
    """The lines as one text; a word that was parted at a line's end is put together again."""
    text = ""
    for line in block:
        if _HYPHENATED.search(text) and line.text[:1].islower():
            text = text[:-1] + line.text
        else:
            text = f"{text} {line.text}" if text else line.text
    return text


def _is_heading(block: Sequence[_Line], text: str, body_size: float) -> bool:
    if _ENDS.search(text) or len(text.split()) > _HEADING_WORDS:
        return False
    return block[0].size > 1.05 * body_size or (len(block) == 1 and text[-1:] != "," and text[:1].isupper())


def _title(reader: PdfReader) -> str | None:
    """The title that the file states, unless it is a program's own name for it."""
    stated = (reader.metadata.title if reader.metadata else None) or ""
    words = " ".join(str(stated).split())
    is_name = re.search(r"(?:\.\w{2,4}$|^(?:microsoft word|untitled|document\d*|slide 1)\b)", words, re.IGNORECASE)
    return words if words and not is_name else None
