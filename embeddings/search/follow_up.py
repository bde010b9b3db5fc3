"""A follow-up question ("and how much was it fined?") read together with the question before it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from embeddings.text.terms import FUNCTION_WORDS, name_terms, terms, words
from embeddings.types import Answer

_LINK = re.compile(
    r"^(?:(?:and|but|so|also|then|ok|okay|well|now|thanks|great)\b[\s,]*|(?:und|aber|et|mais|pero|(?-i:y))\s+)+",
    re.IGNORECASE,
)
_WHAT_ABOUT = re.compile(r"^(?:what|how)\s+about\s+", re.IGNORECASE)
_POSSESSIVE = re.compile(r"\b(?:[Ii]ts|[Tt]heirs?|[Hh]is|[Hh]ers|[Hh]er(?=\s+\w))\b")
_PRONOUN = re.compile(r"\b(?:[Ii]t|[Tt]hey|[Tt]hem|[Hh]e|[Hh]im|[Ss]he|[Hh]er)\b")
_LAST = re.compile(r"\b(?:it|them|him|her)[\s?!.]*$", re.IGNORECASE)
"""A pronoun at the end: beside another name it may mean the subject all the same ("how far from Earth is it?")."""

_WORD = re.compile(r"[\w'’-]+")
_OWN, _OWN_INSIDE = re.compile(r"['’]s$"), re.compile(r"['’]s\s")
_ARTICLES = ("the", "a", "an")
_KEYWORDS, _MARKS = 3, " ,?!.¿¡"


def subject(question: str) -> str:
    """Return what the question is about: its names, as it writes them; empty when it has none.

    Names next to each other stay together ("Lei Jun"); of several the first is taken. A year or a figure is none.
    """
    names = [term for term in name_terms(question) if not term.isdigit()]
    found: list[str] = []
    for word in _WORD.findall(question):
        bare = _OWN.sub("", word)
        is_name = any(term in names for term in terms(bare))
        if not is_name and found:
            break
        if is_name:
            found.append(bare)
        if found and bare != word:
            break
    return " ".join(found)


def readings(question: str, previous: str, about: str) -> tuple[str, ...]:
    """Return the questions that a follow-up may mean, likeliest first; itself alone when it needs no other.

    `previous` is the question before it as it was understood, `about` its subject. A pronoun means the subject, at
    the end of a question with another name perhaps; "what about Tencent?" and "and Tencent?" ask the previous
    question of another; a bare "when?" or "in 2022?" asks it again; words without any name may be about the
    subject, or about something new.
    """
    whole = question.strip().lstrip(_MARKS)
    bare = _LINK.sub("", whole).lstrip(_MARKS)
    if not words(bare):
        return (question,)
    asks_of, is_linked = _WHAT_ABOUT.match(bare), len(bare) < len(whole)
    if about and (asks_of or (is_linked and _is_all_name(bare))):
        other = bare[asks_of.end() if asks_of else 0 :].rstrip(" ?!.")
        if _is_name(other):
            return (re.sub(rf"\b{re.escape(about)}\b", lambda _: other, previous), bare)
        bare = other
    stand_in = _stand_in(bare)
    if about and stand_in is not None:
        start, end, possessive = stand_in
        return (f"{bare[:start]}{about}{possessive}{bare[end:]}",)
    if _names(bare):
        last = _LAST.search(bare)
        return (f"{bare[: last.start()]}{about}?", bare) if about and last else (bare,)
    if all(word in FUNCTION_WORDS or word.isdigit() for word in words(bare)):
        return (f"{_without_tail(previous)}, {bare}", bare)
    return (f"{bare.rstrip(' ?!.')} {about}?", bare) if about else (bare,)


def likeliest(question: str, answers: Sequence[Answer]) -> Answer:
    """Return the answer of the reading that the follow-up most likely means; `answers` are those of `readings`.

    That is the one with the most confidence. But a bare keyword ("layoffs") may begin a new subject: read with
    the subject before ("layoffs Tesla?") it finds something on that alone, with confidence. So that reading counts
    only where its best passage says something on the keyword itself.
    """
    best = max(answers, key=lambda one: one.confidence)
    alone = answers[-1]
    is_certain = best is alone or not best.answered or not keyword(question)
    return best if is_certain or _is_on(question, best, alone) else alone


def keyword(question: str) -> str:
    """Return the text where it is only a word or a few that could be looked up by themselves; otherwise nothing.

    A pronoun in the next question means that, as it means a name.
    """
    bare = _LINK.sub("", question.strip()).strip(_MARKS)
    found = words(bare)
    is_one = 0 < len(found) <= _KEYWORDS and not any(word in FUNCTION_WORDS for word in found)
    return bare if is_one else ""


def _is_on(question: str, given: Answer, alone: Answer) -> bool:
    """Return whether the best passage of an answer has a word of the keyword, or the keyword alone finds it."""
    best = given.passages[0]
    place = (best.citation.article_id, best.paragraph)
    nearest = (one for one in alone.passages if one.relevant or one.rank == 1)
    said = terms(f"{best.citation.title} {best.heading or ''} {best.text}")
    found_too = place in {(one.citation.article_id, one.paragraph) for one in nearest}
    return found_too or not set(terms(keyword(question))).isdisjoint(said)


def _without_tail(previous: str) -> str:
    """Return the question without what a follow-up before this one added to it ("…, in 2022")."""
    head, comma, tail = previous.rstrip(" ?!.").rpartition(", ")
    is_added = comma and all(word in FUNCTION_WORDS or word.isdigit() for word in words(tail))
    return head.rstrip(" ?!.") if is_added else previous.rstrip(" ?!.")


def _is_name(text: str) -> bool:
    """Return whether the text names somebody or something else ("Tencent", not "in 2022" or "Tencent's fine")."""
    first = (words(text) or [""])[0]
    return (
        _names(f"about {text}")
        and (first not in FUNCTION_WORDS or first in _ARTICLES)
        and _OWN_INSIDE.search(text) is None
    )


def _is_all_name(text: str) -> bool:
    """Return whether the text is a name, perhaps with an article, and nothing besides."""
    found = name_terms(f"about {text}")
    return all(word in _ARTICLES or word in found for word in terms(text) or [""])


def _stand_in(question: str) -> tuple[int, int, str] | None:
    """Return where a pronoun means something said before: start, end, and what makes it a possessive.

    Beside a name of the question's own it may mean that, or for nothing ("is it true that Tencent paid?");
    a possessive does so only after the name.
    """
    own, plain = _POSSESSIVE.search(question), _PRONOUN.search(question)
    if own and not _names(question[: own.start()]):
        return own.start(), own.end(), "'s"
    if plain and not own and not _names(question):
        return plain.start(), plain.end(), ""
    return None


def _names(text: str) -> bool:
    return any(term.isalpha() for term in name_terms(text))
