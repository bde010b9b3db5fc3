"""Abbreviations in a question, and what the library's texts or everybody's use say that they are short for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from embeddings.search.question import Question
from embeddings.text.terms import terms

LOOKED_UP = 10
"""In this many of the paragraphs that hold an abbreviation, by keywords, its meaning is looked for."""

_LONGEST, _SHORT = 6, 4
_BY_USE = {
    "ceo": "chief executive",
    "cfo": "chief financial officer",
    "coo": "chief operating officer",
    "cto": "chief technology officer",
    "cio": "chief information officer",
    "hr": "human resources",
    "pto": "paid time off",
    "wfh": "work from home",
    "kpi": "key performance indicator",
    "sla": "service level agreement",
    "nda": "non-disclosure agreement",
    "rfp": "request for proposal",
    "ppe": "personal protective equipment",
    "vat": "value added tax",
    "dpo": "data protection officer",
    "mfa": "multi-factor authentication",
    "2fa": "two-factor authentication",
    "eta": "estimated time of arrival",
    "faq": "frequently asked questions",
    "roi": "return on investment",
    "esg": "environmental, social and governance",
    "ngo": "non-governmental organisation",
    "gdp": "gross domestic product",
    "ipo": "initial public offering",
    "ai": "artificial intelligence",
}
_SMALL = frozenset("of the and for in on to a an at by".split())
_TOKEN = re.compile(r"\w+")
_WORD = re.compile(r"[\w’'-]+")
_ENDS = re.compile(r"[.!?;:()]")
_MOST_WORDS = 8


def abbreviations(question: Question) -> list[str]:
    """Return the terms of the question that may be abbreviations: written in capitals, in everybody's use, or very
    short and in no dictionary. Looking one up takes a millisecond, so names in lower case are left out.
    """
    written = set(_TOKEN.findall(question.text))
    return [
        term
        for term in question.terms
        if (1 < len(term) <= _LONGEST and term.upper() in written and term.isalnum() and not term.isdigit())
        or term in _BY_USE
        or (term in written and 1 < len(term) <= _SHORT and term in question.names and term.isalpha())
    ]


def meaning(term: str, texts: Iterable[str]) -> str | None:
    """Return what the abbreviation is short for by the first of the texts that says it, else by everybody's use.

    "key performance indicator (KPI)", "General Services Administration, GSA", "KPI (key performance indicator)".
    The words' first letters have to be its letters; those of small words between them may be left out.
    """
    short = re.escape(term)
    before = re.compile(rf"(?:\s*\((?:the\s+)?|,\s+){short}s?\b", re.IGNORECASE)
    after = re.compile(rf"\b{short}\b(?:\s*\(|, short for |,? (?:stands|is short) for )", re.IGNORECASE)
    for text in texts:
        for found in before.finditer(text):
            words = _WORD.findall(_ENDS.split(text[: found.start()])[-1])[-_MOST_WORDS:]
            for start in reversed(range(len(words))):
                if _is_short_for(term, words[start:]):
                    return " ".join(words[start:])
        for found in after.finditer(text):
            words = _WORD.findall(_ENDS.split(text[found.end() :])[0])[:_MOST_WORDS]
            for end in range(1, len(words) + 1):
                if _is_short_for(term, words[:end]):
                    return " ".join(words[:end])
    return _BY_USE.get(term)


def _is_short_for(term: str, words: Sequence[str]) -> bool:
    parts = [part for word in words for part in word.casefold().split("-") if part]
    every = "".join(part[0] for part in parts)
    large = "".join(part[0] for part in parts if part not in _SMALL)
    return len(parts) > 1 and term in (every, large)


def spelled_out(question: Question, meanings: Mapping[str, str]) -> Question:
    """Return the question in which what its abbreviations are short for counts as them."""
    forms = tuple(
        (*ways, " ".join(terms(meanings[term]))) if term in meanings else ways
        for term, ways in zip(question.terms, question.forms, strict=True)
    )
    return replace(question, forms=forms)
