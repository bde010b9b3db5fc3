"""Requests to `/mcp` that Slack signs for a person, so that Slackbot can ask the library (`slack_identity_auth`).

https://docs.slack.dev/ai/slackbot-mcp-client: signed like Slack's events, with the person in `params._meta.slack`.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from cachetools import TTLCache
from slack_sdk.signature import Clock, SignatureVerifier

from bot.slack.sign_in import Identity
from bot.web.access.callers import Caller
from bot.web.problems import NotSignedError
from embeddings.errors import NotAllowedError

_SIGNATURE, _TIMESTAMP = "x-slack-signature", "x-slack-request-timestamp"
_SECONDS = re.compile(r"[0-9]{1,12}")
_KEPT_SECONDS, _MOST_KEPT = 660.0, 100_000
"""A signature counts five minutes before and after its time; so long it is known again, and a minute."""

_ID = re.compile(r"[A-Z0-9]{2,30}")
_READS = ("tools/call", "resources/read")
ANYBODY = Caller("slackbot", collections=())
"""Slack itself, which asks what tools there are. It sees no article."""


class SlackSigned:
    """Checks such requests. Safe from several threads."""

    def __init__(self, secret: str, now: Callable[[], datetime]) -> None:
        self._verifier = SignatureVerifier(secret, _Now(now))
        self._seen: TTLCache[str, bool] = TTLCache(_MOST_KEPT, _KEPT_SECONDS, lambda: now().timestamp())
        self._lock = threading.Lock()

    @staticmethod
    def is_meant(headers: Mapping[str, str]) -> bool:
        """Return whether the request says that Slack signed it."""
        return _SIGNATURE in headers

    def person(self, headers: Mapping[str, str], body: bytes) -> Identity | None:
        """Return whose request it is; `None` for one that only asks what there is.

        Raises `NotSignedError` for a wrong or old signature and one that came before, and `NotAllowedError` when
        nobody asks for an article.
        """
        signature, sent = headers.get(_SIGNATURE, ""), headers.get(_TIMESTAMP, "")
        given = {_SIGNATURE: signature, _TIMESTAMP: sent}
        if not _SECONDS.fullmatch(sent) or not self._verifier.is_valid_request(body, given):
            raise NotSignedError("The signature isn't Slack's, or is older than five minutes.")
        method, found = _read(body)
        if found is None:
            if method in _READS:
                raise NotAllowedError("Slack didn't say who asks. Use the auth_type slack_identity_auth.")
            return None
        with self._lock:
            if signature in self._seen:
                raise NotSignedError("This request was sent before. Sign a new one.")
            self._seen[signature] = True
        return found


class _Now(Clock):
    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def now(self) -> float:
        return self._now().timestamp()


def _read(body: bytes) -> tuple[str, Identity | None]:
    """Return the method of a JSON-RPC request, and the person in it if there is one."""
    try:
        given: Any = json.loads(body)
        method = str(given["method"])
        named = given.get("params", {}).get("_meta", {}).get("slack", {})
        team, user = named.get("team_id"), named.get("user_id")
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return "tools/call", None  # can't be read: nobody's
    if isinstance(team, str) and isinstance(user, str) and _ID.fullmatch(team) and _ID.fullmatch(user):
        return method, Identity(team, user)
    return method, None
