"""Names that a sentence refers back to over more than one paragraph: "The carrier cancelled 112 flights"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from embeddings.search.features import Features
from embeddings.search.question import Question
from embeddings.store.paragraphs import Candidate, Found, passages
from embeddings.text.terms import terms
from embeddings.weights import FARTHEST_REFERENCE

_PREVIOUS = 1
"""How far away the paragraph is that is part of what is stored of the next one."""

_PLACE = re.compile(
    r"\b(?:[Ii]n|[Aa]t|[Nn]ear|[Oo]utside|[Oo]ff|[Tt]o|[Oo]n)\s+(?:the\s+)?"
    r"[A-Z][\w'’-]*(?:\s(?:and\s)?[A-Z][\w'’-]*)*"
)
"""A name after a preposition of place. A pronoun seldom means it, but what a text is about: a subject or an object
(Grosz, Joshi and Weinstein, "Centering", 1995)."""


def with_references(
    connection: Connection, question: Question, candidates: Sequence[Candidate], features: Features
) -> Features:
    """Return the features with `in_earlier`: which names of paragraphs farther back each sentence means.

    Only sentences that begin with a pronoun or a definite noun refer back, to the question's names that nothing
    near them holds. A passage that lacks one of them even so is about something else, and none counts: "Velmora
    Dam" is not meant where "Karsova Dam" is. The paragraphs before are searched among the candidates: those that
    have a name of the question are there.
    """
    named = np.array([term in question.names for term in question.terms], dtype=np.bool_)
    around = features.in_paragraph | features.in_previous | features.in_title
    missing = ~around & named & features.refers_back[:, np.newaxis]
    pairs = list(_pairs(candidates, features, missing))
    if not pairs:
        return features
    found = passages(connection, sorted({candidates[place].id for *both, _ in pairs for place in both}))
    meant = np.zeros((len(candidates), len(question.terms)), dtype=np.bool_)
    for one, other, term in pairs:
        its, earlier = found.get(candidates[one].id), found.get(candidates[other].id)
        if its is None or earlier is None:  # damaged
            continue
        distance = its.position - earlier.position
        if _PREVIOUS < distance <= FARTHEST_REFERENCE and _names(earlier, question.forms[term]):
            meant[one, term] = True
    in_earlier = meant[features.owner] & missing
    in_earlier[(named & ~around & ~in_earlier).any(axis=1)] = False
    return replace(features, in_earlier=in_earlier)


def _pairs(
    candidates: Sequence[Candidate], features: Features, missing: npt.NDArray[np.bool_]
) -> Iterator[tuple[int, int, int]]:
    """Yield two candidates' places and a term's: the first has a sentence that misses the term, the second, of the
    same article, holds it.
    """
    rows, columns = missing.nonzero()
    lacking = sorted(set(zip(features.owner[rows].tolist(), columns.tolist(), strict=True)))
    if not lacking:
        return
    first_rows = np.unique(features.owner, return_index=True)[1]
    holders: dict[tuple[int, int], list[int]] = {}
    for place, term in np.argwhere(features.in_paragraph[first_rows] & missing.any(axis=0)).tolist():
        holders.setdefault((candidates[place].article_key, term), []).append(place)
    for place, term in lacking:
        for other in holders.get((candidates[place].article_key, term), ()):
            yield place, other, term


def _names(paragraph: Found, forms: Sequence[str]) -> bool:
    """Return whether a paragraph has a name, in one of these forms, otherwise than as a place."""
    said = set(terms(_PLACE.sub(" ", paragraph.text)))
    return any(said.issuperset(form.split(" ")) for form in forms)
