"""Which sentences become the points of a summary: relevant ones that together cover the material, none twice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from embeddings.encoding.backends.base import Vectors
from embeddings.search.features import Floats
from embeddings.text.terms import term_hash, terms
from embeddings.topics.figures import Figures, agree
from embeddings.types import Antecedent

MOST = 7
"""The most points of a summary."""

LEAST = 2
"""With fewer points than this there is too little for a summary of a subject that is no name."""

_SHORTEST, _LONGEST = 40, 420
_SIDES, _FACETS = 0.5, 0.35
"""What a new side of the subject and a new facet of it count beside covering what the sentences say."""

_SAME_COSINE, _SAME_TERMS, _SOME_TERMS = 0.88, 0.45, 0.2
_LARGE = 1e6
"""Statements that share an amount as large as this tell the same fact."""

_OPENING = re.compile(
    r"(?:However|Meanwhile|Moreover|Furthermore|In addition|By contrast|In turn|At the same time|Still|Also|And"
    r"|But),? (?=\S)"
)


class Facet(IntEnum):
    """What a sentence adds to a subject, beside the bare fact."""

    FIGURE = 0
    DECISION = 1
    REASON = 2
    REACTION = 3
    OUTLOOK = 4


_FACET = {
    Facet.FIGURE: re.compile(r"\d"),
    Facet.REASON: re.compile(
        r"\b(?:because|due to|owing to|caused?|causes|reasons?|blamed?|after (?:a|an|the)|citing|since)\b"
    ),
    Facet.REACTION: re.compile(
        r"[“\"]|\b(?:said|says|told|called|criticised|welcomed|warned|urged|argued|denied)\b"
    ),
    Facet.OUTLOOK: re.compile(
        r"\b(?:will|would|plans?|planned|expects?|expected|forecasts?|aims?|next (?:week|month|year)"
        r"|by 20\d\d|due to|is to"
        r"|are to|from (?:January|February|March|April|May|June|July|August|September|October|November"
        r"|December))\b"
    ),
    Facet.DECISION: re.compile(
        r"\b(?:pledged?|fined?|agreed?|decided?|ordered?|approved?|announced?|launched?|appointed?|resigned?|bought"
        r"|acquired?|closed?|opened?|banned?|signed?|voted?|ruled?|won|cut|cuts|raised?|rejected?|must"
        r"|may not|entitled)\b"
    ),
}

_BOILERPLATE = re.compile(
    r"\bany (?:further |other |additional )?(?:questions?|queries|enquiries)\b|\bplease (?:contact|note"
    r"|visit|see|email"
    r"|call|refer|click|do not hesitate|feel free|read|get in touch|share|subscribe)\b|\bfor (?:more"
    r"|further) (?:information|details"
    r"|stories|news)\b|\bclick here\b|\b(?:subscribe|sign up|log in|register) (?:to|for|now|here|today)\b"
    r"|\bnewsletters?\b.*\b(?:inbox|sign)"
    r"|\ball rights reserved\b|©|\bcookies?\b.*\b(?:site|use|browser|accept)|\bterms (?:of use|and conditions)\b"
    r"|\bprivacy policy\b|\bfollow us on\b|\bread more\b|\b(?:was|is) (?:first |originally )+published\b"
    r"|\b(?:photo|image|picture)"
    r" (?:credit|by|courtesy)\b|\badvertisement\b|\bforward-looking statements?\b|\bshare this (?:article"
    r"|story|page)\b"
    r"|^\W*(?:editing|reporting|writing|additional reporting) by\b|\bthank you for (?:reading|your)\b"
    r"|\blast (?:updated|reviewed)"
    r" (?:on|in|:)|\bthis (?:document|page|policy|handbook|guide|section|report|article|memo"
    r"|email) (?:is (?:intended|designed"
    r"|provided)|describes|explains|sets out|outlines|summari[sz]es|contains|covers)\b|\bview (?:this"
    r"|in) (?:email|browser)\b"
    r"|\bunsubscribe\b|\btable of contents\b|\bin this (?:section|chapter|article|guide),? (?:we|you)\b",
    re.IGNORECASE,
)

_REPLY = re.compile(r"\W*(?:Yes|No|Not really|Of course|Sure)[,.:;–—]")
_CLOSERS = "\"'”’)»"
_PAIRS = (("“", "”"), ("«", "»"), ("(", ")"))


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence that may become a point: offsets in its paragraph, and what it is worth.

    `relevance` is above 0, higher is better. It is of this `article`, and of a `side`: the article or a part.
    `terms` are the hashes of its index terms, `figures` its amounts by unit. `antecedent` is what its first
    pronoun means.
    """

    paragraph_id: int
    start: int
    end: int
    relevance: float
    article: int
    side: int
    terms: frozenset[int]
    figures: Figures
    facets: frozenset[Facet] = frozenset()
    antecedent: Antecedent | None = None


