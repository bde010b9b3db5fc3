"""Clients of Slack's Web API that try once and count what they do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from math import ceil
from ssl import create_default_context
from time import perf_counter
from typing import Any
from urllib.request import HTTPSHandler, build_opener, install_opener

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from bot.config import Settings
from bot.metrics import SLACK_CALLS, STAGES
from bot.slack.pacing import PACED, PACER

TIMEOUT = 15
"""Seconds that one call may take."""

_POSTS = frozenset({"chat.postMessage", "chat.postEphemeral", "response_url"})


class CountedClient(WebClient):
    """Counts and times every call for the metrics, and keeps to Slack's pace where a method has one."""

    pacer = PACER

    def __deepcopy__(self, _memo: object) -> CountedClient:
        """Bolt copies a request's context for the inbox; nothing of a client changes."""
        return self

    def api_call(self, api_method: str, **how: Any) -> SlackResponse:
        """Call Slack; raises what `WebClient` raises, also for a call that comes too soon: that isn't sent."""
        if api_method in PACED:
            return self._paced_call(api_method, **how)
        with counting(api_method) as told:
            response = super().api_call(api_method, **how)
            told("ok")
        return response

    def _paced_call(self, api_method: str, **how: Any) -> SlackResponse:
        name = f"{self.base_url} {self.token} {self.default_params.get('team_id')} {api_method}"
        if wait := self.pacer.wait(name):
            raise self._too_soon(api_method, wait)
        with counting(api_method) as told:
            try:
                response = super().api_call(api_method, **how)
            except SlackApiError as error:
                if error.response.get("error") == _LIMITED:
                    self.pacer.refused(name, float(header(error.response.headers, "retry-after") or 1))
                raise
            told("ok")
        body = response.data if isinstance(response.data, dict) else {}
        self.pacer.answered(name, int((how.get("params") or {}).get("limit") or 0), body)
        return response

    def _too_soon(self, api_method: str, seconds: float) -> SlackApiError:
        """Return the error that Slack would answer with."""
        said = SlackResponse(
            client=self,
            http_verb="GET",
            api_url=f"{self.base_url}{api_method}",
            req_args={},
            data={"ok": False, "error": _LIMITED},
            headers={"Retry-After": str(ceil(seconds))},
            status_code=429,
        )
        text = f"{api_method} was not called: Slack allows it again in {seconds:.0f} s."
        return SlackApiError(text, said)  # type: ignore[no-untyped-call]


_LIMITED = "ratelimited"


def header(headers: Mapping[str, Any], wanted: str) -> str | None:
    """Return a response's header, whatever the case of its name; `wanted` is in lower case."""
    found = next((value for name, value in headers.items() if name.lower() == wanted), None)
    return found[0] if isinstance(found, list) else found


_fence: ContextVar[Callable[[], None] | None] = ContextVar("fence", default=None)
_SHOWING = ("chat.", "views.", "reactions.", "files.", "response_url")


@contextmanager
def fenced(check: Callable[[], None]) -> Iterator[None]:
    """Call `check` right before each call inside that shows something in Slack.

    It raises when the work is no longer this process's: one that was stopped for longer than its lease must not
    answer what another has answered since.
    """
    token = _fence.set(check)
    try:
        yield
    finally:
        _fence.reset(token)


@contextmanager
def counting(method: str) -> Iterator[Callable[[str], None]]:
    """Count a call with its status, or the one that an error means, and time those that post."""
    check = _fence.get()
    if check is not None and method.startswith(_SHOWING):
        check()
    status, started = "unreachable", perf_counter()

    def told(word: str) -> None:
        nonlocal status
        status = word

    try:
        yield told
    except SlackApiError as error:
        status = str(error.response.get("error") or getattr(error.response, "status_code", "error"))
        raise
    finally:
        SLACK_CALLS.labels(method, status).inc()
        if method in _POSTS:
            STAGES.labels("post").observe(perf_counter() - started)


@cache
def load_certificates() -> None:
    """Load what Slack's certificate is checked with, once: `urlopen`, which Slack's SDK calls, takes 27 ms of the
    processor to do so for each call.
    """
    install_opener(build_opener(HTTPSHandler(context=create_default_context())))


def web_client(token: str | None, api_url: str, team: str | None = None) -> WebClient:
    """Return a client that tries once. A token of an organisation needs the `team` that is meant.

    What fails is tried again by the inbox: that holds up nobody else, and looks first whether the message is there
    already.
    """
    load_certificates()
    return CountedClient(token=token, base_url=api_url, timeout=TIMEOUT, retry_handlers=[], team_id=team)


def counted(client: WebClient, team: str | None = None) -> WebClient:
    """Return a client like this one whose calls are counted, and name the `team` if one is given.

    Bolt makes its own for each request.
    """
    return CountedClient(
        token=client.token,
        base_url=client.base_url,
        timeout=client.timeout,
        headers=client.headers,
        team_id=team or client.default_params.get("team_id"),
        logger=client.logger,
        retry_handlers=[],
    )


def bot_client(settings: Settings) -> WebClient:
    """Return the client with the bot's token."""
    token = settings.slack_bot_token
    return web_client(token.get_secret_value() if token else None, settings.slack_api_url)
