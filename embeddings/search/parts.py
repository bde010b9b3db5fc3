"""Questions that ask for two things: each part gets a passage of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from embeddings.search.follow_up import readings, subject
from embeddings.search.question import MAX_LENGTH
from embeddings.text.terms import terms
from embeddings.types import Answer, Passage

_MOST = 5
_ASKS = r"(?:when|who|whom|whose|where|why|how|what|which)\b"
_TWO_QUESTIONS = re.compile(
    rf"(?P<first>(?:(?:in|at|on|for|to|by|from)\s+)?(?:{_ASKS}|(?:is|are|was|were|do|does|did|can|has|have)\b).+?)"
    rf",?\s+(?:and|but)\s+(?:also\s+)?(?P<second>(?:(?:in|at|on|for|to|by|from)\s+)?{_ASKS}.+)",
    re.IGNORECASE,
)
_COMPARES = re.compile(
    r"(?:compare|(?:what(?:'s| is| are)\s+)?(?:the\s+)?differences?\s+between|how\s+(?:do|does|is|are))\s+"
    r"(?P<first>\S.*?)\s+(?:and|with|to|versus|vs\.?|compared?\s+(?:with|to)|differ(?:s|ent)?\s+from)\s+(?P<second>\S.*)",
    re.IGNORECASE,
)
_IS_COMPARED = re.compile(r"\b(?:compared?|comparison|differ\w*|versus|vs)\b", re.IGNORECASE)
_PRONOUN = re.compile(r"\b(?:it|its|he|him|his|she|her|they|them|their|that|this)\b", re.IGNORECASE)
_PREPOSITION = re.compile(r"\b(for|in|of|at|on|from|by|with)\s", re.IGNORECASE)
_CUE = re.compile(r" ?\b(?:compared?|differ)\b ?", re.IGNORECASE)


def parts(question: str) -> tuple[str, ...]:
    """Return the two questions, or the two sides of a comparison, that the question is made of; none where it asks
    for one thing.

    "Who built the warehouse and what did it cost?" is two questions, "the difference between annual and
    parental leave" has two sides. A pronoun in the second means the subject of the first.
    """
    bare = " ".join(question.split()).rstrip("?!. ")
    if len(bare) > MAX_LENGTH:
        return ()
    two = _TWO_QUESTIONS.fullmatch(bare)
    if two is not None and terms(two["first"]) and terms(two["second"]):
        return _two_questions(two["first"], two["second"])
    sides = _COMPARES.fullmatch(bare) if _IS_COMPARED.search(bare) else None
    if sides is None:
        return ()
    first, second = (_CUE.sub(" ", sides[name]).strip() for name in ("first", "second"))
    begins = _PREPOSITION.match(second)
    if begins is not None:  # "the price of lunch for staff and for guests"
        before = first.lower().rpartition(f" {begins[1].lower()} ")[0]
        second = f"{first[: len(before)]} {second}".strip()
    elif len(terms(first)) == 1 and len(terms(second)) > 1:  # "annual and parental leave"
        first = f"{first} {second.split()[-1]}"
    return (first, second) if terms(first) and terms(second) else ()


def _two_questions(first: str, second: str) -> tuple[str, ...]:
    if not _PRONOUN.search(second):
        return first, second
    about = subject(first)
    return (first, readings(second, first, about)[0]) if about else ()


def merged(whole: Answer, of_parts: Sequence[Answer], limit: int | None) -> Answer:
    """Return one answer: the best passage of each part that is answered, then those of the whole question.

    A part that nothing answers is named in the notes, if another one is answered.
    """
    answered = [one for one in of_parts if one.answered]
    if not answered:
        return whole
    best = [one.passages[0] for one in answered if one.passages]
    once: dict[tuple[str, int], Passage] = {}
    for passage in [*best, *whole.passages]:
        once.setdefault((passage.citation.article_id, passage.paragraph), passage)
    kept = [replace(one, rank=rank) for rank, one in enumerate(once.values(), start=1)]
    sure = min(one.confidence for one in answered)
    missing = [f"I found nothing on “{one.question}”." for one in of_parts if not one.answered]
    return replace(
        whole,
        answered=True,
        confidence=sure if missing else max(sure, whole.confidence),
        sure_from=answered[0].sure_from,
        passages=tuple(kept[: _MOST if limit is None else limit]),
        notes=(*whole.notes, *missing),
        corrected={**whole.corrected, **{k: v for one in of_parts for k, v in one.corrected.items()}},
    )
