"""The sentences of the paragraphs that a summary is made from, in their order, with the names in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from embeddings.encoding.paragraphs import spans_from_blob
from embeddings.store.paragraphs import Found
from embeddings.topics.names import Name, names_of
from embeddings.topics.points import is_boilerplate, is_half, span
from embeddings.topics.references import Kind, Reference, bracketed, reference, resolve
from embeddings.types import Antecedent

_QUOTATION, _BOTH, _SENTENCES = 700, 600, 5
"""The most characters of sentences joined because a quotation runs through them, of a
point of two sentences; the most sentences that are joined."""


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence, `paragraph`'s text from `start` to `end`; a quotation of several sentences is one.

    `places` are the numbers of its sentences in the paragraph. `follows` tells whether the line before it in
    the list is the one before it in the article.
    """

    paragraph: int
    start: int
    end: int
    text: str
    places: tuple[int, ...]
    names: tuple[Name, ...]
    follows: bool


@dataclass(frozen=True, slots=True)
class Quotable:
    """What of a line may be quoted by itself: offsets in its paragraph, and whom its first pronoun means."""

    start: int
    end: int
    antecedent: Antecedent | None


def lines_of(article: Sequence[tuple[int, Found]]) -> list[Line]:
    """Return the lines of paragraphs of one article, given with their ids in order of position."""
    pieces: list[tuple[int, int, int, tuple[int, ...], bool]] = []
    previous: int | None = None
    for number, found in article:
        follows = previous is not None and found.position == previous + 1
        for start, end, places in _joined(found.text, spans_from_blob(found.sentence_spans)):
            pieces.append((number, start, end, places, follows))
            follows = True
        previous = found.position
    texts = {number: found.text for number, found in article}
    said = [texts[number][start:end] for number, start, end, _, _ in pieces]
    return [
        Line(number, start, end, text, places, tuple(names), follows)
        for (number, start, end, places, follows), text, names in zip(pieces, said, names_of(said), strict=True)
    ]


def quotable(
    lines: Sequence[Line], place: int, texts: dict[int, str], subject: str | None = None
) -> Quotable | None:
    """Return the point that a line makes by itself, or `None` when it makes none.

    One that points back is quoted with the name that it means, or with the sentence before it. `subject` is
    the name that the lines are known to be about.
    """
    line = lines[place]
    text = texts[line.paragraph]
    bounds = span(text, line.start, line.end)
    if bounds is None or is_boilerplate(line.text):
        return None
    said = text[slice(*bounds)]
    mark = reference(said)
    if mark is None:
        return Quotable(*bounds, None)
    name = resolve(mark, [one.names for one in before(lines, place)], _as_name(subject, lines, place, mark))
    if name is not None:
        return Quotable(*bounds, bracketed(said, mark, name.text))
    return _with_previous(lines, place, text, bounds[1])


def _with_previous(lines: Sequence[Line], place: int, text: str, end: int) -> Quotable | None:
    """Return the line together with the one before it in its paragraph, when that may be quoted."""
    previous = lines[place - 1]
    if not place or previous.paragraph != lines[place].paragraph or not lines[place].follows:
        return None
    first = span(text, previous.start, previous.end)
    if first is None or end - first[0] > _BOTH or is_boilerplate(previous.text):
        return None
    opening = text[slice(*first)]
    mark = reference(opening)
    if mark is None:
        return Quotable(first[0], end, None)
    name = resolve(mark, [one.names for one in before(lines, place - 1)])
    return Quotable(first[0], end, bracketed(opening, mark, name.text)) if name else None


def before(lines: Sequence[Line], place: int) -> Sequence[Line]:
    """Return the lines before this one without a gap, nearest last."""
    first = place
    while first > 0 and lines[first].follows:
        first -= 1
    return lines[first:place]


def _as_name(subject: str | None, lines: Sequence[Line], place: int, mark: Reference) -> Name | None:
    """Return the subject as the lines before name it, for what points back at a thing."""
    if subject is None or mark.kind is Kind.PERSON:
        return None
    words = subject.casefold().split()
    for line in reversed(before(lines, place)):
        for name in line.names:
            if name.kind != "person" and set(words) <= set(name.text.casefold().split()):
                return name
    return None


def _joined(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int, tuple[int, ...]]]:
    """Return the sentences, those that one quotation runs through joined; a mark that is never closed joins
    nothing.
    """
    found: list[tuple[int, int, tuple[int, ...]]] = []
    place = 0
    while place < len(spans):
        start, end = spans[place]
        last = place
        if is_half(text[start:end]):
            ends = range(place + 1, min(place + _SENTENCES, len(spans)))
            whole = (n for n in ends if not is_half(text[start : spans[n][1]]))
            last = next((n for n in whole if spans[n][1] - start <= _QUOTATION), place)
        found.append((start, spans[last][1], tuple(range(place, last + 1))))
        place = last + 1
    return found
