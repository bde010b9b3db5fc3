"""What a person typed, when it is a subject rather than a question: a topic, or "what's new?"."""

from __future__ import annotations

import re


def topic_of(text: str) -> str | None:
    """Return the subject in "topic Alibaba"; empty for "topic" alone, `None` for anything else."""
    found = re.match(r"topic(?:\s*:\s*|\s+|$)(.*)", text, re.IGNORECASE)
    return found[1].strip() if found else None


_NEWS = re.compile(
    r"^\s*(?:(?:so|and|please|tell me|show me|give me|is there)\s+)*"
    r"(?:what(?:'s|’s| is| was| has| have)?(?: been)?(?: the)?"
    r" (?:new|news|latest(?: news)?|happened|happening|going on|reported|changed|in the news)"
    r"|(?:(?:any|the|some|is there any(?:thing)?|anything)\s+)?(?:(?:latest|recent|new|top|breaking)\s+)*"
    r"(?:news|new|latest|updates?|headlines)|bring me up to (?:date|speed)|catch me up|what did i miss)"
    r"(?:\s+(?:on|about|with|around|regarding|for)\s+(?P<subject>[^?!.]+))?\s*[?!.]*\s*$",
    re.IGNORECASE,
)
_NEWS_WORD = re.compile(
    r"\b(?:new|news|latest|happen(?:ed|ing)|going on|reported|changed|updates?|headlines|up to|catch me up"
    r"|miss)\b",
    re.IGNORECASE,
)


def view_of(text: str) -> str | None:
    """Return the subject of a question for what is new ("what's new on climate?"), empty for all that is new.

    `None` for any other question. The period that it names counts apart (`search.reading`).
    """
    from datetime import UTC, datetime

    from embeddings.text.periods import read_period

    if not _NEWS_WORD.search(text):
        return None  # reading a period takes a while
    try:
        bare = read_period(text, datetime.now(UTC)).text
    except OverflowError:
        return None
    found = _NEWS.match(bare)
    return (found["subject"] or "").strip() if found else None
