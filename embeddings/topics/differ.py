"""Which sentences give different figures on the same thing: in a summary's statements, in an answer's passages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from embeddings.encoding.backends.base import Vectors
from embeddings.topics.figures import Quantity, is_rounded, quantities
from embeddings.topics.measures import counted_people
from embeddings.types import Passage

_CORRECTED = re.compile(
    r"\b(?:correct(?:ed|ion|s)|revis(?:ed|es|ion)|(?:not|instead of|rather than|up from|down from"
    r"|earlier (?:figure|estimate"
    r"|report)s?|previously (?:said|reported|estimated|stated|put)|restated|amended)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence that may hold figures, the article that it is from, and the day or moment of that (ISO 8601)."""

    text: str
    source: str
    published_at: str | None = None


def differing_passages(passages: Sequence[Passage]) -> tuple[tuple[int, ...], ...]:
    """Return groups of ranks of relevant passages whose highlights give different figures on the same thing."""
    relevant = [one for one in passages if one.relevant]
    groups = differing(
        [Claim(one.sentence, one.citation.article_id, one.citation.published_at) for one in relevant]
    )
    return tuple(tuple(sorted(relevant[number].rank for number in group)) for group in groups)


def differing(claims: Sequence[Claim], vectors: Vectors | None = None) -> list[list[int]]:
    """Return groups of claims, as their numbers, that give different figures on one thing; oldest first in each.

    The same thing is the same measured quantity (unit and kind), of the same subject, in the same period.
    `vectors`, a unit row a claim, let sentences with few words in common count as alike in meaning. Claims of
    one source differ only when it contradicts itself.
    """
    every = [quantities(claim.text) for claim in claims]
    groups: list[list[int]] = []
    for other in range(len(claims)):
        for one in range(other):
            if not every[one] or not every[other] or claims[one].text == claims[other].text:
                continue
            cosine = None if vectors is None else float(vectors[one] @ vectors[other])
            stricter = _ITSELF if claims[one].source == claims[other].source else 0.0
            if not contradict(every[one], every[other], cosine, stricter):
                continue
            homes = [group for group in groups if one in group or other in group]
            merged = sorted({one, other, *(number for group in homes for number in group)})
            groups = [group for group in groups if group not in homes] + [merged]
    return [sorted(group, key=lambda number: _moment(claims[number])) for group in groups]


def is_correction(text: str) -> bool:
    """Return whether a sentence says that it replaces an earlier figure."""
    return _CORRECTED.search(text) is not None


def contradict(
    one: Sequence[Quantity], other: Sequence[Quantity], cosine: float | None, stricter: float = 0.0
) -> bool:
    """Return whether two sentences give different figures for one thing, and nowhere the same for it."""
    pairs = [(a, b) for a in one for b in other if is_same_thing(a, b, cosine, stricter)]
    return any(
        not is_rounded(a.value, b.value)
        and not any(is_rounded(a.value, d.value) for c, d in pairs if c is a)
        and not any(is_rounded(c.value, b.value) for c, d in pairs if d is b)
        for a, b in pairs
    )


def is_same_thing(one: Quantity, other: Quantity, cosine: float | None, stricter: float = 0.0) -> bool:
    """Return whether two figures measure the same quantity of the same subject in the same period.

    `stricter` is how much more alike than usual their sentences must be, 0 to 1.
    """
    if not _is_same_quantity(one, other) or not _is_same_subject(one, other):
        return False
    shared = len(one.words & other.words) / max(1, min(len(one.words), len(other.words)))
    alike = shared if cosine is None else 0.5 * shared + 0.5 * max(cosine, 0.0)
    needed = _NEEDED - _BY_NAME * bool(one.names & other.names)
    if one.measures & other.measures:
        needed -= _BY_MEASURE
    elif one.measures or other.measures:
        needed += _ONE_SIDED
    return alike >= needed + stricter


def _is_same_quantity(one: Quantity, other: Quantity) -> bool:
    people = {one.unit, other.unit} <= counted_people()
    measures = one.measures & other.measures
    if (one.unit != other.unit and not (people and measures)) or one.per != other.per:
        return False
    if one.unit == "%" and one.is_change != other.is_change and not measures:
        return False
    return bool(measures) or not (one.measures and other.measures)


def _is_same_subject(one: Quantity, other: Quantity) -> bool:
    """Return whether neither figure is of other names, places or times than the other."""
    pairs = ((one.periods, other.periods), (one.names, other.names), (one.places, other.places))
    return all(not a or not b or a & b for a, b in pairs)


_NEEDED, _BY_MEASURE, _BY_NAME, _ONE_SIDED = 0.62, 0.2, 0.12, 0.2
_ITSELF = 0.2
"""An article contradicts itself only in sentences that are so much more alike."""


def _moment(claim: Claim) -> str:
    try:
        return datetime.fromisoformat(claim.published_at or "").isoformat()
    except ValueError:
        return ""
