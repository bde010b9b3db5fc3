"""The REST API under `/api/v1`: a table of operations, from which the routes and the OpenAPI document are made."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from typing_extensions import TypedDict

from bot.console.contract import AnswerJson, ArticleJson, ArticlesJson, StoriesJson, TopicJson
from bot.console.shapes import article_json, story_json, summary_json, topic_json
from bot.web.access.callers import Caller, Site
from embeddings.errors import InvalidInputError
from embeddings.text.sentences import storable
from embeddings.types import Article

PREFIX = "/api/v1"
_PAGE = 100
_T = TypeVar("_T")


class Filters(BaseModel):
    """Which articles count. Dates are like 2021-09-26; both ends belong to the period."""

    model_config = ConfigDict(extra="forbid")

    collection: str | None = Field(None, description="Only this collection.")
    since: str | None = Field(None, description="Only articles from this date on.")
    until: str | None = Field(None, description="Only articles up to this date.")
    source: str | None = Field(None, description="Only articles whose citation names this source.")


class AskQuery(Filters):
    """A question."""

    q: str = Field(description="The question, in plain words.")
    k: int | None = Field(None, ge=1, le=50, description="How many passages. Default: those that belong.")


class TopicQuery(Filters):
    """A subject to summarise."""

    subject: str = Field(description="What to summarise.")


class Paged(BaseModel):
    """A page of a list. The header `Link` of the answer has the address of the next one."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(_PAGE, ge=1, le=1000, description="How many a page.")
    cursor: str | None = Field(None, description="Where the page begins: as the last page's `Link` has it.")


class StoriesQuery(Paged, Filters):
    """Stories, newest first."""


class ArticlesQuery(Paged):
    """Articles, newest first."""

    collection: str | None = Field(None, description="Only this collection.")


class DigestQuery(BaseModel):
    """What a digest of these topics would post now."""

    model_config = ConfigDict(extra="forbid")

    topic: list[str] = Field(
        default=[], max_length=20, description="A topic; may be repeated. None: all that is new."
    )
    since: str | None = Field(None, description="From this date on. Default: the last seven days.")


class Nothing(BaseModel):
    """No parameters."""

    model_config = ConfigDict(extra="forbid")


class NewArticle(BaseModel):
    """An article to add; blank lines part its paragraphs."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, Field(min_length=1)]
    text: Annotated[str, Field(min_length=1)]
    id: str | None = None
    url: str | None = None
    source: str | None = None
    author: str | None = None
    published_at: str | None = None
    collection: str | None = None
    language: str | None = None


class AddedJson(TypedDict):
    """What adding an article did: "added", "updated" or "unchanged"."""

    outcome: str
    article_id: str
    paragraphs: int


class SourcesJson(TypedDict):
    """The sources, as `topicbot sources list --json` prints them."""

    sources: list[dict[str, Any]]


class RemovedJson(TypedDict):
    """The ids of the articles that were removed."""

    removed: list[str]


@dataclass(frozen=True, slots=True)
class Call:
    """One request, read and checked: `query` and `body` are what the operation's models say."""

    site: Site
    caller: Caller
    query: Any
    body: Any
    path: str
    article_id: str


@dataclass(frozen=True, slots=True)
class Result:
    """A JSON value to answer with. `next` is the cursor of the next page."""

    value: Any
    status: int = 200
    next: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


def ask(call: Call) -> Result:
    """Ask a question: verbatim passages, the answering sentence marked; `answered` is false when none answers."""
    shelf, query = call.site.of(call.caller), call.query
    scope = shelf.scope(query.collection, query.since, query.until, query.source)
    return Result(shelf.ask(storable(query.q), scope, query.k).to_dict())


def topic(call: Call) -> Result:
    """Summarise a subject in the articles' own sentences."""
    shelf, query = call.site.of(call.caller), call.query
    scope = shelf.scope(query.collection, query.since, query.until, query.source)
    return Result(topic_json(shelf.topic(storable(query.subject), scope), None))


def stories(call: Call) -> Result:
    """List the stories, newest first: articles of the same event are one story."""
    shelf, query = call.site.of(call.caller), call.query
    found = shelf.stories(shelf.scope(query.collection, query.since, query.until, query.source))
    page, after = _page(found, query, lambda one: one.story_id)
    return Result({"stories": [story_json(one) for one in page]}, next=after)


def articles(call: Call) -> Result:
    """List the articles, newest first."""
    found = call.site.of(call.caller).listed(call.query.collection)
    page, after = _page(found, call.query, lambda one: one.citation.article_id)
    return Result({"articles": [summary_json(one) for one in page]}, next=after)


def article(call: Call) -> Result:
    """Return one article, its paragraphs in order."""
    return Result(article_json(call.site.of(call.caller).article(storable(call.article_id))))


def summary(call: Call) -> Result:
    """Summarise one article in its own sentences, in their order."""
    return Result(topic_json(call.site.of(call.caller).summary(storable(call.article_id)), None))


def add(call: Call) -> Result:
    """Add an article, or bring the one with this id up to date."""
    shelf, given = call.site.of(call.caller), call.body
    collection = shelf.collection_for(given.collection)
    shelf.check_mine(given.id)
    article = Article.from_text(**{**given.model_dump(), "collection": collection})
    added = shelf.articles.add(article)
    value = {"outcome": str(added.outcome), "article_id": added.article_id, "paragraphs": added.paragraphs}
    return Result(value, 201 if added.outcome == "added" else 200)


