"""What is kept of people: give it out, remove it, forget it in time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, exists, select, update

from bot.asking import store as questions
from bot.clock import to_text
from bot.config import Settings
from bot.dialogue import store as threads
from bot.digests import store as digests
from bot.slack.people import digested_name
from bot.store import deliveries, leases
from bot.store.tables import (
    alert,
    audit,
    delivery,
    digest,
    digest_run,
    digest_story,
    home_visit,
    installation,
    lease,
    metadata,
    on_screen,
    opt_out,
    question,
    topic_view,
    web_session,
)
from bot.workspace import store as installations
from embeddings import Database
from embeddings.library import Library
from embeddings.subscriptions.service import Sources, remove_everything

_NAMED = {
    "questions": question,
    "summaries": topic_view,
    "private": opt_out,
    "alerts": alert,
    "sessions": web_session,
    "visits": home_visit,
    "screens": on_screen,
}
"""The tables whose `user_id` says whose a row is, by what they are called in an export."""

_DIRECT = "D"  # the ids of channels of direct messages begin so


@dataclass(frozen=True, slots=True)
class Purged:
    """How much of a person's is gone. `digests` are those that were stopped, `handed_over` those given to another
    person, each by its name; `sources` no longer say who added or paused them. `overwritten` is false when another
    process was reading, so that the deleted text is still in the database's log."""

    user: str
    questions: int
    summaries: int
    private: int
    alerts: int
    sessions: int
    visits: int
    screens: int
    waiting: int
    sources: int
    digests: list[str]
    handed_over: list[str]
    overwritten: bool


def export(store: Database, sources: Sequence[Sources], user: str, now: datetime) -> dict[str, Any]:
    """Everything that is kept of the person, as it can be written as JSON: rows by what they are of."""
    with store.reading() as connection:
        names = _names(connection, user)
        found = {called: _rows(connection, table, table.c.user_id.in_(names)) for called, table in _NAMED.items()}
        owned = _rows(connection, digest, digest.c.owner_id == user)
        for one in owned:
            one["slots"] = _rows(connection, digest_run, digest_run.c.digest_id == one["id"])
            one["stories"] = _rows(connection, digest_story, digest_story.c.digest_id == one["id"])
        waiting = [{"key": key, "body": body} for key, body in _waiting(connection, user)]
    listed = [
        {"id": one.id, "url": one.url, "added": one.added_by == user, "paused": one.paused_by == user}
        for team in sources
        for one in team.by_user(user)
    ]
    return {
        "user": user,
        "made_at": now.isoformat(),
        **found,
        "digests": owned,
        "waiting": waiting,
        "sources": listed,
        "articles": [
            {"id": one.citation.article_id, "title": one.citation.title, "added_at": one.added_at}
            for team in sources
            for one in team.articles_for(user)
        ],
    }


def purge(
    store: Database, sources: Iterable[Sources], user: str, now: datetime, *, heir: str | None = None
) -> Purged:
    """Forget the person. Their digests are stopped, or go to the `heir` unless they go to direct messages.

    What is deleted is overwritten on the disk, unless another process still reads it; older backups still hold it.
    """
    with store.writing() as connection:
        names = _names(connection, user)
        gone = {
            called: connection.execute(delete(table).where(table.c.user_id.in_(names))).rowcount
            for called, table in _NAMED.items()
        }
        stopped, handed_over = _part_with_digests(connection, user, heir)
        waiting = [key for key, _ in _waiting(connection, user)]
        done = update(delivery).where(delivery.c.key.in_(waiting))
        connection.execute(done.values(body=None, done_at=now.isoformat()))
    count = sum(one.forget_person(user) for one in sources)
    overwritten = store.empty_log()
    return Purged(
        user,
        **gone,
        waiting=len(waiting),
        sources=count,
        digests=stopped,
        handed_over=handed_over,
        overwritten=overwritten,
    )


