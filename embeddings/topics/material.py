"""What a summary is made from: the paragraphs on a subject or of one article, and which of their lines may be
points."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from embeddings.encoding.backends.base import Vectors
from embeddings.encoding.paragraphs import from_blob
from embeddings.search.features import Floats
from embeddings.search.pipeline import Measured
from embeddings.search.ranking import Ranked, rank, sentence_scores
from embeddings.store import paragraphs as lookup
from embeddings.store import stories
from embeddings.store.paragraphs import Candidate, Found
from embeddings.store.tables import VIEWS
from embeddings.text.answer_types import AnswerType
from embeddings.text.dates import day_of
from embeddings.topics.figures import figures
from embeddings.topics.lines import Line, Quotable, lines_of, quotable
from embeddings.topics.points import LEAST, MOST, Statement, facets, term_hashes
from embeddings.topics.subject import BACKGROUND, Subject, about, read_subject
from embeddings.types import Point
from embeddings.weights import DEFAULT_WEIGHTS

CANDIDATES = 400
"""Paragraphs taken from each index for a summary."""

LEAST_SCORE = 0.28
"""A sentence is about the subject from this score on …"""

LEAST_COSINE = 0.25
"""… and from this cosine of it or its paragraph: a few words in common by chance are not enough."""

_SHARE_OF_BEST = 0.6
"""A sentence is worth a point from this share of the best sentence's score on."""

_LEAST_NEAR, _SHARE_OF_NAMED = 0.21, 0.55
"""The same two, for a sentence that is known to be about the name in the subject, or in an article about it."""

_READ, _STATEMENTS, _OF_ARTICLE = 200, 150, 400
"""The most paragraphs that are read on a subject, statements that are weighed, and paragraphs read of an
article."""

_HALF = 2
"""Bytes of a number in a stored vector."""

_STATES, _LEADS, _DANGLES, _AGE = 0.12, 0.1, 0.12, 0.15
_SAYS, _DENSE = 0.5, 8
"""What this number of names and figures, an amount counting twice, adds to a sentence's worth: it says more."""

_DETAIL = re.compile(r"\d[\d.,]*|(?<=[\w,] )[A-Z][\w’'-]+")
_NAMED = 0.4
"""What naming the subject is worth by itself, beside the score."""

_PARTS = 5
"""An article without headings is summarised as if it consisted of this many parts."""

_FEW, _SHARE, _PLAIN = 3, 0.55, 0.5
"""The points of a short article: this share of its sentences, and at least this many. What another sentence
is worth beside its first, which says what the article is about."""


@dataclass(frozen=True, slots=True)
class Material:
    """The paragraphs about a subject, by id, and their statements, best first, each with its vector's row.

    `named` are the names in each of the paragraphs. `stories` is the story's id of every article among them. With
    fewer points than `least` there is too little for a summary; at most `most` are chosen.
    """

    paragraphs: Mapping[int, Found]
    statements: Sequence[Statement]
    vectors: Vectors
    named: Sequence[frozenset[str]]
    stories: Mapping[str, str]
    least: int = LEAST
    most: int = MOST

    def point(self, number: int) -> Point:
        """Return the statement with this number as a point."""
        one = self.statements[number]
        found = self.paragraphs[one.paragraph_id]
        text = found.text[one.start : one.end]
        return Point(text, found.citation, found.position, one.start, one.end, found.added_at, one.antecedent)


@dataclass(frozen=True, slots=True)
class _Weighed:
    """A line that may become a point, with its worth so far and its vector."""

    article: int
    place: int
    worth: float
    kinds: int
    vector: Vectors


def material(connection: Connection, measured: Measured) -> Material:
    """Return what the candidates hold on the subject.

    Of a subject that is a name, the lines that are about it; of another, sentences that score high enough and lack
    no name of it.
    """
    scores = sentence_scores(measured.question, measured.features, measured.idf, DEFAULT_WEIGHTS)
    best = rank(measured.candidates, measured.features, scores)[:_READ]
    owners = {one.candidate.id: int(measured.features.owner[one.row]) for one in best}
    keys = {one.candidate.id: one.candidate.article_key for one in best}
    paragraphs = _with_previous(connection, list(owners))
    by_article = _by_article(paragraphs)
    articles = [lines_of(one) for one in by_article]
    titles = [one[0][1].citation.title for one in by_article]
    subject = read_subject(measured.question.text, (line for lines in articles for line in lines))
    row_of = np.searchsorted(measured.features.owner, np.arange(len(measured.candidates)))

    def measure(line: Line) -> tuple[float, int, Vectors] | None:
        owner = owners.get(line.paragraph)
        if owner is None:
            return None
        place = max(line.places, key=lambda number: scores[row_of[owner] + number])
        candidate = measured.candidates[owner]
        rows = from_blob(candidate.sentence_vectors, measured.dim)
        # a row of the sentence before the paragraph comes before its own
        return float(scores[row_of[owner] + place]), candidate.sentence_kinds[place], rows[place + 1]

    if subject is not None:
        weighed = list(_of_subject(subject, articles, titles, measure))
    else:
        wanted = is_about(measured, scores, max(LEAST_SCORE, _SHARE_OF_BEST * float(scores.max())))
        weighed = list(
            _that_fit(articles, measure, lambda line: _any(wanted, int(row_of[owners[line.paragraph]]), line))
        )
    name = " ".join(subject.core) if subject and subject.is_bare else None
    # One sentence that holds a name and all that is asked of it is enough: "Norvik layoffs".
    is_whole = bool(measured.features.in_sentence.all(axis=1).any())
    least = 1 if subject and (subject.is_bare or is_whole) else LEAST
    return _material(connection, paragraphs, articles, weighed, keys, keys, name=name, least=least)


