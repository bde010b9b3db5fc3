"""Plain text files: finding the title, the headings and the paragraphs where nothing marks them."""

from __future__ import annotations

import os
import re
from itertools import pairwise
from pathlib import Path
from textwrap import dedent

from embeddings.errors import SourceError
from embeddings.ingest.tables import Row, explained
from embeddings.text.language import is_word, language_of
from embeddings.text.sentences import item_starts, paragraphs
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

_NUMBERED = re.compile(
    r"(?:\(?(?:\d{1,2}(?:\.\d{1,2})*|[A-Z]|[IVX]{1,5})[.)]|§\s?\d+\w?|\d{1,2}(?:\.\d{1,2})+)\s+\S"
)
_SECTION = re.compile(r"(?i:article|section|clause|artikel|abschnitt|anlage|annex)\s+(?:\d+|[IVX]+)\b")
_ITEM = re.compile(r"\s*(?:[-–—•*▪◦‣·]\s|\(?(?:\d{1,3}|[a-z])[.)]\s)")
_LABELLED = re.compile(r"[A-ZÀ-Þ][\w-]*(?: [\w-]+){0,2}:\s")
_DATE_LINE = re.compile(
    r"(?:[^,\d]{2,40},\s*)?(?:(?:den|le|the|am|el|on)\s+)?\d{1,2}(?:er|st|nd|rd|th|\.)?\s+(?:(?:of|de)\s+)?"
    r"[^\W\d]{3,}\.?,?\s+(?:de\s+)?\d{4}",
    re.IGNORECASE,
)
"""The line of a letter that says where and when it was written."""

_PAGE_NUMBER = re.compile(
    r"[-–—]\s*\d{1,4}\s*[-–—]|(?:page|seite|pag\.|p\.|s\.)\s*\d{1,4}(?:\s*(?:of|/|von|sur|de)\s*\d{1,4})?",
    re.IGNORECASE,
)
_UNDERLINED = re.compile(r"^(?<!\S\n)(\S[^\n]{0,80})\n(={3,}|-{3,}|~{3,})[ \t]*$", re.MULTILINE)
_GAP, _ROWS, _CELLS, _CELL = re.compile(r"\t+| {2,}"), 3, 3, 60
"""What parts the columns of a table in plain text, how many lines and cells show one, and the longest cell."""

_MESSAGE = re.compile(
    r"^[\u200e\u202a]?(?:\[[^\]\n]{0,20}\d:\d\d[^\]\n]{0,6}\]"
    r"|\d{1,4}[./-]\d{1,2}[./-]\d{1,4},?\s+\d{1,2}:\d{2}|\d{1,2}:\d{2}(?::\d{2})?\s[^:\n]{1,40}:\s)",
    re.MULTILINE,
)
"""How a message begins in what chats write to a file: with its time, and mostly its day."""

_MESSAGES, _LONG = 3, 1_500
"""How many messages show a chat, and how long a list is before each of its items is a paragraph."""

_BROKEN_WORD = re.compile(r"(?<![^\W\d_])([^\W\d_]++)[-\u00ad\u2010]\n[ \t]*+([^\W\d_]++)(\S*)")
_HALF, _FEW_LETTERS = 2, 4


def read_plain(text: str, path: Path) -> Article:
    """Return the article in a text file. Its title is the first line that reads like one, else the file's name."""
    title, blocks = split_title(_blocks(_UNDERLINED.sub(_parted, text.replace("\r\n", "\n"))))
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
    """Paragraphs with the heading above each: a short line without a full stop, followed by a paragraph.

    Numbered lines, or lines in capitals, are headings right above their text too, if there are several. A line
    that begins with a label of its own ("Next meeting: …") belongs under no such heading. Page numbers and what a
    scanner made of specks are left out.
    """
    body: list[Paragraph] = []
    heading: str | None = None
    is_numbered = False
    blocks = [block for block in blocks if not _is_noise(block)]
    are_headed = sum(_headed(block)[0] is not None for block in blocks) > 1  # one alone is a dateline, or a step
    for number, block in enumerate(blocks):
        if number + 1 < len(blocks) and _is_heading(block) and not _is_short(blocks[number + 1]):
            heading, is_numbered = block, False
            continue
        above, text = _headed(block) if are_headed else (None, block)
        if above:
            heading, is_numbered = above, True
        elif is_numbered and _LABELLED.match(text):
            heading = None
        rows = _rows(text)
        body += (
            [Paragraph(row, heading, table=True) for _, row in explained(rows, None)]
            if rows
            else [Paragraph(_unbroken(one), heading) for one in _points(text)]
        )
    return tuple(body)


