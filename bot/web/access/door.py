"""The door: who gets in, how often, and what is kept of it. Everything below it has a caller."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.locale.texts import ENGLISH, accepted, speaking
from bot.slack.sign_in import RETURN_PATH
from bot.web.access import sessions, tokens
from bot.web.access.audit import AuditLog
from bot.web.access.callers import Caller, Site
from bot.web.access.rate import Rate
from bot.web.access.slackbot import ANYBODY, SlackSigned
from bot.web.problems import MCP_PATH, PROGRAMS, problem, problem_of
from bot.web.render import local_path
from embeddings.errors import NotAllowedError, TopicbotError
from embeddings.text.sentences import storable

LOOPBACK = Caller("loopback", may_write=True)
"""Who opens a site that only this machine reaches."""

NOBODY = Caller("nobody", collections=())
"""Who isn't logged in yet."""

REQUESTS, LOGINS = 1_200, 10
"""How many requests a minute one token, person or address may send, and how many logins an address may try."""

_SAFE = ("GET", "HEAD", "OPTIONS")
_LOCAL = ("127.0.0.1", "localhost", "::1")


class Door:
    """An ASGI application that asks who calls; without `login` it needn't know, and knows local names only.

    `open_paths` are for whoever isn't logged in. `wrong` counts by address what let nobody in.
    """

    def __init__(
        self,
        application: ASGIApp,
        site: Site,
        *,
        login: bool,
        audit: AuditLog,
        lifespan: Callable[[], AbstractAsyncContextManager[None]],
        open_paths: tuple[str, ...] = (),
        wrong: Rate | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._application, self._site, self._login, self.lifespan = application, site, login, lifespan
        self._audit, self._open = audit, open_paths
        self._requests, self._wrong = Rate(REQUESTS, clock), wrong or Rate(LOGINS, clock)
        secret = site.settings.slack_signing_secret
        self._slack = SlackSigned(secret.get_secret_value(), site.now) if secret and site.members else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        with speaking(_language(scope)):
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        path = scope["path"]
        is_open = path in self._open or path.startswith("/static/")
        answer = self._refusal(request) or self._tried_too_often(request, is_login=path in self._open)
        if answer is None:
            try:
                caller = NOBODY if is_open else await self._caller(request)
            except TopicbotError as error:
                answer = problem_of(path, error)
            else:
                answer = self._stopped(request, caller, is_open=is_open)
        if answer is not None:
            await answer(scope, receive, send)
            return
        scope.setdefault("state", {})["caller"] = caller
        await self._serve(scope, _again(request, receive), send, is_open=is_open)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, *, is_open: bool) -> None:
        status, method, path = 500, scope["method"], scope["path"]

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._application(scope, receive, noting)
        finally:
            if not is_open or method not in _SAFE or path == RETURN_PATH:
                self._record(scope["state"], method, path, status)
            if method not in _SAFE:  # what was changed is kept at once
                await run_in_threadpool(self._audit.flush)

    def _refusal(self, request: Request) -> Response | None:
        """Return why this request isn't served, whoever sends it: a name or a page that isn't ours."""
        path, headers = request.url.path, request.headers
        host = headers.get("host", "")
        if not self._login and _name(host) not in _LOCAL:  # a page elsewhere may lead its own name here
            return problem(path, 421, "This server answers to 127.0.0.1 and localhost alone.")
        if request.method in _SAFE:
            return None
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        own = {host, urlsplit(self._site.settings.public_url or "").netloc} - {""}
        is_foreign = origin is not None and urlsplit(origin).netloc not in own
        # A browser sends one of the two with each form; a request with its cookie and neither is none of a page's.
        is_unnamed = (
            origin is None and site is None and sessions.secret_in(request.cookies, self._site) is not None
        )
        if site not in ("same-origin", "none", None) or is_foreign or is_unnamed:
            return problem(path, 403, "This request comes from another site's page. Use this site's own.")
        return None

    def _tried_too_often(self, request: Request, *, is_login: bool) -> Response | None:
        """Return a refusal for an address that has guessed too often, when it tries once more."""
        tries = is_login or "authorization" in request.headers
        return _too_many(request.url.path) if tries and self._wrong.is_over(_address(request)) else None

    async def _caller(self, request: Request) -> Caller | None:
        """Return who calls; `None` without anything that counts. What doesn't is limited by address.

        Raises `NotAllowedError`, and what `Members.caller` raises.
        """
        secret = _bearer(request)
        if secret is not None:
            return self._counted(request, await run_in_threadpool(self._by_token, secret))
        if request.url.path == MCP_PATH and SlackSigned.is_meant(request.headers):
            return await self._by_signature(request)
        session = sessions.secret_in(request.cookies, self._site)
        if session is not None and self._login:
            return self._counted(request, await run_in_threadpool(self._by_session, session))
        return None if self._login else LOOPBACK

    def _counted(self, request: Request, caller: Caller | None) -> Caller | None:
        if caller is None:
            self._wrong.count(_address(request))
        return caller

    def _by_token(self, secret: str) -> Caller | None:
        with self._site.store.reading() as connection:
            token = tokens.find(connection, secret, self._site.now())
        return tokens.caller_of(token) if token else None

    def _by_session(self, secret: str) -> Caller | None:
        now = self._site.now()
        with self._site.store.reading() as connection:
            session = sessions.load(connection, secret, now)
            token = tokens.with_id(connection, session.token_id, now) if session and session.token_id else None
        if token is not None:
            return tokens.caller_of(token)
        if session is None or session.user is None or self._site.members is None:
            return None
        return self._site.members.caller(session.team, session.user)

    async def _by_signature(self, request: Request) -> Caller:
        if self._slack is None or self._site.members is None:
            raise NotAllowedError("Slack's requests aren't taken here: SLACK_SIGNING_SECRET isn't set.")
        person = self._slack.person(request.headers, await request.body())
        if person is None:
            return ANYBODY
        return await run_in_threadpool(self._site.members.caller, person.team, person.user)

    def _stopped(self, request: Request, caller: Caller | None, *, is_open: bool) -> Response | None:
        """Return why a caller isn't served: not known, or too fast."""
        path = request.url.path
        if caller is None:
            return self._unknown(request)
        name = caller.name if self._login and not is_open else _address(request)
        return None if self._requests.count(name) else _too_many(path)

    def _unknown(self, request: Request) -> Response:
        path = request.url.path
        if self._wrong.is_over(_address(request)):
            return _too_many(path)
        if path.startswith(PROGRAMS):
            detail = (
                "This needs a token that counts: `Authorization: Bearer …`. `topicbot tokens create` makes one."
            )
            return problem(path, 401, detail, {"WWW-Authenticate": "Bearer"})
        # A citation's mark is kept; what was asked goes through no other address, and into no table.
        wanted = f"{path}?{request.url.query}" if path.startswith("/articles/") and request.url.query else path
        return Response(status_code=303, headers={"Location": f"/login?next={quote(local_path(wanted), safe='')}"})

    def _record(self, state: Mapping[str, Any], method: str, path: str, status: int) -> None:
        """Note who did what: the path up to the article's id, never the question.

        What answered may have named the caller, as a login does, and the subject: what was added, which tool ran.
        """
        action, _, named = path.partition("/articles/")
        action = f"{method} {action}/articles" if named else f"{method} {path}"
        subject = storable(named or state.get("subject", ""))[:200] or None
        self._audit.add(state["caller"], storable(action)[:100], subject, status, self._site.now())


def _language(scope: Scope) -> str:
    """Return the language of the answer: the browser's for a page, English for programs."""
    is_program = scope["path"].startswith(PROGRAMS)
    return ENGLISH if is_program else accepted(Headers(scope=scope).get("accept-language", ""))


def _again(request: Request, receive: Receive) -> Receive:
    """Return what receives the body once more, where checking a signature has read it."""
    body: bytes | None = getattr(request, "_body", None)
    if body is None:
        return receive
    given = False

    async def replayed() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed


def _too_many(path: str) -> Response:
    return problem(path, 429, "Too many requests. Try again in a minute.", {"Retry-After": "60"})


def _bearer(request: Request) -> str | None:
    """Return the token of the header; "" for another kind of credentials."""
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    if not kind:
        return None
    return given.strip() if kind.lower() == "bearer" else ""


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _name(host: str) -> str:
    """Return the name in a Host header, without its port."""
    return host[1 : host.find("]")] if host.startswith("[") else host.partition(":")[0].lower()
