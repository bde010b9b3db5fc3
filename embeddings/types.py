"""The nouns of the library: one frozen dataclass a concept, and the JSON shape of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from enum import StrEnum
from html import escape
from typing import Any, Self

from embeddings.errors import InvalidInputError
from embeddings.scope import Asked
from embeddings.text.dates import iso_text
from embeddings.text.sentences import paragraphs, storable
from embeddings.weights import DEFAULT_CONFIDENCE

LOCAL_TEAM = "local"
DEFAULT_COLLECTION = "default"
PATH_SEPARATOR = " › "
"""What parts the headings of a path, outermost first."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph of the article.

    `heading` is the path of the headings above it, outermost first, joined by `PATH_SEPARATOR`. `page` is that
    of a PDF on which it begins, counted from 1; `label` is what is printed on that page, a slide's or a sheet's
    name. `table`: it is a row of a table, put into words.
    """

    text: str
    heading: str | None = None
    page: int | None = None
    table: bool = False
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """One article as it was read, before it is stored.

    `id` is given by the source or left `None`, when the library names it after `name`. `origin` tells the
    same article from another when it is read again: its URL, or its file's path. `published_at` is ISO 8601
    as the source states it, or `None`: a date is never guessed. `language` is a code like "en", if the source
    states one. An article from an export carries when it was added, and its other addresses.
    `warnings` say what of it could not be read, or was read as meant, for whoever adds it.
    """

    title: str
    paragraphs: tuple[Paragraph, ...]
    name: str
    origin: str | None = None
    id: str | None = None
    url: str | None = None
    source: str | None = None
    author: str | None = None
    published_at: str | None = None
    collection: str | None = None
    language: str | None = None
    added_at: str | None = None
    also_at: tuple[Citation, ...] = ()
    warnings: tuple[str, ...] = ()

    @classmethod
    def from_text(
        cls,
        title: str,
        text: str,
        *,
        id: str | None = None,
        url: str | None = None,
        source: str | None = None,
        author: str | None = None,
        published_at: date | str | None = None,
        collection: str | None = None,
        language: str | None = None,
    ) -> Self:
        """Return an article of this text, whose paragraphs are parted by blank lines.

        `published_at` is a date, a datetime or ISO 8601 text. Without an `id` or a `url` the title tells the same
        article from another. Raises `InvalidInputError` for a value that can't be used.
        """
        given = {"title": title, "text": text, "id": id, "url": url, "source": source, "author": author}
        given |= {"collection": collection, "language": language}
        for name, value in given.items():
            if not isinstance(value, str) and (value is not None or name in ("title", "text")):
                raise InvalidInputError(f"{name!r} is {value!r}, which is not text. Pass a str.")
        parts = tuple(Paragraph(part) for part in paragraphs(storable(text)))
        if not parts or not title.strip():
            raise InvalidInputError(f"{'text' if title.strip() else 'title'!r} is empty. Pass some words.")
        try:
            published = None if published_at is None else iso_text(published_at)
        except ValueError as error:
            raise InvalidInputError(f"'published_at': {error}") from error
        kept = {name: storable(value).strip() or None for name, value in given.items() if value is not None}
        kept |= {"title": storable(title).strip(), "name": storable(title).strip(), "origin": kept.get("url")}
        del kept["text"]
        return cls(paragraphs=parts, published_at=published, **kept)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Skipped:
    """What was passed over, and why: `source` names it."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a passage is from: all that a reader needs to find the article again.

    `private` articles are one audience's alone: no page that everybody opens shows them.
    """

    article_id: str
    title: str
    url: str | None = None
    source: str | None = None
    author: str | None = None
    published_at: str | None = None
    collection: str = DEFAULT_COLLECTION
    private: bool = field(default=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Return it in the shape that the command line and the HTTP API print as JSON."""
        found = asdict(self)
        del found["private"]
        return found


