"""Slides (.pptx, through python-pptx): each under its title, with its tables and its notes."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from embeddings.errors import SourceError
from embeddings.ingest.blocks import Block, Heading, Item, Table
from embeddings.ingest.office.archive import facts, opened, part
from embeddings.ingest.office.word import article
from embeddings.types import Article

MAX_SLIDES = 2_000
_DEPTH = 8


def read_pptx(data: bytes, path: Path) -> Article:
    """Return the article in a presentation. Its title is the stated one, else the first slide's."""
    from pptx import Presentation

    with opened(data, path, ".pptx") as archive:
        if not part(archive, "ppt/presentation.xml"):
            raise SourceError(str(path), "is no .pptx file, whatever its name says. Save it anew as .pptx.")
        stated = facts(part(archive, "docProps/core.xml"))
    blocks: list[Block] = []
    first: str | None = None
    for number, slide in enumerate(Presentation(BytesIO(data)).slides, start=1):
        if number > MAX_SLIDES:
            break
        label = f"slide {number}"
        title = slide.shapes.title
        words = " ".join(title.text_frame.text.split()) if title is not None and title.has_text_frame else ""
        first = first or words or None
        blocks.append(Heading(words or label, number, label))
        for shape in _in_order(slide.shapes):
            if title is not None and shape.shape_id == title.shape_id:
                continue
            blocks += _shape(shape, number, label)
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            notes = slide.notes_slide.notes_text_frame.text
            blocks += [Block(line.strip(), number, label) for line in notes.splitlines() if line.strip()]
    return article(blocks, path, stated, stated.title or first)


def _in_order(shapes: Any, depth: int = 0) -> Iterator[Any]:
    """Yield the shapes, those of groups among them, as people read: from top to bottom, then from left
    to right.
    """
    for shape in sorted(shapes, key=lambda one: ((one.top or 0) // 200_000, one.left or 0)):
        if hasattr(shape, "shapes") and depth < _DEPTH:
            yield from _in_order(shape.shapes, depth + 1)
        else:
            yield shape


def _shape(shape: Any, number: int, label: str) -> Iterator[Block]:
    if getattr(shape, "has_table", False):
        rows = tuple(tuple(" ".join(cell.text.split()) for cell in row.cells) for row in shape.table.rows)
        yield Table("", number, label, rows=rows, heads=1 if shape.table.first_row else None)
    elif shape.has_text_frame:
        for paragraph in shape.text_frame.paragraphs:
            text = " ".join("".join(run.text for run in paragraph.runs).split()) or " ".join(
                paragraph.text.split()
            )
            if text:
                yield Item(text, number, label, group=shape.shape_id + 1_000_000 * number)
