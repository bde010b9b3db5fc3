"""Questions made from a library's own sentences, for a model of which no labelled questions are at hand.

A sentence becomes a question about one of its parts, as in "Unsupervised Question Answering by Cloze Translation"
(Lewis, Denoyer and Riedel, 2019): that part is left out, other words are lost or are others of the same article,
since people don't say what the text says, and a question word comes first.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from embeddings.text.language import language_of
from embeddings.text.terms import name_terms, terms

_SIGNS = "぀-ヿ㐀-鿿"  # Chinese and Japanese: no blanks between words
_PIECE = re.compile(rf"[{_SIGNS}]{{1,3}}|[^\s{_SIGNS}]+")
_JOINED = re.compile(rf"[{_SIGNS}]")
_MARKS = "()[]\"“”„'‘’,;:."
_LEAST_TERMS, _MOST_TERMS, _LONGEST = 4, 10, 40
_LOST, _OTHER = 0.3, 0.3
"""The share of a sentence's words that its question does not repeat, and the share of the rest, names and figures
aside, that are other words: so much of questions that people ask is not in the paragraph that answers them."""

_ASKS = {
    "en": ("how many", "who", "what"),
    "de": ("wie viele", "wer", "was"),
    "es": ("cuántos", "quién", "qué"),
    "fr": ("combien", "qui", "que"),
    "it": ("quanti", "chi", "che cosa"),
    "pt": ("quantos", "quem", "o que"),
    "nl": ("hoeveel", "wie", "wat"),
}
"""How a language asks for a figure, for a name and for anything: in others nothing goes before the rest."""


def question_of(sentence: str, around: str, chance: random.Random) -> tuple[str, tuple[str, ...]] | None:
    """Return a question that this sentence answers, and the names in it; `None` for one too short or too long.

    `around` is other text of the same article: some of its words take the place of words that people don't repeat.
    """
    pieces = [piece.strip(_MARKS) for piece in _PIECE.findall(sentence)]
    telling = [place for place, piece in enumerate(pieces) if terms(piece)]
    if not _LEAST_TERMS <= len(telling) <= _LONGEST:
        return None
    names = name_terms(f"x {sentence}")
    named = {place for place in telling if any(term in names for term in terms(pieces[place]))}
    asked = chance.choice(telling)
    kept = [place for place in telling if place != asked and (place in named or chance.random() > _LOST)]
    kept = sorted(chance.sample(kept, min(len(kept), _MOST_TERMS)))
    if len(kept) < _LEAST_TERMS - 1:
        return None
    said = dict(zip(kept, _said([pieces[place] for place in kept], around, chance), strict=True))
    said |= {place: pieces[place] for place in named & said.keys()}
    linked = [
        said.get(place, pieces[place])
        for place in range(kept[0], kept[-1] + 1)
        if place in said or not terms(pieces[place])
    ]
    figure, who, what = _ASKS.get(language_of(sentence), ("", "", ""))
    word = figure if any(c.isdigit() for c in pieces[asked]) else who if asked in named else what
    text = ("" if _JOINED.search(sentence) else " ").join(one for one in linked if one)
    return f"{word} {text}?".strip(), tuple(pieces[place] for place in kept if place in named)


def _said(pieces: Sequence[str], around: str, chance: random.Random) -> list[str]:
    """Return the pieces with some of them other words of the text around them."""
    others = [one for piece in _PIECE.findall(around) if terms(one := piece.strip(_MARKS))]
    return [chance.choice(others) if others and chance.random() < _OTHER else piece for piece in pieces]
