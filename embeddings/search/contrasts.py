"""Words of which a text says one or another: a sentence on the gold medal answers no question on the silver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from functools import cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from embeddings.search.question import Question
from embeddings.search.ranking import Ranked
from embeddings.text.calendar import is_word_of_time
from embeddings.text.terms import is_figure, term_hash, terms

_KINDS = """
first second third fourth fifth sixth seventh eighth ninth tenth
1st 2nd 3rd 4th 5th 6th 7th 8th 9th 10th
gold silver bronze
head deputy assistant
director manager employee intern apprentice contractor supplier customer visitor
chairman treasurer secretary
teacher student
doctor nurse patient
buyer seller
tenant landlord
plaintiff defendant
winner loser runner-up
attacker defender goalkeeper
north south east west
northern southern eastern western
monday tuesday wednesday thursday friday saturday sunday
january february march april june july august september october november december
montag dienstag mittwoch donnerstag freitag samstag sonntag
januar februar märz april mai juni juli august september oktober november dezember
lundi mardi mercredi jeudi vendredi samedi dimanche
janvier février avril mai juin juillet août septembre octobre novembre décembre
lunes martes miércoles jueves viernes sábado domingo
enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
spring summer autumn winter christmas easter
morning afternoon evening night
breakfast lunch dinner
highest lowest
maximum minimum
largest smallest
longest shortest
oldest youngest
fastest slowest
cheapest dearest
best worst
husband wife
father mother
son daughter
brother sister
uncle aunt
man woman
boy girl
king queen
increase decrease
import export
income expense
domestic foreign
indoor outdoor
upstairs downstairs
primary secondary
junior senior
adult child
bike car train bus plane
beer wine
"""
"""A line a kind: who does it, which of several it is, which way it goes. English, and days and months in German,
French and Spanish. Words that are often said beside each other for one thing ("five days a week") are left out."""


@cache
def _others() -> Mapping[str, tuple[str, ...]]:
    """Return each term with the others of its kinds."""
    found: dict[str, set[str]] = {}
    for line in _KINDS.strip().splitlines():
        kind = {one for word in line.split() if len(its := terms(word)) == 1 for one in its}
        for term in kind:
            found.setdefault(term, set()).update(kind - {term})
    return {term: tuple(sorted(others)) for term, others in found.items()}


def says_another(question: Question, ranked: Sequence[Ranked]) -> npt.NDArray[np.bool_]:
    """Return for which of the question's terms the best sentence of each passage says another of the same kind.

    Shape `(len(ranked), terms)`. For a figure that is another one beside a word that the question has beside it:
    "flight 12" for "flight 21". Whether the term itself is there too is for the caller to check.
    """
    found = np.zeros((len(ranked), len(question.terms)), dtype=np.bool_)
    asked = []
    for place, term in enumerate(question.terms):
        if question.is_timeless and is_word_of_time(term):
            continue
        others = {term_hash(other) for other in _others().get(term, ())}
        beside = _beside(question, place) if is_figure(term_hash(term)) else set()
        if others or beside:
            asked.append((place, others, {*_hashes(question.forms[place])}, beside))
    if asked:
        for row, one in enumerate(ranked):
            said = _sentence(one)
            for place, others, own, beside in asked:
                found[row, place] = not others.isdisjoint(said) or _says_figure(said, own, beside)
    return found


def _beside(question: Question, place: int) -> set[int]:
    """Return the hashes of the words beside a figure of the question."""
    near = (one for one in (place - 1, place + 1) if 0 <= one < len(question.terms))
    return {h for one in near for h in _hashes(question.forms[one]) if not is_figure(h)}


def _hashes(forms: Sequence[str]) -> list[int]:
    return [term_hash(word) for form in forms for word in form.split()]


def _sentence(one: Ranked) -> list[int]:
    """Return the hashes of the terms of a passage's best sentence, in order."""
    hashes = np.frombuffer(one.candidate.term_hashes, dtype="<u4")
    ends = (hashes == 0).nonzero()[0]
    said: list[int] = hashes[ends[one.sentence - 1] + 1 if one.sentence else 0 : ends[one.sentence]].tolist()
    return said


def _says_figure(said: Sequence[int], own: Set[int], beside: Set[int]) -> bool:
    """Return whether a sentence says a figure that is not the question's `own` next to one of these words."""
    if beside.isdisjoint(said):
        return False
    return any(
        one in beside and is_figure(other) and other not in own
        for pair in pairwise(said)
        for one, other in (pair, pair[::-1])
    )
