"""What a person typed, when it is no question to the articles: a greeting, thanks, a topic, or "what's new?"."""

from __future__ import annotations

import re

_GREETINGS = frozenset("hi hello hey hiya howdy good morning afternoon evening day greetings yo".split())

_THANKS = frozenset(
    "thanks thank you thx ty cheers great cool perfect nice awesome ok okay much very so a lot".split()
)

_FILLERS = frozenset("topicbot bot there all everyone team again again".split())

_CORE = {
    "hello": _GREETINGS - {"good", "day"},
    "thanks": frozenset("thanks thank thx ty cheers".split()),
}

_LONGEST_GREETING = 6


def greeting(text: str) -> str | None:
    """ "hello" for a greeting, "thanks" for thanks, `None` for anything else."""
    words = re.findall(r"\w+", re.sub(r":[^\s:]+:", " ", text.casefold()).replace("good day", "hello"))
    if not words or len(words) > _LONGEST_GREETING:
        return None
    for kind, allowed in (("hello", _GREETINGS), ("thanks", _THANKS)):
        if _CORE[kind] & set(words) and all(word in allowed | _FILLERS for word in words):
            return kind
    return None


def topic_of(text: str) -> str | None:
    """Return the subject in "topic Alibaba"; empty for "topic" alone, `None` for anything else."""
    found = re.match(r"topic(?:\s*:\s*|\s+|$)(.*)", text, re.IGNORECASE)
    return found[1].strip() if found else None


_NEWS = re.compile(
    r"^\s*(?:(?:so|and|please|tell me|show me)\s+)*"
    r"(?:what(?:'s|’s| is| was| has| have)?(?: been)?"
    r" (?:new|happened|happening|going on|reported|changed|in the news)"
    r"|(?:any|the|is there any(?:thing)?)? ?(?:latest )?(?:news|new))"
    r"(?:\s+(?:on|about|with|around|regarding|for)\s+(?P<subject>[^?!.]+))?\s*[?!.]*\s*$",
    re.IGNORECASE,
)


def view_of(text: str) -> str | None:
    """Return the subject of a question for what is new ("what's new on climate?"), empty for all that is new.

    `None` for any other question. The period that it names counts apart (`search.reading`).
    """
    from datetime import UTC, datetime

    from embeddings.text.periods import read_period

    try:
        bare = read_period(text, datetime.now(UTC)).text
    except OverflowError:
        return None
    found = _NEWS.match(bare)
    return (found["subject"] or "").strip() if found else None
