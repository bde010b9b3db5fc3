"""Paragraphs and sentences: where they begin and end."""

from __future__ import annotations

import re

import sentencex

_BLANK_LINE = re.compile(r"\n[^\S\n]*\n\s*")


def paragraphs(text: str) -> list[str]:
    """Return the parts of `text` between blank lines, each verbatim but for white space around it."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    return [part.strip() for part in _BLANK_LINE.split(unified) if part.strip()]


def sentences(paragraph: str) -> list[tuple[int, int]]:
    """Return the sentences of a paragraph as offsets `(start, end)`, without white space around them, in order.

    A paragraph with a visible character has at least one sentence.
    """
    spans = []
    for boundary in sentencex.get_sentence_boundaries("en", paragraph):
        start, end = _trimmed(paragraph, boundary["start_index"], boundary["end_index"])
        if start < end:
            spans.append((start, end))
    return spans or [_trimmed(paragraph, 0, len(paragraph))]


def storable(text: str) -> str:
    """Return the text without what no database keeps: NUL, and halves of characters."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
