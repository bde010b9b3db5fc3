"""Who is logged in to the pages, and the logins by Slack that were begun. Of secrets only digests are kept."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from bot.clock import to_text
from bot.store.tables import web_login, web_session
from bot.web.access.callers import Site
from bot.web.access.tokens import digest_of

SESSION_LIVES = timedelta(days=7)
LOGIN_LIVES = timedelta(minutes=10)
"""How long a person may take at Slack's page."""

SESSION, LOGIN = "topicbot_session", "topicbot_login"
"""The cookies of a session and of a login that was begun."""

_BYTES = 32


@dataclass(frozen=True, slots=True)
class Begun:
    """A login by Slack that was begun: `state` goes through Slack, `browser` is kept in a cookie."""

    state: str
    browser: str
    nonce: str


@dataclass(frozen=True, slots=True)
class Session:
    """Who is logged in: the person `user` of a workspace, or whoever entered the token `token_id`."""

    team: str
    user: str | None = None
    token_id: str | None = None


def begin(connection: Connection, next_path: str, now: datetime) -> Begun:
    """Begin a login that leads to the page `next_path`; it is good for one return within ten minutes."""
    connection.execute(delete(web_login).where(web_login.c.expires_at <= to_text(now)))
    begun = Begun(*(secrets.token_urlsafe(_BYTES) for _ in range(3)))
    row = {
        "digest": digest_of(begun.state),
        "browser": digest_of(begun.browser),
        "nonce": begun.nonce,
        "next_path": next_path,
        "expires_at": to_text(now + LOGIN_LIVES),
    }
    connection.execute(insert(web_login).values(row))
    return begun


def finish(connection: Connection, state: str, browser: str, now: datetime) -> tuple[str, str] | None:
    """Return the nonce and the next page of the login that this browser began; never a second time.

    `None` when there is none: it was finished, is too old, or was begun in another browser.
    """
    own = web_login.c.digest == digest_of(state), web_login.c.browser == digest_of(browser)
    row = connection.execute(select(web_login).where(*own)).mappings().first()
    if row is None or row["expires_at"] <= to_text(now):
        return None
    if connection.execute(delete(web_login).where(*own)).rowcount != 1:
        return None
    return row["nonce"], row["next_path"]


def start(connection: Connection, session: Session, now: datetime) -> str:
    """Log in; return the new secret for the cookie. A secret is never taken over from before a login."""
    connection.execute(delete(web_session).where(web_session.c.expires_at <= to_text(now)))
    secret = secrets.token_urlsafe(_BYTES)
    row = {
        "digest": digest_of(secret),
        "team_id": session.team,
        "user_id": session.user,
        "token_id": session.token_id,
        "created_at": to_text(now),
        "expires_at": to_text(now + SESSION_LIVES),
    }
    connection.execute(insert(web_session).values(row))
    return secret


def load(connection: Connection, secret: str, now: datetime) -> Session | None:
    """Return whose session it is; `None` when it has ended."""
    own = web_session.c.digest == digest_of(secret), web_session.c.expires_at > to_text(now)
    row = connection.execute(select(web_session).where(*own)).mappings().first()
    return Session(row["team_id"], row["user_id"], row["token_id"]) if row else None


def end(connection: Connection, secret: str) -> None:
    """Log out."""
    connection.execute(delete(web_session).where(web_session.c.digest == digest_of(secret)))


def cookie_name(name: str, site: Site) -> str:
    """Return the cookie's name; with TLS one that browsers take from this very host alone."""
    return f"__Host-{name}" if site.is_secure else name


def secret_in(cookies: Mapping[str, str], site: Site) -> str | None:
    """Return the session's secret that the browser sent."""
    return cookies.get(cookie_name(SESSION, site))
