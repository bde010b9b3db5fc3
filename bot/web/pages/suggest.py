"""What may be meant by the words that somebody is typing: titles of articles they see."""

from __future__ import annotations

import re

from starlette.responses import JSONResponse, Response

from bot.web.access.callers import Shelf

_MOST, _WORDS, _LEAST = 8, 8, 2
_WORD = re.compile(r"\w+")


def suggested(shelf: Shelf, typed: str) -> list[str]:
    """Return titles with words that begin like each of the typed ones, newest first; none for less than two
    letters.
    """
    words = [word.casefold() for word in _WORD.findall(typed)][-_WORDS:]
    if not words or len(words[-1]) < _LEAST:
        return []
    fitting = [title for title in shelf.titles(words) if _begins(title, words)]
    return list(dict.fromkeys(fitting))[:_MOST]


def answer(shelf: Shelf, typed: str) -> Response:
    """Return them as JSON."""
    return JSONResponse({"suggestions": suggested(shelf, typed)})


def _begins(title: str, words: list[str]) -> bool:
    there = [word.casefold() for word in _WORD.findall(title)]
    return all(any(one.startswith(word) for one in there) for word in words)
