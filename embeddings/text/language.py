"""Which language a question is in, by its commonest words: enough to ask the right dictionary what is a name.

Only dictionaries that a question needs are loaded: one takes half a second and some 50 MB.
"""

from __future__ import annotations

import re
from functools import lru_cache

import simplemma

_COMMON = {
    "en": "the of and to in is was are for that with as on what who how when where why which did does do it "
    "by an from many much has have be were",
    "de": "der die das und ist war wie viele wer wem wann wo warum welche welcher welches von zu im den dem "
    "des ein eine einen einem einer nicht auf für mit sich wurde wurden hat haben am beim gibt nach "
    "über aus was wird sind als",
    "es": "el la los las de que y en un una es fue por con para como cuando donde quien cual cuales cuantos "
    "cuantas cuanto del al se su qué quién cuál cuándo dónde cómo cuántos cuántas cuánto eran son ha",
    "fr": "le la les des du et est un une qui que quoi quand où pourquoi comment combien quel quelle quels "
    "quelles dans par pour sur avec au aux ne pas a été sont ont son sa ses ce cette",
    "it": "il lo gli di che e un una è per con del della dei delle nel nella chi cosa quando dove perché "
    "come quanto quanti quante quale quali sono era ha al alla",
    "pt": "o os as de que e em um uma é foi por com para como quando onde quem qual quais quanto quantos "
    "quantas do da dos das no na não são ao à",
    "nl": "de het een en van is was wie wat wanneer waar waarom hoe hoeveel welke dat die in op te met voor "
    "door zijn werd heeft niet aan bij er",
}
_WORDS = {language: frozenset(words.split()) for language, words in _COMMON.items()}
_LANGUAGES = {
    word: tuple(language for language, words in _WORDS.items() if word in words)
    for word in {word for words in _WORDS.values() for word in words}
}
NAMES = {
    "en": "English",
    "de": "German",
    "es": "Spanish",
    "fr": "French",
    "it": "Italian",
    "pt": "Portuguese",
    "nl": "Dutch",
    "zh": "Chinese or Japanese",
}
_CLEAR = 2
"""Common words from which on a text's language is clear: names alone say nothing."""
_SIGNS, _LETTER = re.compile("[぀-ヿ㐀-鿿]"), re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W\d_]+")


def language_of(question: str) -> str:
    """Return the code of the language whose common words the question holds most; "en" when they don't tell.

    "zh" for text mostly in signs that are words themselves, Japanese included.
    """
    return _likeliest(question)[0]


@lru_cache(maxsize=200)  # a question is read by several that want to know its language
def _likeliest(text: str) -> tuple[str, bool]:
    """Return the code of a text's language, and whether its common words decide that clearly."""
    signs = _SIGNS.findall(text)
    if signs and 2 * len(signs) > len(_LETTER.findall(text)):
        return "zh", True
    counts = dict.fromkeys(_WORDS, 0)
    for word in _WORD.findall(text):
        for language in _LANGUAGES.get(word.casefold(), ()):
            counts[language] += 1
    best = max(counts, key=lambda language: counts[language])
    language = best if counts[best] > counts["en"] else "en"
    most = counts.pop(language)
    return language, most >= _CLEAR and most > max(counts.values()) + most // 4


def clear_language_of(text: str) -> str | None:
    """Return the code of the language that a text is clearly in; `None` when its common words don't decide."""
    language, is_clear = _likeliest(text)
    return language if is_clear else None


def is_common(word: str, language: str) -> bool:
    """Return whether it is one of the language's commonest words, which any case may be written in."""
    return word.casefold() in _WORDS[language]


@lru_cache(maxsize=50_000)
def is_word(word: str, language: str) -> bool:
    """Return whether the dictionary of the language or of English has the word, or it is one of its
    common ones.
    """
    if language == "zh":
        return not word.isascii()
    return word in _WORDS.get(language, ()) or simplemma.is_known(word, "en") or simplemma.is_known(word, language)
