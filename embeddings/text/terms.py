"""Words to index terms: the one analysis that keyword search, coverage and document frequencies share."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterable
from functools import lru_cache

import simplemma

from embeddings.text.language import is_word, language_of

_NO_BLANKS = "぀-ヿ㐀-鿿"  # Chinese and Japanese: no blanks between words, so a character is a term
_VOWEL_SIGNS = "ً-ٰٟऀ-෿฀-໿"  # Arabic, Indic, Thai and Lao: letters in their own right
_TOKEN = re.compile(rf"[{_NO_BLANKS}]|\d+(?:\.\d+)+|(?:[^\W{_NO_BLANKS}]|[{_VOWEL_SIGNS}])+")
_ASCII_TOKEN = re.compile(r"\d+(?:\.\d+)+|\w+", re.ASCII)  # the same of a text in ASCII
_ACCENTS = re.compile("[\u0300-\u036f]")
_WRITTEN = re.compile(r"[\w'’-]+(?:[.,]\d+)*")  # a word or figure as it was typed
_POSSESSIVE = re.compile(r"['’]s\b")
_LETTERS = re.compile(r"[^\W\d_]+")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_DOTTED = re.compile(r"\b(?:[^\W\d_]\.){2,}(?:[^\W\d_]\b)?")
_COMPUTERS = re.compile(r"(?<![A-Z] )(?<!['’])\bIT\b(?!['’]| [A-Z]{2})")
_AS_TERM = "infotech"
"""The term of IT, the department, which isn't the pronoun."""

_UNITED_STATES = re.compile(r"\bU\.S(?:\.A)?\b\.?|(?<![A-Z] )\bUS\b(?! [A-Z]{2})")

# The closed word classes of English (articles, pronouns, auxiliaries, prepositions, conjunctions, question
# words): they can't tell one passage from another, and a short library would take a missing one for a rare word.
FUNCTION_WORDS = frozenset(
    """
    a an the this that these those
    i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his himself
    she her hers herself it its itself they them their theirs themselves one
    who whom whose which what when where why how
    am is are was were be been being have has had having do does did doing done
    can could shall should will would may might must ought
    and or but nor so yet if because as until while than though although whether
    of at by for with about against between into through during before after above below to from up down
    in out on off over under again further then once upon within without toward towards onto per via
    here there all any both each few more most other another some such no not only own same too very just
    now also ever even still s t d ll m re ve don much many
    """.split()
)


@lru_cache(maxsize=200_000)
def _lemma(token: str) -> str:
    """Return the dictionary form: "pledged" and "pledges" to "pledge", "said" to "say"; a figure stays
    as it is.
    """
    return token if token[0].isdigit() else simplemma.lemmatize(token, "en").lower()


def words(text: str) -> list[str]:
    """Return the words of `text`, lower case, without accents and possessives; "1,500" becomes "1500", "G.S.A."
    "gsa", and IT, the department, a word of its own.
    """
    plain = _DOTTED.sub(_undotted, _UNITED_STATES.sub("USA", text)) if "." in text or "US" in text else text
    plain = _COMPUTERS.sub(_AS_TERM, plain) if "IT" in plain else plain
    plain = _THOUSANDS.sub("", _POSSESSIVE.sub("", plain))
    if plain.isascii():  # most are: there is no accent, and a simpler pattern does
        return _ASCII_TOKEN.findall(plain.lower())
    return _TOKEN.findall(_ACCENTS.sub("", unicodedata.normalize("NFKD", plain)).casefold())


def _undotted(abbreviation: re.Match[str]) -> str:
    return abbreviation[0].replace(".", "") + " "


def terms(text: str) -> list[str]:
    """Return the index terms of `text` in order: words without function words, each in its dictionary form."""
    return [_lemma(word) for word in words(text) if word not in FUNCTION_WORDS]


def written_words(text: str) -> list[str]:
    """Return the words of `text` without figures, lower case and with their accents, as a dictionary has them."""
    return [word.casefold() for word in _LETTERS.findall(_POSSESSIVE.sub("", text))]


@lru_cache(maxsize=20_000)
def term_hash(term: str) -> int:
    """31 bits of the term and, as the lowest bit, whether it holds a digit; never 0. Stored: never change it."""
    hashed = zlib.crc32(term.encode("utf-8")) & ~1
    return (hashed | 1 if any(c.isdigit() for c in term) else hashed) or 2


def is_figure(hashed: int) -> bool:
    """Return whether a term with this hash holds a digit."""
    return bool(hashed & 1)


def distinct(items: Iterable[str]) -> list[str]:
    """Return each item once, in order of first appearance."""
    return list(dict.fromkeys(items))


def name_terms(question: str) -> frozenset[str]:
    """Return the terms of a question that look like names or figures.

    Written with a capital or a digit anywhere but in the first place, or, since people type questions in
    lower case, unknown to the dictionary ("tencent"). In German, where every noun has a capital, only the latter
    count. A passage that lacks one is about something else.
    """
    language = language_of(question)
    written = _WRITTEN.findall(question)[1:]
    capitals = " ".join(w for w in written if w[0].isdigit() or (w[0].isupper() and language != "de"))
    unknown = [w for w in written_words(question) if not is_word(w, language)]
    return (frozenset(terms(capitals)) | frozenset(terms(" ".join(unknown)))) - {_AS_TERM}