def remove(call: Call) -> Result:
    """Remove an article."""
    article_id = storable(call.article_id)
    call.site.of(call.caller).remove(article_id)
    return Result({"removed": [article_id]})


def sources(call: Call) -> Result:
    """List the sources with their health."""
    from bot.sources.commands import source_json
    from embeddings.subscriptions.service import Sources

    shelf = call.site.of(call.caller)
    known = Sources(shelf.articles)
    counts, seen = known.counts(), call.caller.collections
    shown = [one for one in known.every() if seen is None or one.collection in seen]
    return Result({"sources": [source_json(one, counts.get(one.key, 0), known.errors(one)) for one in shown]})


def digest(call: Call) -> Result:
    """Preview a digest, as `topicbot digest preview --json` prints it; nothing is posted."""
    from dataclasses import replace

    from bot.digests.commands import content_json, passing
    from bot.digests.delivery import preview
    from bot.workspace.registry import open_workspace

    site, now = call.site, call.site.now()
    team = call.caller.team
    workspace = open_workspace(team, site.settings, site.library, site.store, site.now, library_team=team)
    chosen = replace(passing(tuple(call.query.topic), now), collections=call.caller.collections)
    since = site.of(call.caller).scope(since=call.query.since).since
    found, messages = preview(workspace, chosen, now, since)
    return Result(content_json(chosen, found, messages))


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path: what it takes, what it returns, and the statuses it may answer besides."""

    method: str
    path: str
    run: Callable[[Call], Result]
    query: type[BaseModel]
    returns: Any
    body: type[BaseModel] | None = None
    writes: bool = False


OPERATIONS = (
    Operation("GET", "/ask", ask, AskQuery, AnswerJson),
    Operation("GET", "/topic", topic, TopicQuery, TopicJson),
    Operation("GET", "/stories", stories, StoriesQuery, StoriesJson),
    Operation("GET", "/articles", articles, ArticlesQuery, ArticlesJson),
    Operation("POST", "/articles", add, Nothing, AddedJson, NewArticle, writes=True),
    # Before the article, whose id may have slashes.
    Operation("GET", "/articles/{article_id}/summary", summary, Nothing, TopicJson),
    Operation("GET", "/articles/{article_id}", article, Nothing, ArticleJson),
    Operation("DELETE", "/articles/{article_id}", remove, Nothing, RemovedJson, writes=True),
    Operation("GET", "/sources", sources, Nothing, SourcesJson),
    Operation("GET", "/digest", digest, DigestQuery, dict[str, Any]),
)


def read_query(model: type[BaseModel], pairs: Sequence[tuple[str, str]]) -> BaseModel:
    """Return the query's parameters as the model has them. Raises `InvalidInputError`."""
    given: dict[str, Any] = {}
    for name, value in pairs:
        if name == "topic":
            given.setdefault(name, []).append(storable(value))
        elif name in given:
            raise InvalidInputError(f"{name!r} is given twice. Give it once.")
        else:
            given[name] = storable(value)
    return _checked(model, given, "query")


def read_body(model: type[BaseModel], body: bytes) -> BaseModel:
    """Return the JSON body as the model has it. Raises `InvalidInputError`."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError('The body is not JSON. Send an object like {"title": …, "text": …}.') from error
    return _checked(model, given, "body")


def _checked(model: type[BaseModel], given: object, where: str) -> BaseModel:
    try:
        return model.model_validate(given)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc'])) or where}: {one['msg']}" for one in error.errors())
        raise InvalidInputError(
            f"The {where} can't be used: {wrong}. /api/v1/openapi.json says what can."
        ) from error


def link_to_next(path: str, query: BaseModel, cursor: str) -> str:
    """Return the header `Link` (RFC 8288) with the address of the next page."""
    kept = {**query.model_dump(exclude_none=True), "cursor": cursor}
    return f'<{path}?{urlencode(kept)}>; rel="next"'


def _page(found: Sequence[_T], query: Any, name: Callable[[_T], str]) -> tuple[Sequence[_T], str | None]:
    """Return a page of the list and the cursor of the next one.

    A cursor names the last one that was shown and its place: where that one is gone, the place counts. It says
    nothing that the caller doesn't see: it is looked up in the caller's own list.
    """
    first = 0
    if query.cursor is not None:
        place, last = _read_cursor(query.cursor)
        first = next((at + 1 for at, one in enumerate(found) if name(one) == last), min(place, len(found)))
    page = found[first : first + query.limit]
    more = first + len(page) < len(found)
    return page, _cursor(first + len(page), name(page[-1])) if more and page else None


def _cursor(place: int, last: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([place, last]).encode()).decode()


def _read_cursor(cursor: str) -> tuple[int, str]:
    try:
        place, last = json.loads(base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True))
        if type(place) is int and isinstance(last, str) and place >= 0:
            return place, last
    except (ValueError, TypeError, binascii.Error, RecursionError):
        pass
    raise InvalidInputError("The cursor can't be read. Leave it out to begin with the first page.")
