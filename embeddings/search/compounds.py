"""Nouns made of a verb and a particle, which agree with the verb that they come from: "layoffs" with "laid off".

The particles are function words, so the index holds the verb alone. Where a question has the noun, the text
decides whether a verb has its particle; where it has the verb with its particle, the noun is one more form of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import simplemma

from embeddings.search.question import Question
from embeddings.store.paragraphs import Candidate
from embeddings.text.terms import FUNCTION_WORDS, distinct, term_hash, terms, words

_PARTICLES = ("away", "back", "down", "off", "out", "over", "up")
_ADJACENT = ("in", "on")
"""Particles that most often are prepositions: they count only next to the verb, and end no noun ("cabin")."""

_WITHIN = 3
"""The particle is at most this many words after the verb: "laid 900 people off"."""

_SHORTEST = 3
_PAST = {"broke": "break", "flew": "fly"}
"""Past forms that the dictionary takes for other words."""


@dataclass(frozen=True, slots=True)
class Compound:
    """A noun such as "layoff": its index term, those of its verb's forms ("lay", "lie"), and its particle."""

    term: str
    verbs: frozenset[str]
    particle: str

    def is_said_in(self, text: str) -> bool:
        """Return whether the text has the verb with its particle, at most three words apart."""
        found = words(text)
        return any(
            self.particle in _after(found, place)
            for place, word in enumerate(found)
            if not self.verbs.isdisjoint(terms(word))
        )

    def may_be_in(self, candidate: Candidate) -> bool:
        """Return whether the paragraph has the verb at all."""
        return bool(self._places(np.frombuffer(candidate.term_hashes, dtype="<u4")).any())

    def counted_in(self, candidate: Candidate) -> Candidate:
        """Return the paragraph, which says it with the verb, as if it held the noun there."""
        hashes = np.frombuffer(candidate.term_hashes, dtype="<u4").copy()
        hashes[self._places(hashes)] = term_hash(self.term)
        return replace(candidate, term_hashes=hashes.tobytes())

    def _places(self, hashes: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_]:
        return np.isin(hashes, [term_hash(verb) for verb in self.verbs])


def sought(question: Question) -> list[str]:
    """Return the index terms that a question is searched with: its terms in all forms, and its nouns' verbs."""
    forms = [form for forms in question.forms for form in forms]
    return distinct([*forms, *(verb for noun in compounds(question) for verb in sorted(noun.verbs))])


def compounds(question: Question) -> list[Compound]:
    """Return the nouns of the question that are made of a verb and a particle; none whose verb it has as well."""
    found = [one for one in map(_compound, question.terms) if one is not None]
    return [one for one in found if one.verbs.isdisjoint(question.terms)]


def with_nouns(question: Question) -> Question:
    """Return the question in which the noun made of a verb and its particle counts as the verb.

    "Whom did they lay off?" fits "layoffs", and so does "lay-offs".
    """
    found, written = words(question.text), question.text.casefold()
    more: dict[str, list[str]] = {}
    for place, word in enumerate(found):
        for verb in _verbs(word):
            for particle in _after(found, place):
                noun = verb + particle
                hyphenated = f"{word}-{particle}" in written
                if not hyphenated and not simplemma.is_known(noun, "en"):
                    continue  # no "pairup" for "did the pair break up"
                ways = [*sorted(_forms(verb)), *terms(noun), *terms(f"{noun}s")]
                for part in (word, f"{particle}s"):
                    more.setdefault("".join(terms(part)), []).extend(ways)
    if not more:
        return question
    forms: Mapping[str, tuple[str, ...]] = dict(zip(question.terms, question.forms, strict=True))
    return replace(
        question,
        forms=tuple(tuple(distinct([*forms[term], *more.get(term, ())])) for term in question.terms),
    )


def _after(found: list[str], place: int) -> list[str]:
    """Return the particles that may belong to the verb at this place.

    "Over" before a figure means "more than". The particle of a noun may have a plural: "lay-offs".
    """
    particles = []
    for distance, word in enumerate(found[place + 1 : place + 1 + _WITHIN], start=1):
        follower = found[place + distance + 1 : place + distance + 2]
        particle = word.removesuffix("s") if distance == 1 else word
        is_preposition = particle == "over" and bool(follower) and follower[0][0].isdigit()
        if (particle in _PARTICLES and not is_preposition) or (particle in _ADJACENT and distance == 1):
            particles.append(particle)
    return particles


@lru_cache(maxsize=10_000)
def _compound(term: str) -> Compound | None:
    """Return the term as a verb and its particle, `None` when it isn't made of them: "scout", "recover"."""
    for particle in _PARTICLES:
        verb = term.removesuffix(particle)
        if verb != term and _is_verb(verb) and not simplemma.is_known(f"{term}ed", "en"):
            return Compound(term, _forms(verb), particle)
    return None


@lru_cache(maxsize=10_000)
def _verbs(word: str) -> tuple[str, ...]:
    """Return the dictionary forms that the word may have as a verb: "lay" is one, and the past of "lie"."""
    return tuple(verb for verb in distinct([word, *terms(word), _PAST.get(word, word)]) if _is_verb(verb))


@lru_cache(maxsize=10_000)
def _is_verb(word: str) -> bool:
    if len(word) < _SHORTEST or not word.isalpha() or word in FUNCTION_WORDS or not simplemma.is_known(word, "en"):
        return False
    return any(simplemma.lemmatize(form, "en") == word for form in _inflected(word))


def _inflected(verb: str) -> list[str]:
    stem = verb.removesuffix("e")
    return [f"{verb}s", f"{verb}es", f"{stem}ing", f"{verb}{verb[-1]}ing"]


def _forms(verb: str) -> frozenset[str]:
    """Return the index terms of the verb in its forms."""
    past = [form for form, base in _PAST.items() if base == verb]
    return frozenset(terms(" ".join([verb, f"{verb}s", *past])))