def facets(said: str) -> frozenset[Facet]:
    """Return what the sentence adds to a subject."""
    return frozenset(facet for facet, pattern in _FACET.items() if pattern.search(said))


def is_boilerplate(said: str) -> bool:
    """Return whether the sentence could end any text: an invitation to ask, to subscribe, to accept."""
    return _BOILERPLATE.search(said) is not None


def span(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Return the offsets of the point that the sentence `text[start:end]` makes, or `None` when it makes none.

    A linking word at its beginning ("However,") and blanks at its edges are left off. A question, a fragment, half
    a quotation and what is too short or too long by itself are no points.
    """
    sentence = text[start:end]
    opening = _OPENING.match(sentence)
    first = start + (opening.end() if opening else 0)
    while first < end and text[first].isspace():
        first += 1
    while end > first and text[end - 1].isspace():
        end -= 1
    said = text[first:end]
    bare = said.rstrip(_CLOSERS)
    whole = bare.endswith((".", "!", "。", "؟", "।")) and not is_half(said)
    begins = (opening is not None or not said[:1].islower()) and not _REPLY.match(said)
    return (first, end) if whole and begins and _SHORTEST <= len(said) <= _LONGEST else None


def choose(statements: Sequence[Statement], vectors: Vectors, most: int = MOST) -> list[int]:
    """Return the numbers of the chosen statements, in the order in which they were chosen, at most `most`.

    `vectors` has a unit row for each statement. Greedy maximisation of a monotone submodular function: relevance
    covered (each statement by the most similar one chosen) and the square root of the relevance taken from each
    side, after Lin and Bilmes, "A Class of Submodular Functions for Document Summarization" (ACL 2011). What
    repeats a chosen statement is never taken.
    """
    if not statements:
        return []
    relevance = np.array([one.relevance for one in statements], dtype=np.float64)
    relevance = (relevance / relevance.max()) ** 2  # twice as relevant weighs more than twice as new
    alike = np.maximum(vectors @ vectors.T, 0.0).astype(np.float64)
    covered = np.zeros(len(statements))
    sides: dict[int, float] = {}
    seen: Counter[Facet] = Counter()
    open_ = np.ones(len(statements), dtype=np.bool_)
    chosen: list[int] = []
    while len(chosen) < most and open_.any():
        cover = relevance @ np.maximum(alike - covered[:, None], 0.0) / relevance.sum()
        gain = relevance * (
            cover / max(float(cover.max()), 1e-9)
            + _SIDES * _new_side(statements, sides, relevance)
            + _FACETS * np.array([sum(0.5 ** seen[facet] for facet in one.facets) for one in statements]) / 2
        )
        gain[~open_] = -1.0
        best = int(gain.argmax())
        chosen.append(best)
        covered = np.maximum(covered, alike[:, best])
        sides[statements[best].side] = sides.get(statements[best].side, 0.0) + float(relevance[best])
        seen.update(statements[best].facets)
        open_ &= ~_repeats(statements, alike[best], best)
    return chosen


def _new_side(statements: Sequence[Statement], sides: dict[int, float], relevance: Floats) -> Floats:
    """Return how much each statement adds to the sum of the square roots of the relevance taken from each side."""
    taken = np.array([sides.get(one.side, 0.0) for one in statements])
    added: Floats = np.sqrt(taken + relevance) - np.sqrt(taken)
    return added / np.sqrt(relevance)


def _repeats(statements: Sequence[Statement], alike: Floats, chosen: int) -> npt.NDArray[np.bool_]:
    """Return which statements say what the chosen one says: by their vectors, or by their words."""
    own = statements[chosen].terms
    repeated = np.zeros(len(statements), dtype=np.bool_)
    for number, one in enumerate(statements):
        shared = len(own & one.terms) / max(1, min(len(own), len(one.terms)))
        # The title before every sentence makes those of one article alike; then their words decide.
        is_other = one.article != statements[chosen].article
        near = alike[number] >= _SAME_COSINE and (is_other or shared >= _SOME_TERMS)
        repeated[number] = near or shared >= _SAME_TERMS or agree(statements[chosen].figures, one.figures, _LARGE)
    repeated[chosen] = True
    return repeated


def is_half(said: str) -> bool:
    """Return whether a quotation or a bracket is opened or closed outside the sentence."""
    return said.count('"') % 2 == 1 or any(said.count(a) != said.count(b) for a, b in _PAIRS)


def term_hashes(sentence: str) -> frozenset[int]:
    """Return the hashes of the sentence's index terms."""
    return frozenset(map(term_hash, terms(sentence)))
