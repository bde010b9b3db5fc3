"""A follow-up question ("and how much was it fined?") read together with the question before it."""

from __future__ import annotations

import re

from embeddings.terms import FUNCTION_WORDS, name_terms, terms, words

_LINK = re.compile(r"^(?:(?:and|but|so|also|then|ok|okay|well|now|thanks|great)\b[\s,]*)+", re.IGNORECASE)
_WHAT_ABOUT = re.compile(r"^(?:what|how)\s+about\s+", re.IGNORECASE)
_POSSESSIVE = re.compile(r"\b(?:its|their|his|hers)\b", re.IGNORECASE)
_PRONOUN = re.compile(r"\b(?:it|they|them|he|him|she|her)\b", re.IGNORECASE)
_WORD = re.compile(r"[\w'’-]+")
_OWN = re.compile(r"['’]s$")


def subject(question: str) -> str:
    """What the question is about: its names, as it writes them; empty when it has none.

    Names next to each other stay together ("Lei Jun"); of several the first is taken.
    """
    names = name_terms(question)
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
    """The questions that a follow-up may mean, likeliest first; itself alone when it stands on its own feet.

    `previous` is the question before it as it was understood, `about` its subject. A pronoun stands for the
    subject; "what about Tencent?" asks the previous question of another; a bare "when?" or "in 2022?" asks it
    again; words without any name may be about the subject, or about something new.
    """
    bare = _LINK.sub("", question.strip())
    asks_of = _WHAT_ABOUT.match(bare)
    if asks_of and about:
        other = bare[asks_of.end() :].rstrip(" ?!.")
        return (re.sub(rf"\b{re.escape(about)}\b", lambda _: other, previous), bare)
    if any(term.isalpha() for term in name_terms(bare)):
        return (bare,)
    if about and _POSSESSIVE.search(bare):
        return (_POSSESSIVE.sub(lambda _: f"{about}'s", bare, count=1),)
    if about and _PRONOUN.search(bare):
        return (_PRONOUN.sub(lambda _: about, bare, count=1),)
    if all(word in FUNCTION_WORDS or word.isdigit() for word in words(bare)):
        return (f"{previous.rstrip(' ?!.')}, {bare}", bare)
    return (f"{bare.rstrip(' ?!.')} {about}?", bare) if about else (bare,)
