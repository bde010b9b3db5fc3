"""The door: who gets in, how often, and what is kept of it. Everything below it has a caller."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, quote, urlsplit

from cachetools import TTLCache
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.web.access import tokens
from bot.web.access.audit import AuditLog
from bot.web.access.callers import Caller, Site
from bot.web.pages.views import COOKIE, local_path, signed_in
from bot.web.problems import problem
from bot.web.pages.render import page
from embeddings.text.sentences import storable

LOOPBACK = Caller("loopback", may_write=True)
"""Who opens a site that only this machine reaches."""

_MINUTE, _MOST_KNOWN = 60.0, 10_000
_REQUESTS, _LOGINS = 1_200, 10
"""How many requests a minute one token or address may send, and how many tokens an address may try."""

_SAFE = ("GET", "HEAD", "OPTIONS")
_LOCAL = ("127.0.0.1", "localhost", "::1")


class Door:
    """An ASGI application that asks for a token; without `login` it asks for none, and knows local names only."""

    def __init__(
        self,
        application: ASGIApp,
        site: Site,
        *,
        login: bool,
        audit: AuditLog,
        lifespan: Callable[[], AbstractAsyncContextManager[None]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._application, self._site, self._login, self.lifespan = application, site, login, lifespan
        self._audit = audit
        self._requests, self._wrong = Rate(_REQUESTS, clock), Rate(_LOGINS, clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        path, headers = scope["path"], Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        if path == "/login" and scope["method"] == "POST":
            await (await self._log_in(Request(scope, receive)))(scope, receive, send)
            return
        is_open = path == "/login" or path.startswith("/static/")
        caller = Caller("nobody", collections=()) if is_open else await self._caller(scope, headers)
        if caller is None:
            await self._unknown(scope, path)(scope, receive, send)
            return
        if not self._requests.count(caller.name if self._login and not is_open else _address(scope)):
            await _too_many(path)(scope, receive, send)
            return
        scope.setdefault("state", {})["caller"] = caller
        status = 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._application(scope, receive, noting)
        finally:
            if not is_open:
                self._record(caller, scope["method"], path, status)
                if scope["method"] not in _SAFE:  # what was changed is kept at once
                    await run_in_threadpool(self._audit.flush)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        """Return why this request isn't served, whoever sends it: a name or a page that isn't ours."""
        host = headers.get("host", "")
        if not self._login and _name(host) not in _LOCAL:  # a page elsewhere may lead its own name here
            return problem(scope["path"], 421, "This server answers to 127.0.0.1 and localhost alone.")
        if scope["method"] in _SAFE:
            return None
        origin, site = headers.get("origin"), headers.get("sec-fetch-site", "none")
        if site not in ("same-origin", "none") or (origin is not None and urlsplit(origin).netloc != host):
            return problem(scope["path"], 403, "This request comes from another site's page. Use this site's own.")
        return None

    async def _caller(self, scope: Scope, headers: Headers) -> Caller | None:
        """Return who calls; `None` without a token that counts. Wrong ones are limited by address."""
        secret = _secret(headers)
        if secret is None:
            return None if self._login else LOOPBACK
        if self._wrong.is_over(_address(scope)):
            return None
        found = await run_in_threadpool(self._known, secret)
        if found is None:
            self._wrong.count(_address(scope))
        return found

    def _known(self, secret: str) -> Caller | None:
        with self._site.store.reading() as connection:
            return tokens.caller_of(connection, secret, self._site.now())

    def _unknown(self, scope: Scope, path: str) -> Response:
        if self._wrong.is_over(_address(scope)):
            return _too_many(path)
        if path.startswith(("/api/", "/mcp")):
            detail = (
                "This needs a token that counts: `Authorization: Bearer …`. `topicbot tokens create` makes one."
            )
            return problem(path, 401, detail, {"WWW-Authenticate": "Bearer"})
        return Response(status_code=303, headers={"Location": f"/login?next={quote(local_path(path), safe='')}"})

    async def _log_in(self, request: Request) -> Response:
        body = (await request.body()).decode("utf-8", "replace")
        given = parse_qs(body, max_num_fields=10)
        secret, wanted = storable(given.get("token", [""])[0]).strip(), given.get("next", ["/"])[0]
        if self._wrong.is_over(_address(request.scope)):
            return _too_many("/login")
        if await run_in_threadpool(self._known, secret) is None:
            self._wrong.count(_address(request.scope))
            return page("login.html", status=401, wrong="This token isn't known here.", next=local_path(wanted))
        public = self._site.settings.public_url or ""
        return signed_in(secret, wanted, secure=public.startswith("https:"))

    def _record(self, caller: Caller, method: str, path: str, status: int) -> None:
        """Note who did what: the path up to the article's id, never the question."""
        action, _, subject = path.partition("/articles/")
        action = f"{method} {action}/articles" if subject else f"{method} {path}"
        self._audit.add(caller, storable(action)[:100], storable(subject)[:200] or None, status, self._site.now())


class Rate:
    """Counts requests by name within a minute."""

    def __init__(self, most: int, clock: Callable[[], float]) -> None:
        self._most, self._clock = most, clock
        self._counts: TTLCache[tuple[str, int], int] = TTLCache(_MOST_KNOWN, 2 * _MINUTE, clock)

    def is_over(self, name: str) -> bool:
        """Return whether the name has used up this minute."""
        return self._counts.get(self._key(name), 0) >= self._most

    def count(self, name: str) -> bool:
        """Count one more; returns whether it is within the limit."""
        if self.is_over(name):
            return False
        self._counts[self._key(name)] = self._counts.get(self._key(name), 0) + 1
        return True

    def _key(self, name: str) -> tuple[str, int]:
        return name, int(self._clock() // _MINUTE)


def _too_many(path: str) -> Response:
    return problem(path, 429, "Too many requests. Try again in a minute.", {"Retry-After": "60"})


def _secret(headers: Headers) -> str | None:
    kind, _, given = headers.get("authorization", "").partition(" ")
    if kind:
        return given.strip() if kind.lower() == "bearer" else ""
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return morsel.value if morsel else None


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


def _name(host: str) -> str:
    """Return the name in a Host header, without its port."""
    return host[1 : host.find("]")] if host.startswith("[") else host.partition(":")[0].lower()
