"""Plain text files: finding the title, the headings and the paragraphs where nothing marks them."""

from __future__ import annotations

import os
import re
from pathlib import Path

from embeddings.errors import SourceError
from embeddings.text.sentences import paragraphs
from embeddings.types import Article, Paragraph

_TITLE_WORDS = 25
_HEADING_WORDS = 8
_KEYWORDS = 3
_KEYWORD_WORDS = 3
_KEYWORD_LINES = 5
_LINE_IS_PARAGRAPH = 120
_WRAPPED = 0.8
_OPENING_QUOTES = '"“‘«'
_ENDS_SENTENCE = re.compile(r"[.!?…:;,。！？؟।][\"'”’)」』]*$")
_ENDS_STATEMENT = re.compile(r"[.…。！।][\"'”’)」』]*$")
_TITLE_LENGTH = 200
_HEADING_LENGTH = 80


def read_plain(text: str, path: Path) -> Article:
    """Return the article in a text file. Its title is the first line that reads like one, else the file's name."""
    title, blocks = split_title(_blocks(text))
    body = with_headings(blocks)
    if not body:
        raise SourceError(str(path), "has no paragraph below its title. Put the article's text into it.")
    return Article(
        title=title or title_from_name(path), paragraphs=body, name=file_name(path), origin=path.resolve().as_uri()
    )


def title_from_name(path: Path) -> str:
    """Return a readable title from a file's name: "wuzhen-2021.txt" becomes "wuzhen 2021"."""
    return re.sub(r"[-_\s]+", " ", file_name(path)).strip() or "untitled"


def file_name(path: Path) -> str:
    """Return a file's name without its ending; bytes that are no UTF-8 become "�", since they can't be stored."""
    return os.fsencode(path.stem).decode("utf-8", "replace")


def split_title(blocks: list[str]) -> tuple[str | None, list[str]]:
    """Return the title and the blocks after it.

    A line of keywords above the title is passed over, and the title's repetitions below it are dropped.
    The title is `None` when the text begins with its first paragraph.
    """
    start = 1 if len(blocks) > 1 and _is_keywords(blocks[0]) and _is_title(blocks[1]) else 0
    if start >= len(blocks) or not _is_title(blocks[start]):
        return None, blocks
    title = blocks[start]
    rest = blocks[start + 1 :]
    while rest and rest[0].casefold() == title.casefold():
        rest = rest[1:]
    return title, rest


def with_headings(blocks: list[str]) -> tuple[Paragraph, ...]:
    """Paragraphs with the heading above each: a short line without a full stop, followed by a paragraph."""
    body: list[Paragraph] = []
    heading: str | None = None
    for number, block in enumerate(blocks):
        if number + 1 < len(blocks) and _is_heading(block) and not _is_heading(blocks[number + 1]):
            heading = block
        else:
            body.append(Paragraph(block, heading))
    return tuple(body)


def _blocks(text: str) -> list[str]:
    """Blocks between blank lines; in a text without any, long lines are paragraphs of their own."""
    blocks = paragraphs(text)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(blocks) == 1 and len(lines) > 1 and sorted(map(len, lines))[len(lines) // 2] >= _LINE_IS_PARAGRAPH:
        return lines
    if blocks and (lines := _leading_lines(blocks[0])):
        return [*lines, *blocks[1:]]
    return blocks


def _leading_lines(block: str) -> list[str]:
    """Return a first block in which keywords or a title are right above the text, parted; else nothing.

    A wrapped paragraph is known by its second line: it goes on in lower case, or the lines are about equally long.
    """
    leading: list[str] = []
    head, _, tail = block.partition("\n")
    while tail and _is_keywords(head) and len(leading) < _KEYWORD_LINES:
        leading.append(head.strip())
        block = tail
        head, _, tail = block.partition("\n")
    parted = _title_line(head, tail)
    return [*leading, *(parted or ([block.strip()] if leading else []))]


def _title_line(head: str, tail: str) -> list[str]:
    if not tail:
        return []
    longest = max(len(line) for line in tail.splitlines())
    wrapped = not tail.lstrip()[:1].isupper() and tail.lstrip()[:1] not in _OPENING_QUOTES
    if not _is_title(head) or wrapped or ("\n" in tail and len(head) > _WRAPPED * longest):
        return []
    return [head.strip(), tail.strip()]


def _is_title(block: str) -> bool:
    return _is_line(block, _TITLE_WORDS, _TITLE_LENGTH) and not _ENDS_STATEMENT.search(block)


def _is_heading(block: str) -> bool:
    return _is_line(block, _HEADING_WORDS, _HEADING_LENGTH) and not _ENDS_SENTENCE.search(block)


def _is_line(block: str, words: int, length: int) -> bool:
    return "\n" not in block and len(block) <= length and len(block.split()) <= words


def _is_keywords(block: str) -> bool:
    items = block.split(",")
    return "\n" not in block and len(items) > _KEYWORDS and all(len(i.split()) <= _KEYWORD_WORDS for i in items)
