"""Words that nobody's text holds, read as the words that were meant.

A question's word that neither the library nor the dictionary knows is looked for within one edit (a letter too
many, too few, another one, two turned about: Damerau, 1964), as two words run together, or as one word in parts.
Of the words within reach the one that most paragraphs hold is taken, and the asker is shown what was read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import log

import simplemma

from embeddings.text.language import is_word, language_of
from embeddings.text.terms import FUNCTION_WORDS, terms, words, written_words

Frequencies = Callable[[Sequence[str]], Mapping[str, int]]
"""In how many paragraphs of the library each term occurs; those that occur nowhere are missing."""

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_POSSESSIVE = re.compile(r"['’]s?$")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_LEAST, _LEAST_NAME, _LEAST_PART = 4, 5, 3
_MOST_WORDS, _LONGEST = 12, 24
_LONG, _LEAST_HELD = 6, 0.2
_RUN_ON = frozenset(
    "what who whose how when where why which is are was were did does do the a an of and many much".split()
)
"""Words that run together with others ("whatdid", "thefine"); with any word, half of all names would be two."""

_COMMON = 10_000
"""Function words are in no index: each counts as if it occurred in this many paragraphs."""

_TURNED, _LEFT_OUT, _DOUBLED, _OTHER, _APART = 0.0, -0.5, -0.3, -1.0, -2.5
_FIRST_LETTER = -2.0
"""How unlikely each slip is beside the likeliest, as a logarithm: people seldom miss a word's first letter."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """A question as it was read; `words` are those read as others, as they were typed, with what they became."""

    text: str
    words: Mapping[str, str]


def correct(text: str, frequencies: Frequencies) -> Corrected:
    """Return the question with its mistyped words replaced."""
    language = language_of(text)
    typed = [(match.start(), match.end(), match[0]) for match in _WORD.finditer(text)]
    doubtful = [one for one in typed if _is_doubtful(one[2], language, is_first=one[0] == typed[0][0])]
    if not doubtful:
        return Corrected(text, {})
    known = frequencies([term for _, _, word in doubtful for term in terms(_bare(word))])
    doubtful = [one for one in doubtful if not any(term in known for term in terms(_bare(one[2])))][:_MOST_WORDS]
    if not doubtful:
        return Corrected(text, {})
    joined = _joined(typed, doubtful)
    guesses = {
        word: dict(_guesses(_bare(word), is_name=start != typed[0][0] and word[0].isupper()))
        for start, _, word in doubtful
    }
    wanted = {part for one in guesses.values() for guess in one for part in _terms_of(guess)}
    found = frequencies([*wanted, *(term for _, _, term in joined)])
    return _replaced(text, doubtful, joined, guesses, found)


def _replaced(
    text: str,
    doubtful: Sequence[tuple[int, int, str]],
    joined: Sequence[tuple[int, int, str]],
    guesses: Mapping[str, Mapping[str, float]],
    found: Mapping[str, int],
) -> Corrected:
    edits = [(start, end, term) for start, end, term in joined if term in found]
    for start, _, word in doubtful:
        if any(first <= start < last for first, last, _ in edits):
            continue
        best = _best(word, guesses[word], found)
        if best is not None:
            bare = _bare(word)
            edits.append((start, start + len(bare), _cased(best, bare)))
    read, changed = text, {}
    for start, end, used in sorted(edits, reverse=True):
        changed[text[start:end]] = used
        read = f"{read[:start]}{used}{read[end:]}"
    return Corrected(read, dict(reversed(changed.items())))


def _is_doubtful(word: str, language: str, *, is_first: bool) -> bool:
    """Return whether no dictionary knows the word and it is long enough to be guessed at."""
    bare = _bare(word)
    low = "".join(words(bare))
    is_name = bare[:1].isupper() and not is_first
    if not (_LEAST_NAME if is_name else _LEAST - 1) <= len(low) <= _LONGEST or low in FUNCTION_WORDS:
        return False
    if bare.isupper() or any(letter not in _LETTERS for letter in low):
        return False
    return not any(is_word(part, language) for part in written_words(bare))


def _best(word: str, guesses: Mapping[str, float], found: Mapping[str, int]) -> str | None:
    """Return the likeliest guess that the library holds; for a long word in lower case any word of the
    dictionary.
    """
    is_long = word.islower() and len(word) >= _LONG
    scores = {}
    for guess, slip in guesses.items():
        least = _LEAST_HELD if is_long and simplemma.is_known(guess, "en") else 0.0
        held = [_COMMON if part in FUNCTION_WORDS else found.get(_term(part), least) for part in guess.split()]
        if min(held) > 0:
            scores[guess] = slip + log(min(held))
    return max(scores, key=lambda guess: (scores[guess], guess)) if scores else None


def _guesses(word: str, *, is_name: bool) -> Iterator[tuple[str, float]]:
    """Yield what the word may have been meant to be, each with how likely such a slip is."""
    low = "".join(words(word))
    for guess, slip in _edits(low).items():
        if guess in FUNCTION_WORDS:
            if not is_name and len(guess) >= _LEAST_PART:
                yield guess, slip
        elif len(guess) >= _LEAST_PART and (len(low) > _LEAST or (len(low) == _LEAST and slip > _OTHER)):
            yield guess, slip
    for cut in range(1, 0 if is_name else len(low)):
        first, second = low[:cut], low[cut:]
        if first in _RUN_ON or second in _RUN_ON or (cut == 1 and len(second) > _LEAST):
            yield f"{first} {second}", _APART


def _edits(word: str) -> dict[str, float]:
    found: dict[str, float] = {}

    def keep(guess: str, at: int, slip: float) -> None:
        cost = slip + (_FIRST_LETTER if at == 0 else 0.0)
        if guess != word and cost > found.get(guess, -99.0):
            found[guess] = cost

    for at in range(len(word) + 1):
        before, after = word[:at], word[at:]
        for letter in _LETTERS:
            keep(f"{before}{letter}{after}", at, _LEFT_OUT)
            if after:
                keep(f"{before}{letter}{after[1:]}", at, _OTHER)
        if after:
            is_double = before.endswith(after[0])
            keep(before + after[1:], at, _DOUBLED if is_double else _OTHER)
        if len(after) > 1:
            keep(f"{before}{after[1]}{after[0]}{after[2:]}", at, _TURNED)
    return found


def _joined(
    typed: Sequence[tuple[int, int, str]], doubtful: Sequence[tuple[int, int, str]]
) -> list[tuple[int, int, str]]:
    """Neighbouring words of which one is doubtful, as the one word that they may be."""
    places = {start for start, _, _ in doubtful}
    return [
        (one[0], other[1], _term("".join(words(one[2] + other[2]))))
        for one, other in pairwise(typed)
        if one[0] in places or other[0] in places
    ]


def _terms_of(guess: str) -> list[str]:
    return [_term(part) for part in guess.split() if part not in FUNCTION_WORDS]


@lru_cache(maxsize=20_000)
def _term(word: str) -> str:
    """Return the index term of a word: its dictionary form, or itself where no dictionary has it."""
    return simplemma.lemmatize(word, "en").lower() if simplemma.is_known(word, "en") else word


def _bare(word: str) -> str:
    return _POSSESSIVE.sub("", word)


def _cased(used: str, typed: str) -> str:
    return f"{used[0].upper()}{used[1:]}" if typed[0].isupper() else used
