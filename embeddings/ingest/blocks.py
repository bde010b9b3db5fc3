"""The model that every format is read into: headings, text, list items and tables, in reading order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from embeddings.ingest.tables import Row, explained
from embeddings.types import PATH_SEPARATOR, Paragraph

SHORT_ITEM = 80
"""A list whose items have at most this many characters stays in one paragraph …"""

SHORT_LIST = 1_500
"""… of at most this many."""

MAX_HEADING = 300
_INTRODUCES = re.compile(r"[:：]$")
_ENDS = re.compile(r"[.!?…。！？।؟][\"”’»)」』\]]*$")


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a document. `page` counts from 1 and `label` is what is printed on it, in paged formats."""

    text: str
    page: int | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Heading(Block):
    """A heading; 1 is the outermost level."""

    level: int = 1


@dataclass(frozen=True, slots=True)
class Item(Block):
    """One point of a list. Points with the same `group` belong to one list."""

    group: int = 0


@dataclass(frozen=True, slots=True)
class Table(Block):
    """A table as a grid of cells; `text` is its caption. The first `heads` rows name the columns.

    `heads` is `None` where the format doesn't say. `row_heads`: the first column names the rows.
    """

    rows: tuple[Row, ...] = ()
    heads: int | None = None
    row_heads: bool = False


def paragraphs_from(blocks: Iterable[Block], title: str | None = None) -> tuple[Paragraph, ...]:
    """Return the paragraphs of these blocks, each with the path of the headings above it.

    A heading that repeats the title is left out of the path. One with nothing below it is a paragraph itself. A
    short list stays together with the line that introduces it; each row of a table names its columns, and has
    the line right above the table as its heading.
    """
    return tuple(_paragraphs(_captioned(_joined_lists(_clean(blocks))), _key(title or "")))


def _clean(blocks: Iterable[Block]) -> Iterator[Block]:
    for block in blocks:
        if isinstance(block, Table):
            yield block
        elif block.text.strip():
            if isinstance(block, Heading):
                words = " ".join(block.text.split())
                yield replace(block, text=words) if len(words) <= MAX_HEADING else Block(words, block.page)
            else:
                yield replace(block, text=block.text.strip())


def _paragraphs(blocks: Sequence[Block], title: str) -> Iterator[Paragraph]:
    path: list[Heading] = []
    bare: Heading | None = None  # the heading that nothing has come below yet
    for block in blocks:
        if isinstance(block, Heading):
            if bare is not None and bare.level >= block.level:
                yield _as_text(bare, path, title)
            path = [one for one in path if one.level < block.level]
            path.append(block)
            bare = block
            continue
        if isinstance(block, Table):
            rows = list(_rows(block, path, title))
            bare = None if rows else bare
            yield from rows
            continue
        bare = None
        yield Paragraph(block.text, _path(path, title), block.page, label=block.label)
    if bare is not None:
        yield _as_text(bare, path, title)


def _as_text(bare: Heading, path: Sequence[Heading], title: str) -> Paragraph:
    """Return a heading without anything below: it is text of its own."""
    above = [one for one in path if one is not bare]
    return Paragraph(bare.text, _path(above, title), bare.page, label=bare.label)


def _rows(table: Table, path: Sequence[Heading], title: str) -> Iterator[Paragraph]:
    captioned = [*path, Heading(" ".join(table.text.split()))] if table.text.strip() else path
    for section, text in explained(table.rows, table.heads, row_heads=table.row_heads):
        above = [*captioned, Heading(section)] if section else captioned
        yield Paragraph(text, _path(above, title), table.page, table=True, label=table.label)


def _path(path: Sequence[Heading], title: str) -> str | None:
    names: list[str] = []
    for one in path:
        if _key(one.text) != title and (not names or names[-1] != one.text):
            names.append(one.text)
    return PATH_SEPARATOR.join(names) or None


def _key(text: str) -> str:
    return " ".join(text.split()).casefold()


def _joined_lists(blocks: Iterable[Block]) -> list[Block]:
    """Return the blocks, the points of each short list in one block together with the line that
    introduces them.
    """
    done: list[Block] = []
    items: list[Item] = []
    for block in blocks:
        if items and not (isinstance(block, Item) and block.group == items[0].group):
            done.extend(_list(items, done))
            items = []
        if isinstance(block, Item):
            items.append(block)
        else:
            done.append(block)
    done.extend(_list(items, done))
    return done


def _list(items: Sequence[Item], before: list[Block]) -> list[Block]:
    """Return the blocks that the list becomes; the line that introduces it is taken from those before."""
    total = sum(len(item.text) for item in items)
    if not items or total > SHORT_LIST or any(len(item.text) > SHORT_ITEM for item in items):
        return list(items)
    text = "\n".join(item.text for item in items)
    if before and introduces(before[-1]) and before[-1].page in (None, items[0].page):
        intro = before.pop()
        return [Block(f"{intro.text}\n{text}", intro.page, intro.label)]
    return [Block(text, items[0].page, items[0].label)]


def _captioned(blocks: Sequence[Block]) -> list[Block]:
    """Return the blocks, a short line without an end that is right above a table as the table's caption."""
    done: list[Block] = []
    for block in blocks:
        above = done[-1] if done else None
        if isinstance(block, Table) and above is not None and _is_caption(above, block):
            done[-1] = replace(block, text=above.text.rstrip(":："))
        else:
            done.append(block)
    return done


def _is_caption(line: Block, table: Table) -> bool:
    return (
        not table.text.strip()
        and bool(table.rows)
        and introduces(line)
        and len(line.text) <= SHORT_ITEM
        and "\n" not in line.text
        and any(map(str.isalpha, line.text))
        and line.page is None  # on a page with places of its own, a line above may be anything
    )


def introduces(block: Block) -> bool:
    """Return whether a list below belongs to this line: it ends in a colon, or without an end."""
    if isinstance(block, Heading | Item | Table):
        return False
    return bool(_INTRODUCES.search(block.text)) or not _ENDS.search(block.text)


def one_line(text: str) -> str:
    """Return the words on one line, but lines that are short on purpose, as in an address or a poem,
    as they are.
    """
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    kept = len(lines) >= _LINES and all(len(line) <= SHORT_ITEM // 2 for line in lines)
    return "\n".join(lines) if kept else " ".join(lines)


_LINES = 3
