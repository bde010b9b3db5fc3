"""What `topicbot web` serves, and `topicbot run --http` beside Slack: pages, API and MCP, put together."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.config import Settings
from bot.slack.sign_in import SignIn
from bot.web.access.audit import AuditLog
from bot.web.access.callers import Site
from bot.web.access.door import LOGINS, Door
from bot.web.access.members import Members
from bot.web.access.rate import Rate
from bot.web.api.openapi import document
from bot.web.api.operations import OPERATIONS, PREFIX, Call, Operation, Result, link_to_next, read_body, read_query
from bot.web.pages.login import OPEN_PATHS, Login
from bot.web.pages.uploads import MAX_UPLOAD_BYTES, PATH
from bot.web.pages.views import Pages
from bot.web.problems import of_defect, of_http, of_library
from bot.web.tools import over_http
from bot.workspace.registry import Workspaces
from embeddings import Database
from embeddings.errors import TopicbotError
from embeddings.library import Library

_TAGGED = ("/articles", "/articles/{article_id}")
UPLOADS = {PATH: MAX_UPLOAD_BYTES}
"""What the server must take in larger pieces, for `http_server`."""

_STATIC = Path(__file__).parent / "static"


def site_of(
    settings: Settings,
    library: Library,
    store: Database,
    now: Callable[[], datetime],
    workspaces: Workspaces | None = None,
) -> Site:
    """Return what the pages are served from. With `workspaces` their people are known, and can sign in where the
    settings have what that needs.
    """
    if workspaces is None:
        return Site(settings, library, store, now)
    sign_in = SignIn(settings) if settings.signs_in else None
    return Site(settings, library, store, now, Members(workspaces), sign_in)


def web_application(site: Site, *, login: bool) -> Door:
    """Return the ASGI application. With `login` each caller needs a token or is a person of Slack; without, it
    answers this machine alone.

    Its `lifespan` must be entered while it is served: MCP's requests and the audit log's writer run in it.
    """
    mcp, running = over_http(site)
    audit, wrong = AuditLog(site.store), Rate(LOGINS, time.monotonic)

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        with audit.running():
            async with running():
                yield

    application = Starlette(
        routes=[*mcp, *routes_of(site, wrong)],
        lifespan=lambda _: lifespan(),
        exception_handlers={HTTPException: of_http, TopicbotError: of_library, Exception: of_defect},
    )
    return Door(application, site, login=login, audit=audit, lifespan=lifespan, open_paths=OPEN_PATHS, wrong=wrong)


def routes_of(site: Site, wrong: Rate) -> list[BaseRoute]:
    """Return all routes but MCP's. `wrong` counts logins that let nobody in."""

    async def described(_: Request) -> Response:
        return JSONResponse(document())

    return [
        Route(f"{PREFIX}/openapi.json", described),
        *(_route(site, path) for path in dict.fromkeys(one.path for one in OPERATIONS)),
        *Pages(site).routes(),
        *Login(site, wrong).routes(),
        Mount("/static", StaticFiles(directory=_STATIC)),
    ]


def _route(site: Site, path: str) -> Route:
    """Return the route of one path of the API, with all of its methods."""
    operations = {one.method: one for one in OPERATIONS if one.path == path}
    answer = _answering(site, operations)
    return Route(PREFIX + path.replace("}", ":path}"), answer, methods=list(operations))


def _answering(site: Site, operations: dict[str, Operation]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        operation = operations["GET" if request.method == "HEAD" else request.method]
        body = await request.body()
        return await run_in_threadpool(_answer, site, operation, request, body)

    return answer


def _answer(site: Site, operation: Operation, request: Request, body: bytes) -> Response:
    query = read_query(operation.query, request.query_params.multi_items())
    caller = request.state.caller
    if operation.writes:
        site.of(caller).check_writing()
    given = read_body(operation.body, body) if operation.body else None
    call = Call(site, caller, query, given, request.url.path, request.path_params.get("article_id", ""))
    result: Result = operation.run(call)
    if operation.body is not None:
        request.state.subject = result.value["article_id"]  # for the audit log
    text = json.dumps(result.value, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
    headers = {"Link": link_to_next(call.path, query, result.next)} if result.next else {}
    if operation.method == "GET" and operation.path in _TAGGED:
        tag = f'"{hashlib.sha256(text).hexdigest()[:32]}"'
        headers["ETag"] = tag
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
    return Response(text, result.status, headers, "application/json")