def article_material(connection: Connection, candidates: Sequence[Candidate]) -> Material:
    """Return what one article says, from its paragraphs: sentences near to its middle and to its lead, each part
    heard."""
    dim = len(candidates[0].views) // VIEWS // _HALF
    kept = candidates[:: max(1, len(candidates) // _OF_ARTICLE)]
    paragraphs = dict(lookup.passages(connection, [one.id for one in kept]))
    by_id = {one.id: one for one in kept}
    (lines,) = [lines_of(one) for one in _by_article(paragraphs)]
    views = from_blob(b"".join(one.views for one in kept), dim).reshape(-1, VIEWS, dim)[:, 0]
    middle, lead = _unit(views.sum(axis=0)), views[0]
    weighed = []
    for place, line in enumerate(lines):
        candidate = by_id[line.paragraph]
        vector = from_blob(candidate.sentence_vectors, dim)[line.places[0] + 1]
        worth = 0.2 + 0.5 * float(vector @ middle) + 0.3 * float(vector @ lead)
        worth *= _PLAIN if place else 1
        weighed.append(_Weighed(0, place, max(worth, 0.05), candidate.sentence_kinds[line.places[0]], vector))
    keys = {one.id: one.article_key for one in kept}
    most = min(MOST, max(_FEW, round(_SHARE * len(lines))))
    return _material(connection, paragraphs, [lines], weighed, keys, _parts(paragraphs), least=1, most=most)


def is_about(measured: Measured, scores: Floats, least: float = LEAST_SCORE) -> npt.NDArray[np.bool_]:
    """Return which sentences are about the subject, shape `(sentences,)`.

    They score at least `least`, are near it in meaning, and they or what is around them hold all of its names.
    """
    features, question = measured.features, measured.question
    names = np.array([term in question.names for term in question.terms], dtype=np.bool_)
    held = features.in_paragraph | features.in_previous | features.in_title
    near = np.maximum.reduce([features.sentence, features.plain_view, features.joined_view]) >= LEAST_COSINE
    about: npt.NDArray[np.bool_] = (scores >= least) & near & (held | ~names).all(axis=1)
    return about


def best_of_articles(measured: Measured, scores: Floats, least: float = LEAST_SCORE) -> list[Ranked]:
    """Return the best paragraph about the subject of each article that has one, best first."""
    about = is_about(measured, scores, least)
    found: dict[int, Ranked] = {}
    for one in rank(measured.candidates, measured.features, np.where(about, scores, -1.0)):
        if one.score >= 0:
            found.setdefault(one.candidate.article_key, one)
    return list(found.values())


_Measure = Callable[[Line], tuple[float, int, Vectors] | None]


def _of_subject(
    subject: Subject, articles: Sequence[list[Line]], titles: Sequence[str], measure: _Measure
) -> Iterator[_Weighed]:
    """Yield the lines that are about a name; when more than a name is asked for, those of them that fit it."""
    found = []
    for number, lines in enumerate(articles):
        for place, (line, weight) in enumerate(zip(lines, about(subject, lines, titles[number]), strict=True)):
            measured = measure(line) if weight else None
            if measured is not None and (weight > BACKGROUND or measured[0] >= _LEAST_NEAR):
                found.append((number, place, weight, *measured))
    best = max((score for _, _, _, score, _, _ in found), default=0.0)
    least = 0.0 if subject.is_bare else max(_LEAST_NEAR, _SHARE_OF_NAMED * best)
    for number, place, weight, score, kinds, vector in found:
        if score >= least:
            yield _Weighed(number, place, weight * (_NAMED + (1 - _NAMED) * score), kinds, vector)


def _that_fit(
    articles: Sequence[list[Line]], measure: _Measure, fits: Callable[[Line], bool]
) -> Iterator[_Weighed]:
    for number, lines in enumerate(articles):
        for place, line in enumerate(lines):
            measured = measure(line)
            if measured is not None and fits(line):
                score, kinds, vector = measured
                yield _Weighed(number, place, score, kinds, vector)


def _material(
    connection: Connection,
    paragraphs: Mapping[int, Found],
    articles: Sequence[list[Line]],
    weighed: Sequence[_Weighed],
    keys: Mapping[int, int],
    sides: Mapping[int, int],
    *,
    name: str | None = None,
    least: int = LEAST,
    most: int = MOST,
) -> Material:
    """Return the lines that may be quoted as statements, best first.

    `keys` are the paragraphs' articles, `sides` what each should have its share beside.
    """
    texts = {number: found.text for number, found in paragraphs.items()}
    kept = sorted(weighed, key=lambda one: -one.worth)[:_STATEMENTS]
    dates = sorted(
        {day_of(found.citation.published_at) for found in paragraphs.values() if found.citation.published_at}
    )
    statements, rows, seen = [], [], set()
    for one in kept:
        line = articles[one.article][one.place]
        bounds = quotable(articles[one.article], one.place, texts, name)
        if bounds is not None:
            worth = _worth(one, bounds, paragraphs[line.paragraph], dates)
            statements.append(_statement(line, bounds, worth, texts, keys, sides))
            rows.append(one.vector)
        seen.add(line.paragraph)
    order = sorted(range(len(statements)), key=lambda number: -statements[number].relevance)
    vectors = np.stack([_unit(rows[number]) for number in order]) if order else np.zeros((0, 1), np.float32)
    named: dict[int, set[str]] = defaultdict(set)
    for lines in articles:
        for line in lines:
            if line.paragraph in seen:
                named[line.paragraph].update(found.text for found in line.names)
    cited = stories.of_articles(connection, {keys[one.paragraph_id] for one in statements})
    return Material(
        paragraphs,
        [statements[number] for number in order],
        vectors,
        [frozenset(found) for found in named.values()],
        cited,
        least,
        most,
    )


def _statement(
    line: Line,
    bounds: Quotable,
    worth: float,
    texts: Mapping[int, str],
    keys: Mapping[int, int],
    sides: Mapping[int, int],
) -> Statement:
    said = texts[line.paragraph][bounds.start : bounds.end]
    return Statement(
        paragraph_id=line.paragraph,
        start=bounds.start,
        end=bounds.end,
        relevance=worth,
        article=keys[line.paragraph],
        side=sides[line.paragraph],
        terms=term_hashes(said),
        figures=figures(said),
        facets=facets(said),
        antecedent=bounds.antecedent,
    )


def _worth(one: _Weighed, bounds: Quotable, found: Found, dates: Sequence[date]) -> float:
    """Return a statement's relevance: its score, more for figures, names, times and the lead, less for age."""
    states = bool(one.kinds & AnswerType.NUMBER) + bool(one.kinds & AnswerType.TIME)
    factor = 1 + _STATES * states + _LEADS * (found.position == 0) - _DANGLES * (bounds.antecedent is not None)
    said = found.text[bounds.start : bounds.end]
    details = len(set(_DETAIL.findall(said))) + sum(map(len, figures(said).values()))
    factor *= 1 + _SAYS * min(details, _DENSE) / _DENSE
    day = found.citation.published_at
    if day and len(dates) > 1:
        factor *= 1 - _AGE * (1 - dates.index(day_of(day)) / (len(dates) - 1))
    return min(1.0, one.worth * factor)


def _with_previous(connection: Connection, ids: Sequence[int]) -> dict[int, Found]:
    """Return these paragraphs, each with the one before it in its article: a sentence may point back to it.

    The paragraphs of an article are stored in their order, so that the one before most often has the id before.
    """
    found = lookup.passages(connection, sorted({number for one in ids for number in (one - 1, one)}))
    kept = dict(found)
    for number in found.keys() - set(ids):
        after = found.get(number + 1)
        if after is None or after.citation.article_id != found[number].citation.article_id:
            del kept[number]
    return kept


def _by_article(paragraphs: Mapping[int, Found]) -> list[list[tuple[int, Found]]]:
    """Return the paragraphs of each article with their ids, in order of position."""
    found: dict[str, list[tuple[int, Found]]] = defaultdict(list)
    for number, one in paragraphs.items():
        found[one.citation.article_id].append((number, one))
    return [sorted(those, key=lambda pair: pair[1].position) for those in found.values()]


def _parts(paragraphs: Mapping[int, Found]) -> dict[int, int]:
    """Return each paragraph of one article with the number of its part: its heading's, or its share of
    the whole.
    """
    headings = list(dict.fromkeys(one.heading for one in paragraphs.values()))
    if len(headings) > 1:
        return {number: headings.index(one.heading) for number, one in paragraphs.items()}
    last = max(one.position for one in paragraphs.values()) + 1
    return {number: one.position * _PARTS // last for number, one in paragraphs.items()}


def _any(wanted: npt.NDArray[np.bool_], first: int, line: Line) -> bool:
    return any(wanted[first + place] for place in line.places)


def _unit(vector: Vectors) -> Vectors:
    unit: Vectors = vector / max(float(np.linalg.norm(vector)), 1e-9)
    return unit