@dataclass(frozen=True, slots=True)
class Highlight:
    """The answering sentence: character offsets into the passage's text, `text[start:end]`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """One paragraph found for a question. `score` is 0 to 1, higher is better; `paragraph` counts from 0.

    `heading`, `page`, `label` and `table` are the `Paragraph`'s.
    """

    rank: int
    score: float
    citation: Citation
    paragraph: int
    text: str
    highlight: Highlight
    heading: str | None = None
    also_in: tuple[Citation, ...] = ()
    page: int | None = None
    table: bool = False
    label: str | None = None
    relevant: bool = False
    """Whether the passage belongs to the answer, and is not only near."""

    @property
    def sentence(self) -> str:
        """The sentence that answers, verbatim."""
        return self.text[self.highlight.start : self.highlight.end]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON's types; `page`, `page_label` and `table` are there only where there is one."""
        page: dict[str, Any] = {"page": self.page} if self.page is not None else {}
        page |= {"page_label": self.label} if self.label is not None else {}
        page |= {"table": True} if self.table else {}
        return {
            "rank": self.rank,
            "score": self.score,
            "relevant": self.relevant,
            **self.citation.to_dict(),
            "paragraph": self.paragraph,
            "heading": self.heading,
            **page,
            "text": self.text,
            "highlight": asdict(self.highlight),
            "also_in": [
                {"article_id": one.article_id, "title": one.title, "url": one.url} for one in self.also_in
            ],
        }

    def _repr_html_(self) -> str:
        before, after = self.text[: self.highlight.start], self.text[self.highlight.end :]
        cited = " · ".join(part for part in (self.citation.title, self.citation.published_at) if part)
        return (
            f"<p>{escape(before)}<mark>{escape(self.sentence)}</mark>{escape(after)}"
            f"<br><small>{escape(cited)}, paragraph {self.paragraph + 1}</small></p>"
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What the library found: `answered` is its decision, `confidence` the probability behind it (0 to 1).

    An unanswered question still lists the nearest passages, so that a person can judge. `corrected` are the words
    that were read as others, as they were typed, with what they were read as. `differ` are groups of ranks of
    relevant passages that give different figures on the same thing. `notes` are sentences for the reader: that
    nothing is of the period asked for, that there is a newer paper of the same series or story, or that question
    and nearest passages are in two languages. `languages` are the codes of both then, the question's first.
    `sure_from` is the confidence from which on the library calls an answer sure: its own, or the one shipped.
    """

    question: str
    answered: bool
    confidence: float
    passages: tuple[Passage, ...]
    took_ms: float
    asked: Asked | None = None
    notes: tuple[str, ...] = ()
    corrected: Mapping[str, str] = field(default_factory=dict)
    differ: tuple[tuple[int, ...], ...] = ()
    languages: tuple[str, str] | None = None
    sure_from: float = DEFAULT_CONFIDENCE.sure

    @property
    def is_sure(self) -> bool:
        """Whether the passage that comes first is right in about nine cases of ten."""
        return self.confidence >= self.sure_from

    def to_dict(self) -> dict[str, Any]:
        """Return it in the shape that `topicbot ask --json` and the HTTP API print."""
        return {
            "question": self.question,
            "answered": self.answered,
            "confidence": self.confidence,
            "corrected": dict(self.corrected),
            "differ": [list(ranks) for ranks in self.differ],
            "passages": [passage.to_dict() for passage in self.passages],
            "asked": (self.asked or Asked(self.question)).to_dict(),
            "notes": list(self.notes),
            "languages": self.languages and dict(zip(("question", "passages"), self.languages, strict=True)),
            "took_ms": self.took_ms,
        }

    def _repr_html_(self) -> str:
        said = "" if self.answered else "<p>Nothing in the library answers this. The nearest passages:</p>"
        shown = "".join(passage._repr_html_() for passage in self.passages)
        return f"<h4>{escape(self.question)}</h4>{said}{shown}"


@dataclass(frozen=True, slots=True)
class Antecedent:
    """What a point's pronoun or description means: `shown` in brackets takes the place of `text[start:end]`."""

    start: int
    end: int
    shown: str


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a summary: `text` is the paragraph's text from `start` to `end`, to the letter.

    `added_at` is when its article came into the library, ISO 8601 in UTC. `antecedent` names whom or what a point
    that begins with a pronoun means; the quotation itself stays as it is.
    """

    text: str
    citation: Citation
    paragraph: int
    start: int
    end: int
    added_at: str
    antecedent: Antecedent | None = None

    @property
    def shown(self) -> str:
        """The text as an editor would print it: with the name in square brackets, "[Zhang] said …"."""
        one = self.antecedent
        return self.text if one is None else f"{self.text[: one.start]}{one.shown}{self.text[one.end :]}"


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a timeline: the day of an article (ISO 8601, or `None`) and its headline."""

    date: str | None
    headline: str
    article_id: str


@dataclass(frozen=True, slots=True)
class Named:
    """A name and in how many of the paragraphs that were read it occurs."""

    name: str
    paragraphs: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many articles a stretch of time has: a day, week, month or year that begins on `start`, ISO 8601."""

    start: str
    articles: int


@dataclass(frozen=True, slots=True)
class TopicSummary:
    """What the articles say on a subject. `enough` is false when there is too little for a summary.

    `points` are its key points. Each of `conflicts` is a group of points that say the same with different
    figures. `timeline` and `sources` go from old to new; `coverage` counts articles over time. With too little
    material there are no points, and `passages` are the nearest passages.
    """

    subject: str
    enough: bool
    points: tuple[Point, ...]
    conflicts: tuple[tuple[Point, ...], ...]
    timeline: tuple[Event, ...]
    named: tuple[Named, ...]
    sources: tuple[Citation, ...]
    coverage: tuple[Bucket, ...]
    passages: tuple[Passage, ...]
    took_ms: float


@dataclass(frozen=True, slots=True)
class Story:
    """Articles of one event, oldest first. `copies` are the ids of those that only repeat another one's text.

    `story_id` stays as the story grows. `headline` is the title of the article that represents it best.
    `first_seen` and `last_seen` are the dates of its oldest and newest article, ISO 8601: the article's own, or
    when it was added.
    """

    story_id: str
    headline: str
    articles: tuple[Citation, ...]
    copies: tuple[str, ...]
    first_seen: str
    last_seen: str

    @property
    def sources(self) -> int:
        """How many different sources tell the story; an article without one counts as its own."""
        return len({one.source or one.article_id for one in self.articles})


class Outcome(StrEnum):
    """What adding an article did."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Added:
    """The result of adding one article: its id in the library and how many paragraphs it now has."""

    outcome: Outcome
    article_id: str
    paragraphs: int


@dataclass(frozen=True, slots=True)
class ArticleSummary:
    """An article in the library, as a list shows it."""

    citation: Citation
    paragraphs: int
    added_at: str


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """A whole article in the library, paragraphs in order. `also_at` are other addresses of the same text."""

    citation: Citation
    added_at: str
    paragraphs: tuple[Paragraph, ...]
    language: str | None = None
    also_at: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts of what the library holds, and which model made its vectors."""

    articles: int
    paragraphs: int
    sentences: int
    collections: tuple[str, ...] = field(default=())
    model: str | None = None
