"""Who somebody is in Slack, and what they may do. Whoever Slack can't tell us about may do nothing."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from cachetools import TTLCache
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.clock import zones
from bot.config import Settings
from bot.locale.texts import ENGLISH, language_of

_KNOWN_SECONDS, _MAX_PEOPLE = 600.0, 10_000
T = TypeVar("T")
_MEMBER_SECONDS, _MAX_CHANNELS, _PAGE = 180.0, 1000, 1000
_CLOSED = ("is_private", "is_im", "is_mpim", "is_group")
_UNKNOWN = frozenset({"user_not_found", "user_not_visible", "missing_scope", "users_not_found"})


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who wrote to the bot. `is_known` is false when Slack would not say who it is.

    `zone` is their IANA time zone, `language` the one among the catalogues' that they read Slack in.
    """

    id: str
    is_known: bool = True
    is_admin: bool = False
    is_guest: bool = False
    is_stranger: bool = False
    is_bot: bool = False
    zone: str = "UTC"
    language: str = ENGLISH

    def may_ask(self, settings: Settings) -> bool:
        """Members may; guests and people of other workspaces only when a setting says so; bots never."""
        if not self.is_known or self.is_bot:
            return False
        if self.is_stranger:
            return settings.allow_strangers
        return settings.allow_guests or not self.is_guest

    def may_manage(self, settings: Settings) -> bool:
        """Admins of the workspace may add and remove articles, and people whom the settings list."""
        member = self.is_known and not (self.is_bot or self.is_guest or self.is_stranger)
        return member and (self.is_admin or self.id in settings.admins)


def kept_name(settings: Settings, team_id: str, user_id: str) -> str:
    """Return what is kept of who asked: a digest of the id, which tells one asker from another and names nobody.

    The id itself only where a setting allows it.
    """
    return user_id if settings.keep_names else digested_name(team_id, user_id)


def digested_name(team_id: str, user_id: str) -> str:
    """Return the digest of a user's id, the same for the same person of the same workspace."""
    return hashlib.sha256(f"{team_id} {user_id}".encode()).hexdigest()[:16]


class People:
    """What Slack says of the people of one workspace, asked for once in ten minutes, and of who is in a channel,
    in three."""

    def __init__(self, team_id: str, now: Callable[[], datetime]) -> None:
        self._team_id = team_id

        def moment() -> float:
            return now().timestamp()

        self._known = TTLCache[str, Person](_MAX_PEOPLE, _KNOWN_SECONDS, timer=moment)
        self._members = TTLCache[str, frozenset[str]](_MAX_CHANNELS, _MEMBER_SECONDS, timer=moment)
        self._public = TTLCache[str, bool](_MAX_CHANNELS, _MEMBER_SECONDS, timer=moment)
        self._lock = threading.Lock()

    def person(self, client: WebClient, user_id: str) -> Person:
        """Return who this is; of a workflow, which has no id, nobody known. Raises what `users.info` raises when
        Slack can't be reached.
        """
        if not user_id:
            return Person(user_id, is_known=False)
        return self._remembered(self._known, user_id, lambda: self._look_up(client, user_id))

    def is_member(self, client: WebClient, channel: str, user_id: str) -> bool:
        """Return whether the person is in the channel, as of the last minutes; `False` when Slack won't say."""
        try:
            return user_id in self._remembered(self._members, channel, lambda: _members(client, channel))
        except (SlackApiError, OSError):
            return False

    def is_public(self, client: WebClient, channel: str) -> bool:
        """Return whether everybody in the workspace can read the channel; `False` in doubt."""
        try:
            return self._remembered(self._public, channel, lambda: _is_public(client, channel))
        except (SlackApiError, OSError):
            return False

    def zone(self, user_id: str) -> ZoneInfo:
        """Return the time zone of somebody who was looked up lately; of anybody else UTC."""
        with self._lock:
            found = self._known.get(user_id)
        return ZoneInfo(found.zone if found is not None else "UTC")

    def language(self, user_id: str) -> str:
        """Return the language of somebody who was looked up lately; of anybody else English."""
        with self._lock:
            found = self._known.get(user_id)
        return found.language if found is not None else ENGLISH

    def _remembered(self, cache: TTLCache[str, T], key: str, look_up: Callable[[], T]) -> T:
        """Return what is remembered under the key; what `look_up` returns is, what it raises is not."""
        with self._lock:
            found = cache.get(key)
        if found is None:
            found = look_up()
            with self._lock:
                cache[key] = found
        return found

    def _look_up(self, client: WebClient, user_id: str) -> Person:
        try:
            user = client.users_info(user=user_id, include_locale=True)["user"]
        except SlackApiError as error:
            if error.response.get("error") in _UNKNOWN:
                return Person(user_id, is_known=False)
            raise
        home, known_in = user.get("team_id"), (user.get("enterprise_user") or {}).get("teams") or ()
        return Person(
            user_id,
            is_known=home is not None and not user.get("deleted", False),
            is_admin=bool(user.get("is_admin") or user.get("is_owner")),
            is_guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
            is_stranger=bool(user.get("is_stranger")) or self._team_id not in (home, *known_in),
            is_bot=bool(user.get("is_bot")),
            zone=user["tz"] if user.get("tz") in zones() else "UTC",
            language=language_of(user.get("locale")),
        )


def _members(client: WebClient, channel: str) -> frozenset[str]:
    pages = client.conversations_members(channel=channel, limit=_PAGE)
    return frozenset(user for page in pages for user in page["members"])


def _is_public(client: WebClient, channel: str) -> bool:
    told = client.conversations_info(channel=channel)["channel"]
    return bool(told.get("is_channel")) and not any(told.get(name) for name in _CLOSED)