def _names(connection: Connection, user: str) -> list[str]:
    """Return what may identify the person in rows: the id, and its digest in each workspace that there is."""
    teams: set[str] = set()
    for table in (*_NAMED.values(), digest):
        teams.update(connection.scalars(select(table.c.team_id).distinct()))
    return [user, *(digested_name(team, user) for team in sorted(teams))]


def _part_with_digests(connection: Connection, user: str, heir: str | None) -> tuple[list[str], list[str]]:
    stopped, handed_over = [], []
    for row in connection.execute(select(digest).where(digest.c.owner_id == user)).mappings().all():
        if heir is not None and not row["channel_id"].startswith(_DIRECT):
            connection.execute(update(digest).where(digest.c.id == row["id"]).values(owner_id=heir))
            handed_over.append(row["name"])
        else:
            digests.remove(connection, row["team_id"], row["id"])
            stopped.append(row["name"])
    return stopped, handed_over


def _rows(connection: Connection, table: Table, which: ColumnElement[bool]) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(select(table).where(which)).mappings()]


def _waiting(connection: Connection, user: str) -> Iterator[tuple[str, Any]]:
    """Key and content of the deliveries that are not done and hold something of the person's."""
    for key, text in connection.execute(
        select(delivery.c.key, delivery.c.body).where(delivery.c.body.is_not(None))
    ):
        try:
            body = json.loads(text)
        except ValueError:
            continue
        if _is_of(body, user):
            yield key, body


def _is_of(value: Any, user: str) -> bool:
    """Return whether some part of a delivery says that it is this user's."""
    if isinstance(value, dict):
        own = value.get("user")
        if user in (value.get("user_id"), own, own.get("id") if isinstance(own, dict) else None):
            return True
        return _any_is_of(value.values(), user)
    return isinstance(value, list) and _any_is_of(value, user)


def _any_is_of(values: Iterable[Any], user: str) -> bool:
    return any(_is_of(one, user) for one in values)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many of each are gone: questions and summaries that were asked for, digests' slots and deliveries that
    are done, and articles that their source keeps for a while only."""

    questions: int
    topics: int
    slots: int
    deliveries: int
    articles: int


def forget_old(store: Database, sources: Iterable[Sources], settings: Settings, now: datetime) -> Forgotten:
    """Forget what is too old at `now`, in whichever workspace it came in; articles those of these `sources`."""
    days = settings.keep_questions_days
    with store.writing() as connection:
        asked, seen = questions.forget(connection, now, days)
        threads.forget(connection, now, days)
        old = to_text(now - timedelta(days=days))
        connection.execute(delete(home_visit).where(home_visit.c.opened_at < old))
        slots = digests.forget(connection, now, days)
        done = deliveries.forget(connection, now)
    store.empty_log()  # a purge leaves text in it while somebody reads
    return Forgotten(asked, seen, slots, done, sum(one.expire() for one in sources))


def purge_uninstalled(store: Database, library: Library, settings: Settings, now: datetime) -> list[str]:
    """Forget everything of the workspaces that uninstalled the app `days` ago or earlier; return their ids.

    What the bot remembers goes in one step with the note that the app was there, and last: broken off before, the
    next time goes on. Whoever installs it again before that keeps what is still there.
    """
    if not settings.many_workspaces:
        return []
    before = now - timedelta(days=settings.purge_uninstalled_days)
    with store.reading() as connection:
        gone = installations.removed(connection, before)
    purged = []
    for team in gone:
        remove_everything(library.of(team))
        with store.writing() as connection:
            # First, while the note that the app was there is left: without it the database lets no row go.
            is_gone = installation.c.team_id == team, installation.c.removed_at.is_not(None)
            connection.execute(delete(audit).where(audit.c.team_id == team, exists().where(*is_gone)))
            if not installations.forget(connection, team, before):
                continue
            connection.execute(delete(lease).where(lease.c.name.in_((leases.alerts(team), leases.token(team)))))
            for table in metadata.sorted_tables:
                if "team_id" in table.c and table not in (installation, audit):
                    connection.execute(delete(table).where(table.c.team_id == team))
        purged.append(team)
    if purged:
        store.empty_log()
    return purged
