"""The JSON contract as types: what `--json` prints. The documentation shows them as JSON Schema."""

from __future__ import annotations

from typing import Any, NotRequired

from pydantic import ConfigDict, TypeAdapter, with_config
from typing_extensions import TypedDict  # pydantic needs this one below Python 3.12

_CLOSED = ConfigDict(extra="forbid")


@with_config(_CLOSED)
class CitationJson(TypedDict):
    """Where a passage or an article comes from. Dates are ISO 8601, or null where the article has none."""

    article_id: str
    title: str
    url: str | None
    source: str | None
    author: str | None
    published_at: str | None
    collection: str


@with_config(_CLOSED)
class HighlightJson(TypedDict):
    """The answering sentence: character offsets into the passage's text, from `start` up to `end`."""

    start: int
    end: int


@with_config(_CLOSED)
class CopyJson(TypedDict):
    """Another article with the same text."""

    article_id: str
    title: str
    url: str | None


@with_config(_CLOSED)
class PassageJson(CitationJson):
    """A paragraph that was found. `score` is 0 to 1, higher is better; `relevant` tells whether it belongs.

    `page`, the document's own `page_label` and `table` are there only where there is one.
    """

    rank: int
    score: float
    paragraph: int
    heading: str | None
    page: NotRequired[int]
    page_label: NotRequired[str]
    table: NotRequired[bool]
    relevant: bool
    text: str
    highlight: HighlightJson
    also_in: list[CopyJson]


@with_config(_CLOSED)
class AskedJson(TypedDict):
    """The question as it was read. The bounds are days of the asker's zone; `collections` is null for all."""

    text: str
    since: str | None
    until: str | None
    strict: bool
    collections: list[str] | None


@with_config(_CLOSED)
class LanguagesJson(TypedDict):
    """The codes of two languages that differ: that of the question and that of the nearest passages."""

    question: str
    passages: str


@with_config(_CLOSED)
class AnswerJson(TypedDict):
    """An answer. `confidence` is 0 to 1; `error` says why a line of `ask -` could not be asked.

    `corrected` has the question's misspelt words with what was searched for; `differ` the ranks of passages that
    state different figures. `languages` is null unless the question is in another language than the passages.
    """

    question: str
    answered: bool
    confidence: float
    passages: list[PassageJson]
    corrected: dict[str, str]
    differ: list[list[int]]
    asked: AskedJson
    notes: list[str]
    languages: LanguagesJson | None
    took_ms: float
    error: NotRequired[str]


@with_config(_CLOSED)
class ArticleSummaryJson(CitationJson):
    """An article in a list, with its number of paragraphs."""

    paragraphs: int
    added_at: str


@with_config(_CLOSED)
class ParagraphJson(TypedDict):
    """A paragraph of an article; `page` counts from 1, `label` is what the document itself calls it."""

    text: str
    heading: str | None
    page: int | None
    table: bool
    label: str | None


@with_config(_CLOSED)
class AddressJson(TypedDict):
    """Another address of the same text."""

    title: str
    url: str | None
    source: str | None


@with_config(_CLOSED)
class ArticleJson(CitationJson):
    """A whole article, its paragraphs in order."""

    added_at: str
    language: str | None
    also_at: list[AddressJson]
    paragraphs: list[ParagraphJson]


@with_config(_CLOSED)
class AntecedentJson(TypedDict):
    """What a pronoun or description means: `shown` takes the place of the text from `start` to `end`."""

    start: int
    end: int
    shown: str


@with_config(_CLOSED)
class PointJson(TypedDict):
    """A point of a summary: `text` is the paragraph's text from `start` to `end`, to the letter.

    `shown` is how an editor would print it, with names in square brackets for what `antecedent`, a part of `text`,
    points back to.
    """

    text: str
    shown: str
    antecedent: AntecedentJson | None
    article_id: str
    paragraph: int
    start: int
    end: int
    title: str
    url: str | None
    published_at: str | None


@with_config(_CLOSED)
class FigureJson(PointJson):
    """One of several points whose figures differ: whether it is the newest, and says itself that it corrects."""

    newest: bool
    corrects: bool


@with_config(_CLOSED)
class EventJson(TypedDict):
    """A line of a timeline."""

    date: str | None
    headline: str
    article_id: str


@with_config(_CLOSED)
class NamedJson(TypedDict):
    """A name, and the number of paragraphs that have it."""

    name: str
    paragraphs: int


@with_config(_CLOSED)
class BucketJson(TypedDict):
    """How many articles a day, week, month or year has, which begins on `start`."""

    start: str
    articles: int


@with_config(_CLOSED)
class TopicSourceJson(TypedDict):
    """An article that a summary is based on."""

    article_id: str
    title: str
    url: str | None
    source: str | None
    published_at: str | None


@with_config(_CLOSED)
class TopicJson(TypedDict):
    """A summary. `enough` is false when there is too little; `passages` are then the nearest."""

    subject: str
    enough: bool
    points: list[PointJson]
    conflicts: list[list[FigureJson]]
    timeline: list[EventJson]
    named: list[NamedJson]
    sources: list[TopicSourceJson]
    coverage: list[BucketJson]
    since: str | None
    new_articles: list[str]
    passages: list[PassageJson]
    took_ms: float


@with_config(_CLOSED)
class StoryJson(TypedDict):
    """Articles of one event; `sources` is the number of publishers, `copies` are ids of repeated texts."""

    story_id: str
    headline: str
    article_ids: list[str]
    first_seen: str
    last_seen: str
    sources: int
    copies: list[str]


@with_config(_CLOSED)
class ArticlesJson(TypedDict):
    """The articles of a library."""

    articles: list[ArticleSummaryJson]


@with_config(_CLOSED)
class StoriesJson(TypedDict):
    """The stories of a library, newest first."""

    stories: list[StoryJson]


PRINTED: dict[str, Any] = {
    "topicbot ask QUESTION --json": AnswerJson,
    "topicbot topic SUBJECT --json": TopicJson,
    "topicbot stories --json": StoriesJson,
    "topicbot articles list --json": ArticlesJson,
    "topicbot articles show ID --json": ArticleJson,
}
"""What each command prints; `ask -` prints one answer a line."""


def schema(shape: Any) -> dict[str, Any]:
    """Return the JSON Schema of one of these types."""
    return TypeAdapter(shape).json_schema()


def check(shape: Any, printed: object) -> None:
    """Raise pydantic's `ValidationError` when what was printed differs from its type in any key or type."""
    TypeAdapter(shape).validate_python(printed, strict=True)
