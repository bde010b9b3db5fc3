"""Paragraphs and sentences: where they begin and end."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise

import sentencex

from embeddings.text.language import is_common, language_of

_BLANK_LINE = re.compile(r"\n[^\S\n]*\n\s*")
_ORDINAL, _ORDINAL_LENGTH = re.compile(r"(?<![\w.,])\d{1,2}\.\Z"), 4
_BEGINS_GERMAN = re.compile(
    r"(?:Er|Sie|Es|Wir|Ich|Ihre?|Man|Da|Dann|Doch|Aber|So|Nun|Auch|Alle|Jede|Bitte|Ja|Nein|Hier|Dort|Heute|Morgen"
    r"|Seine?|Dies|Danach)\b"
)
"""Words that begin a sentence after a number more often than they go on with an ordinal."""

_GERMAN_MONTH = re.compile(r"(?:Januar|Februar|März|Mai|Juni|Juli|Oktober|Dezember)\b")
_MARKED = re.compile(
    r"\s*(?:([-–—•*▪◦‣·]\s)|(\(?(?:\d{1,3}|[a-z])[.)]\s)|(\[\d|\d{1,4}[./-]\d{1,2}[./-]\d{1,4},?\s"
    r"|\d{1,2}:\d{2}(?::\d{2})?\s[^:\n]{1,40}:\s)|([A-ZÀ-Þ][^:\n]{0,40}:\s))"
)
"""How a line begins that is an item of its own: a bullet, a number, a time as chats print it, a label."""

_ENDED = re.compile(r"[.!?:;…。！？][\"'”’)\]]*\s*\Z")
"""How a line ends that the next one doesn't go on with."""

_ITEM = 80
"""The most characters of a list item that nothing marks."""

_NARROW, _FULL = 45, 0.75
"""A wrapped text has lines longer than this, and all but the last fill this share of the longest."""

_GOES_ON = (",", "-", "–", "—", "­")
_MIN_LINES, _MIN_ITEMS = 2, 3


def paragraphs(text: str) -> list[str]:
    """Return the parts of `text` between blank lines, each verbatim but for white space around it."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    return [part.strip() for part in _BLANK_LINE.split(unified) if part.strip()]


def sentences(paragraph: str) -> list[tuple[int, int]]:
    """Return the sentences of a paragraph as offsets `(start, end)`, without white space around them, in order.

    A paragraph with a visible character has at least one sentence. Lines that are items of a list, or messages of
    a chat, are sentences of their own; lines that are wrapped are not.
    """
    found = [(one["start_index"], one["end_index"]) for one in sentencex.get_sentence_boundaries("en", paragraph)]
    spans = []
    for begin, stop in _by_line(paragraph, _with_ordinals(paragraph, found)):
        start, end = _trimmed(paragraph, begin, stop)
        if start < end:
            spans.append((start, end))
    return spans or [_trimmed(paragraph, 0, len(paragraph))]


def _with_ordinals(text: str, spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the spans, those joined between which German writes an ordinal: "bis zum 15. August"."""
    before: tuple[int, int] | None = None
    for start, end in spans:
        if before is not None and _is_ordinal(text, text[slice(*before)].rstrip(), text[start:end].lstrip()):
            before = before[0], end
            continue
        if before is not None:
            yield before
        before = start, end
    if before is not None:
        yield before


def _is_ordinal(text: str, said: str, follows: str) -> bool:
    """Return whether the full stop at the end of `said` belongs to a number that `follows` goes on with."""
    if not said[-2:-1].isdigit() or not _ORDINAL.search(said[-_ORDINAL_LENGTH:]):
        return False
    word = None if _BEGINS_GERMAN.match(follows) else re.match(r"[^\W\d_]+", follows)
    is_noun = word is not None and language_of(text) == "de" and not is_common(word[0], "de")
    return is_noun or bool(_GERMAN_MONTH.match(follows))


def _by_line(text: str, spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the spans, parted where a line begins that is an item of its own."""
    begins = item_starts(text)
    for start, end in spans:
        yield from pairwise([start, *begins[bisect_right(begins, start) : bisect_left(begins, end)], end])


def item_starts(text: str) -> list[int]:
    """Return where lines of a paragraph begin that are items of a list or messages of a chat, after the first.

    A mark counts where another line has one of its kind, or where the line before has ended: text that is wrapped
    may have "12." or a dash at the beginning of a line.
    """
    lines = text.split("\n")
    if len(lines) < _MIN_LINES:
        return []
    kinds = [mark.lastindex if (mark := _MARKED.match(line)) else None for line in lines]
    often = Counter(kinds)
    is_list, starts, place = _is_list(lines), [], 0
    for (line, following), kind in zip(pairwise(lines), kinds[1:], strict=True):
        place += len(line) + 1
        is_item = kind is not None and (often[kind] > 1 or bool(_ENDED.search(line)))
        if is_list or (is_item and following.strip()):
            starts.append(place)
    return starts


def _is_list(lines: list[str]) -> bool:
    """Return whether short lines that nothing marks are items: they begin alike, and none fills up a column."""
    items = [line.strip() for line in lines if line.strip()]
    is_introduced = bool(items) and items[0].endswith(":")
    items = items[is_introduced:]
    lengths = [len(one) for one in items]
    if (
        len(items) < (_MIN_LINES if is_introduced else _MIN_ITEMS)
        or max(lengths) > _ITEM
        or any(one.endswith(_GOES_ON) for one in items[:-1])
    ):
        return False
    is_filled = len(items) == _MIN_LINES or min(lengths[:-1]) >= _FULL * max(lengths)
    if max(lengths) > _NARROW and is_filled:
        return False
    return len({one[0].islower() for one in items}) == 1


def storable(text: str) -> str:
    """Return the text without what no database keeps: NUL, and halves of characters."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