def _parted(found: re.Match[str]) -> str:
    """Return a line that is underlined as a block of its own: it is a heading; other rules stay as they are."""
    line = found[1].rstrip()
    is_heading = _is_heading(line) and not _GAP.search(line) and len(found[2]) * _HALF >= len(line)
    return f"\n{line}\n" if is_heading else found[0]


def _rows(block: str) -> list[Row]:
    """Return the rows of a table whose columns are parted by tabs, or set below each other with blanks; none where
    the block is no table.
    """
    lines = [line for line in block.split("\n") if line.strip(" \t-=_+|")]
    rows = [tuple(cell.strip() for cell in _GAP.split(line.strip())) for line in lines]
    width = len(rows[0]) if rows else 0
    is_even = len(rows) >= _ROWS and width >= _CELLS and all(len(row) == width for row in rows)
    return rows if is_even and all(len(cell) <= _CELL for row in rows for cell in row) else []


def _headed(block: str) -> tuple[str | None, str]:
    """Return the heading in a block's first line, if it has one right above its text, and the text."""
    head, _, tail = block.partition("\n")
    follows = tail.lstrip()
    is_marked = bool(_NUMBERED.match(head) or _SECTION.match(head)) or (head.isupper() and len(head) > _KEYWORDS)
    is_list = bool(_ITEM.match(tail))
    is_text = is_list or (bool(_ENDS_SENTENCE.search(tail)) and not follows[:1].islower())
    if is_marked and is_text and not _NUMBERED.match(follows) and _is_heading(head.strip()):
        return head.strip(), dedent(tail).strip()
    return None, block


def _points(block: str) -> list[str]:
    """Return the messages of a chat, the items of a long list, or the block itself."""
    stamps = [one.start() for one in _MESSAGE.finditer(block)]
    is_chat = len(stamps) >= _MESSAGES and stamps[0] == 0
    starts = stamps[1:] if is_chat else item_starts(block) if len(block) > _LONG else []
    if len(starts) * _HALF < block.count("\n"):
        return [block]
    return [block[start:end].strip() for start, end in pairwise([0, *starts, len(block)])]


def _unbroken(text: str) -> str:
    """Return the text, words that a line's end breaks in two whole again where the dictionary knows them."""
    if not _BROKEN_WORD.search(text):
        return text
    language = language_of(text)

    def whole(found: re.Match[str]) -> str:
        word = found[1] + found[2]
        is_one = found[2][0].islower() and is_word(word.casefold(), language)
        return f"{word}{found[3]}\n" if is_one else found[0]

    return re.sub(r"\n[ \t]+", "\n", _BROKEN_WORD.sub(whole, text)).strip()


def _is_noise(block: str) -> bool:
    """Return whether a block is only a page's number, or signs without a figure and with hardly a letter."""
    if _PAGE_NUMBER.fullmatch(block):
        return True
    seen = [sign for sign in block if not sign.isspace()]
    is_plain = all(one.isascii() and not one.isdigit() for one in seen)
    return is_plain and sum(map(str.isalpha, seen)) * _FEW_LETTERS < len(seen)


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
    return _is_short(block) and not _DATE_LINE.fullmatch(block)


def _is_short(block: str) -> bool:
    return _is_line(block, _HEADING_WORDS, _HEADING_LENGTH) and not _ENDS_SENTENCE.search(block)


def _is_line(block: str, words: int, length: int) -> bool:
    return "\n" not in block and len(block) <= length and len(block.split()) <= words


def _is_keywords(block: str) -> bool:
    items = block.split(",")
    return "\n" not in block and len(items) > _KEYWORDS and all(len(i.split()) <= _KEYWORD_WORDS for i in items)
