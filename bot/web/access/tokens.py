"""Bearer tokens, of which only digests are kept."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, insert, select, update

from bot.store.tables import api_token
from bot.web.access.callers import Caller
from embeddings.errors import NotFoundError

_PREFIX, _BYTES = "tb_", 32


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is listed: everything but the token itself. Times are aware."""

    id: str
    team: str
    name: str
    collections: tuple[str, ...] | None
    may_write: bool
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


def create(
    connection: Connection,
    name: str,
    now: datetime,
    *,
    team: str,
    collections: Sequence[str] = (),
    may_write: bool = False,
    expires_at: datetime | None = None,
) -> tuple[str, Token]:
    """Make a token; the returned text is the only copy. Without `collections` it sees all of the team's."""
    secret, token_id = _PREFIX + secrets.token_urlsafe(_BYTES), secrets.token_hex(4)
    row = {
        "id": token_id,
        "team_id": team,
        "name": name,
        "digest": digest_of(secret),
        "collections": json.dumps(list(collections)) if collections else None,
        "may_write": may_write,
        "created_at": now.isoformat(),
        "expires_at": expires_at.isoformat() if expires_at else None,
    }
    connection.execute(insert(api_token).values(row))
    return secret, _token({**row, "revoked_at": None})


def every(connection: Connection) -> list[Token]:
    """Return all tokens, oldest first, revoked ones too."""
    rows = connection.execute(select(api_token).order_by(api_token.c.created_at)).mappings()
    return [_token(row) for row in rows]


def revoke(connection: Connection, wanted: str, now: datetime) -> Token:
    """Revoke the token with this id or name; from its next request on it is refused. Raises `NotFoundError`."""
    found = [one for one in every(connection) if wanted in (one.id, one.name) and one.revoked_at is None]
    if len(found) != 1:
        there = "no token" if not found else "more than one token"
        raise NotFoundError(f"There is {there} {wanted!r}. `topicbot tokens list` shows the ids.")
    connection.execute(update(api_token).where(api_token.c.id == found[0].id).values(revoked_at=now.isoformat()))
    return found[0]


def find(connection: Connection, secret: str, now: datetime) -> Token | None:
    """Return the token that this secret is of; `None` when it is unknown, revoked or expired."""
    return _live(connection, api_token.c.digest == digest_of(secret), now)


def with_id(connection: Connection, token_id: str, now: datetime) -> Token | None:
    """Return the token with this id; `None` when it is revoked or expired."""
    return _live(connection, api_token.c.id == token_id, now)


def caller_of(token: Token) -> Caller:
    """Return whoever sends the token."""
    return Caller(f"token {token.id}", token.team, token.collections, token.may_write)


def _live(connection: Connection, wanted: ColumnElement[bool], now: datetime) -> Token | None:
    row = connection.execute(select(api_token).where(wanted)).mappings().first()
    token = _token(row) if row else None
    if token is None or token.revoked_at is not None or (token.expires_at is not None and token.expires_at <= now):
        return None
    return token


def digest_of(secret: str) -> str:
    """Return what is kept of a random secret, its SHA-256: 32 random bytes need no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def _token(row: RowMapping | dict[str, object]) -> Token:
    def moment(value: object) -> datetime | None:
        return datetime.fromisoformat(str(value)) if value else None

    created = moment(row["created_at"])
    if created is None:
        raise ValueError("a token has no time of creation")
    kept = row["collections"]
    collections = tuple(json.loads(str(kept))) if kept else None
    times = created, moment(row["expires_at"]), moment(row["revoked_at"])
    return Token(
        str(row["id"]), str(row["team_id"]), str(row["name"]), collections, bool(row["may_write"]), *times
    )
