"""Errors as answers: problem details (RFC 9457) for programs, a page for people."""

from __future__ import annotations

import json
import uuid
from http import HTTPStatus

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bot.config import explain
from bot.locale.texts import N_
from bot.slack.messages import SlackUnavailableError
from embeddings.errors import (
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    QuestionError,
    SourceError,
    StoreAwayError,
    StoreBusyError,
    TopicbotError,
)


class NotSignedError(NotAllowedError):
    """What says that Slack signed it isn't Slack's, or came before."""


_STATUS: tuple[tuple[type[TopicbotError], int], ...] = (
    (NotFoundError, 404),
    (NotSignedError, 401),
    (NotAllowedError, 403),
    (InvalidInputError, 400),
    (QuestionError, 422),
    (SourceError, 422),
    (StoreBusyError, 503),
    (StoreAwayError, 503),
    (SlackUnavailableError, 503),
)
MCP_PATH = "/mcp"
PROGRAMS = ("/api/", MCP_PATH, "/slack/events")
"""How the paths begin that programs ask for: errors there are problem details."""

_TITLES = (
    N_("Bad Request"),
    N_("Unauthorized"),
    N_("Forbidden"),
    N_("Misdirected Request"),
    N_("Unprocessable Entity"),
    N_("Unprocessable Content"),
    N_("Too Many Requests"),
    N_("Internal Server Error"),
    N_("Service Unavailable"),
)
"""Python's phrases for the statuses that pages are refused with: their titles, which the template translates."""

_log = structlog.get_logger("topicbot.web")


def problem(
    path: str, status: int, detail: str, headers: dict[str, str] | None = None, *, as_json: bool = False
) -> Response:
    """Return the answer to a request to `path` that can't be served: `as_json` also where pages are."""
    title = HTTPStatus(status).phrase
    if as_json or path.startswith(PROGRAMS):
        shape = {"type": "about:blank", "title": title, "status": status, "detail": detail}
        return Response(json.dumps(shape), status, headers, "application/problem+json")
    from bot.web.render import page

    return page("problem.html", status=status, headers=headers, title=title, detail=detail)


def of_http(request: Request, error: Exception) -> Response:
    """Answer what Starlette refuses: no such page or method, a body that is too large or can't be read."""
    if not isinstance(error, HTTPException):
        raise error
    headers = dict(error.headers or {})
    return problem(request.url.path, error.status_code, error.detail, headers, as_json=wants_json(request))


def wants_json(request: Request) -> bool:
    """Return whether a page's script asks, which reads no pages."""
    return request.headers.get("accept") == "application/json"


def of_library(request: Request, error: Exception) -> Response:
    """Answer with the message of an error that the library raises on purpose."""
    if not isinstance(error, TopicbotError):
        raise error
    return problem_of(request.url.path, error, as_json=wants_json(request))


def problem_of(path: str, error: TopicbotError, *, as_json: bool = False) -> Response:
    """Return the answer to a request to `path` that this error ends."""
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("failed", error=type(error).__name__)
    return problem(path, status, explain(error), as_json=as_json)


def of_defect(request: Request, error: Exception) -> Response:
    """Answer what nobody expected with a number that the log has, and nothing else."""
    number = uuid.uuid4().hex[:8]
    _log.error("failed", id=number, error=type(error).__name__)
    return problem(request.url.path, 500, f"Something failed here. The log names it {number}.")
