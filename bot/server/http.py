"""What `topicbot run --http` serves: the routes, put together in one place."""

from __future__ import annotations

import re

import structlog
from slack_bolt import App, BoltRequest, BoltResponse
from slack_bolt.adapter.starlette.handler import to_bolt_request
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from bot.server.oauth import INSTALL_PATH, REDIRECT_PATH
from bot.web.access.door import Door
from bot.web.problems import problem

EVENTS_PATH = "/slack/events"
_SECONDS_SINCE_1970 = re.compile(r"[0-9]{1,12}")
_log = structlog.get_logger("topicbot.run")


def application(app: App, web: Door | None = None) -> Starlette:
    """Return the ASGI application: Slack's requests, the pages of installing, and below them the library's."""
    if web is None:
        return Starlette(routes=slack_routes(app))
    return Starlette(routes=[*slack_routes(app), Mount("", web)], lifespan=lambda _: web.lifespan())


def slack_routes(app: App) -> list[BaseRoute]:
    """Return the routes of Slack's requests and, for an app that can be installed, of its pages."""

    async def take_event(request: Request) -> Response:
        body = await request.body()
        return await run_in_threadpool(_take_event, app, request, body)

    routes: list[BaseRoute] = [Route(EVENTS_PATH, take_event, methods=["POST"])]
    flow = app.oauth_flow
    if flow is not None:

        def install(request: Request) -> Response:
            return _response(flow.handle_installation(to_bolt_request(request, b"")))

        def finish(request: Request) -> Response:
            return _response(flow.handle_callback(to_bolt_request(request, b"")))

        routes += [Route(INSTALL_PATH, install, methods=["GET"]), Route(REDIRECT_PATH, finish, methods=["GET"])]
    return routes


def _take_event(app: App, request: Request, body: bytes) -> Response:
    given = _read(request, body)
    if given is None:
        _log.warning("refused", reason="not a request of Slack's")
        return problem(EVENTS_PATH, 400, "This is not a request of Slack's.")
    answer = app.dispatch(given)
    if answer.status == 401:  # noqa: PLR2004
        _log.warning("refused", reason="the signature is wrong or too old")
        return problem(EVENTS_PATH, 401, "The signature isn't Slack's, or is older than five minutes.")
    return _response(answer)


def _read(request: Request, body: bytes) -> BoltRequest | None:
    """Return the request for Bolt; `None` when it can't be read, which Bolt would report as its own failure."""
    if not _SECONDS_SINCE_1970.fullmatch(request.headers.get("x-slack-request-timestamp", "0")):
        return None
    try:
        given = to_bolt_request(request, body)
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
        return None
    return given if isinstance(given.body, dict) else None


def _response(answer: BoltResponse) -> Response:
    """Return Bolt's answer with every header of its own, several cookies too."""
    response = Response(answer.body, answer.status)
    for name, values in answer.headers.items():
        for value in values:
            if name.lower() != "content-length":
                response.headers.append(name, value)
    return response
