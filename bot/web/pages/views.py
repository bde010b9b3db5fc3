"""The pages for people: asking, reading, listing, adding. Every form works without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.web.access.callers import Caller, Shelf, Site
from bot.web.access.sessions import secret_in
from bot.web.pages import suggest
from bot.web.pages.charts import bars, dots
from bot.web.pages.settings import shown_settings
from bot.web.pages.uploads import PATH, add_uploaded
from bot.web.problems import wants_json
from bot.web.render import page
from embeddings.errors import DamagedError, NotFoundError, QuestionError
from embeddings.scope import Scope
from embeddings.text.sentences import storable
from embeddings.types import Passage

_LISTED = 100
_FILTERED = ("ask.html", "topic.html", "stories.html")
_FILTERS = ("collection", "source", "since", "until")


@dataclass(frozen=True, slots=True)
class Shown:
    """A passage with the paragraphs before and after it, empty where there is none."""

    passage: Passage
    before: str
    after: str


class Pages:
    """The pages of one site."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Return their routes."""
        return [
            Route("/", self.ask),
            Route("/topic", self.topic),
            Route("/stories", self.stories),
            Route("/sources", self.sources),
            Route("/articles", self.articles),
            Route("/articles/{article_id:path}", self.article),
            Route(PATH, self.form, methods=["GET"]),
            Route(PATH, self.upload, methods=["POST"]),
            Route("/settings", self.settings),
            Route("/suggest", self.suggest),
        ]

    def ask(self, request: Request) -> Response:
        """Show the ask page, with the answer to `q`."""
        shelf, given = self._shelf(request), _given(request.query_params, "q", *_FILTERS)
        answer, shown, wrong = None, [], ""
        if given["q"]:
            try:
                scope = _scope(shelf, given)
                answer = shelf.ask(given["q"], scope)
                shown = [_shown(shelf, one) for one in answer.passages]
            except QuestionError as error:
                wrong = str(error)
        return self._page(request, "ask.html", given=given, answer=answer, shown=shown, wrong=wrong)

    def topic(self, request: Request) -> Response:
        """Show a subject's summary."""
        shelf, given = self._shelf(request), _given(request.query_params, "q", *_FILTERS)
        summary, wrong = None, ""
        if given["q"]:
            try:
                summary = shelf.topic(given["q"], _scope(shelf, given))
            except QuestionError as error:
                wrong = str(error)
        drawn = {"bars": bars(summary.coverage), "dots": dots(summary.timeline)} if summary else {}
        return self._page(request, "topic.html", given=given, summary=summary, wrong=wrong, **drawn)

    def stories(self, request: Request) -> Response:
        """Show the newest stories."""
        shelf, given = self._shelf(request), _given(request.query_params, *_FILTERS)
        found = shelf.stories(_scope(shelf, given))
        return self._page(request, "stories.html", given=given, stories=found[:_LISTED], count=len(found))

    def sources(self, request: Request) -> Response:
        """Show the sources with their health."""
        from embeddings.subscriptions.service import Sources

        shelf = self._shelf(request)
        known, seen = Sources(shelf.articles), shelf.caller.collections
        shown = [one for one in known.every() if seen is None or one.collection in seen]
        return self._page(request, "sources.html", feeds=shown, counts=known.counts())

    def articles(self, request: Request) -> Response:
        """List the library's articles; `q` narrows them by title."""
        shelf, given = self._shelf(request), _given(request.query_params, "q", "collection", "page")
        words = (given["q"] or "").casefold().split()
        found = [
            one
            for one in shelf.listed(given["collection"])
            if all(word in one.citation.title.casefold() for word in words)
        ]
        wanted = given["page"] or "1"
        number = int(wanted) if re.fullmatch(r"[1-9]\d{0,5}", wanted) else 1
        page_ = found[(number - 1) * _LISTED : number * _LISTED]
        more = number * _LISTED < len(found)
        return self._page(
            request, "articles.html", given=given, articles=page_, count=len(found), number=number, more=more
        )

    def article(self, request: Request) -> Response:
        """Show an article: paragraph n is at #pn, `mark` names its marked sentence, `summary` asks for one."""
        shelf, article_id = self._shelf(request), storable(request.path_params["article_id"])
        stored = shelf.article(article_id)
        summary = shelf.summary(article_id) if request.query_params.get("summary") else None
        mark, sentence = (-1, 0, 0), ""
        wanted = re.fullmatch(r"(\d{1,7})-(\d{1,7})-(\d{1,7})", request.query_params.get("mark", ""))
        if wanted and int(wanted[1]) < len(stored.paragraphs) and int(wanted[2]) < int(wanted[3]):
            mark = int(wanted[1]), int(wanted[2]), int(wanted[3])
            sentence = stored.paragraphs[mark[0]].text[mark[1] : mark[2]]
        return self._page(request, "article.html", article=stored, mark=mark, sentence=sentence, summary=summary)

    def form(self, request: Request) -> Response:
        """Show the form for adding."""
        self._shelf(request).check_adding()
        return self._page(request, "add.html", report=None)

    def suggest(self, request: Request) -> Response:
        """Titles that begin like what is typed into the box, for its script."""
        return suggest.answer(self._shelf(request), storable(request.query_params.get("q", "")))

    def settings(self, request: Request) -> Response:
        """Show the settings in use, for whoever may change what is here."""
        self._shelf(request).check_writing()
        return self._page(request, "settings.html", settings=shown_settings(self._site.settings))

    async def upload(self, request: Request) -> Response:
        """Add the uploaded files; answers a script with JSON and a form with a page."""
        report = await add_uploaded(request, self._shelf(request))
        if wants_json(request):
            return JSONResponse(report)
        return await run_in_threadpool(self._page, request, "add.html", report=report)

    def _shelf(self, request: Request) -> Shelf:
        caller: Caller = request.state.caller
        return self._site.of(caller)

    def _page(self, request: Request, name: str, **values: Any) -> Response:
        shelf = self._shelf(request)
        return page(
            name,
            collections=shelf.collections(),
            sources=shelf.sources() if name in _FILTERED else (),
            may_write=shelf.caller.may_write,
            is_person=shelf.caller.user is not None,
            signed_in=secret_in(request.cookies, self._site) is not None,
            **values,
        )


def _given(query: Mapping[str, str], *names: str) -> dict[str, str | None]:
    """Return these parameters, without blanks; an empty one is `None`, as an empty field of a form means."""
    return {name: storable(query.get(name, "")).strip() or None for name in names}


def _scope(shelf: Shelf, given: Mapping[str, str | None]) -> Scope:
    return shelf.scope(given["collection"], given["since"], given["until"], given["source"])


def _shown(shelf: Shelf, passage: Passage) -> Shown:
    try:
        paragraphs = shelf.article(passage.citation.article_id).paragraphs
    except (NotFoundError, DamagedError):  # removed while it is read, or another part of it is damaged
        return Shown(passage, "", "")
    at = passage.paragraph
    before = paragraphs[at - 1].text if 0 < at <= len(paragraphs) else ""
    return Shown(passage, before, paragraphs[at + 1].text if at + 1 < len(paragraphs) else "")
