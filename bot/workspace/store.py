"""Installations and channel bindings in the bot's database."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from bot.clock import to_text
from bot.store.tables import binding, org_workspace
from bot.store.tables import install_state as states
from bot.store.tables import installation as installations
from embeddings import Prepared

ORGANISATION = "E"
"""How the ids of organisations (Enterprise Grid) begin."""


@dataclass(frozen=True, slots=True)
class Installation:
    """The app in one workspace, or in all of an organisation: then `team_id` is the organisation's.

    `sealed` are its tokens, encrypted, until it was uninstalled at `removed_at`. `expires_at` is when the bot's
    token does, `None` for never. Times are aware.
    """

    team_id: str
    enterprise_id: str | None
    bot_id: str
    bot_user_id: str
    scopes: tuple[str, ...]
    sealed: str | None
    expires_at: datetime | None
    installed_at: datetime
    removed_at: datetime | None = None

    def is_same_grant(self, other: Installation) -> bool:
        """Return whether neither a renewal nor another installation is between the two."""
        return (self.installed_at, self.expires_at) == (other.installed_at, other.expires_at)


def save(connection: Connection, given: Installation) -> None:
    """Store the installation, in place of an earlier one of the workspace."""
    values: dict[str, Any] = asdict(given) | {"scopes": ",".join(given.scopes)}
    for name in _TIMES:
        values[name] = to_text(values[name]) if values[name] else None
    insertion = insert(installations).values(values)
    connection.execute(insertion.on_conflict_do_update(index_elements=["team_id"], set_=values))


def load(connection: Connection, team: str) -> Installation | None:
    """Return what is known of the app in this workspace, where it was ever installed and not purged."""
    row = connection.execute(_LOAD, {"team": team}).mappings().first()
    return _installation(row) if row else None


_LOAD = select(installations).where(
    installations.c.team_id == bindparam("team")
)  # built once, run for each request


def every(connection: Connection) -> list[Installation]:
    """Return all of them, also those that were uninstalled."""
    query = select(installations).order_by(installations.c.team_id)
    return [_installation(row) for row in connection.execute(query).mappings()]


def teams(connection: Connection) -> list[str]:
    """Return the workspaces in which the app is installed, by themselves or with their organisation."""
    query = select(installations.c.team_id).where(installations.c.removed_at.is_(None))
    own = [one for one in connection.scalars(query) if not one.startswith(ORGANISATION)]
    joined = select(org_workspace.c.team_id).join(
        installations, installations.c.team_id == org_workspace.c.enterprise_id
    )
    of_organisations = connection.scalars(joined.where(installations.c.removed_at.is_(None)))
    return sorted({*own, *of_organisations})


def organisation_of(connection: Connection, team: str) -> str | None:
    """Return the organisation with which the workspace has the app."""
    return connection.scalar(select(org_workspace.c.enterprise_id).where(org_workspace.c.team_id == team))


def join_organisation(connection: Connection, team: str, enterprise: str) -> None:
    """Keep that the workspace has the app with its organisation, and forget that it lost the app before."""
    adding = insert(org_workspace).values(team_id=team, enterprise_id=enterprise)
    connection.execute(
        adding.on_conflict_do_update(index_elements=["team_id"], set_={"enterprise_id": enterprise})
    )
    lost = installations.c.team_id == team, installations.c.removed_at.is_not(None)
    connection.execute(delete(installations).where(*lost))


def leave_organisation(
    connection: Connection, enterprise: str, now: datetime, team: str | None = None
) -> list[str]:
    """Take the app from the workspace, or from each of the organisation's; return which.

    Each is noted as one that uninstalled the app, so that what is kept of it goes in time.
    """
    meant = [org_workspace.c.enterprise_id == enterprise, *([org_workspace.c.team_id == team] if team else [])]
    gone = sorted(connection.scalars(select(org_workspace.c.team_id).where(*meant)))
    connection.execute(delete(org_workspace).where(*meant))
    whole = load(connection, enterprise)
    for name in gone:
        if whole is not None and load(connection, name) is None:
            save(connection, replace(whole, team_id=name, sealed=None, expires_at=None, removed_at=now))
    return gone


def every_team(connection: Connection) -> list[str]:
    """Return the workspaces that have the app or once installed it, and are not purged."""
    own = [one for one in connection.scalars(select(installations.c.team_id)) if not one.startswith(ORGANISATION)]
    return sorted({*own, *connection.scalars(select(org_workspace.c.team_id))})


def reseal(connection: Connection, given: Installation, sealed: str, expires_at: datetime | None) -> bool:
    """Keep these tokens in place of the `given` ones; `False` when others came between, or it was uninstalled."""
    same = and_(  # `sealed` itself may have been encrypted with another key in between
        installations.c.team_id == given.team_id,
        installations.c.installed_at == to_text(given.installed_at),
        installations.c.expires_at.is_not_distinct_from(to_text(given.expires_at) if given.expires_at else None),
        installations.c.removed_at.is_(None),
    )
    values = {"sealed": sealed, "expires_at": to_text(expires_at) if expires_at else None}
    return connection.execute(update(installations).where(same).values(values)).rowcount == 1


def remove(connection: Connection, team: str, before: datetime, now: datetime) -> bool:
    """Delete the tokens: the app was uninstalled. `False` when it isn't installed, or was so after `before`."""
    own = (installations.c.team_id == team) & installations.c.removed_at.is_(None)
    gone = update(installations).where(own, installations.c.installed_at <= to_text(before))
    values = {"sealed": None, "expires_at": None, "removed_at": to_text(now)}
    return connection.execute(gone.values(values)).rowcount == 1


def removed(connection: Connection, before: datetime) -> list[str]:
    """Return the workspaces that uninstalled the app before this moment and have not installed it again."""
    query = select(installations.c.team_id).where(_removed(before)).order_by(installations.c.team_id)
    return list(connection.scalars(query))


def forget(connection: Connection, team: str, before: datetime) -> bool:
    """Forget that the app was there; `False` when it was installed again."""
    gone = delete(installations).where(installations.c.team_id == team, _removed(before))
    return connection.execute(gone).rowcount == 1


def issue(connection: Connection, state: str, now: datetime, until: datetime) -> None:
    """Keep that an installation was begun, to be finished under this state until then."""
    connection.execute(delete(states).where(states.c.expires_at <= to_text(now)))
    connection.execute(insert(states).values(digest=_digest(state), expires_at=to_text(until)))


def consume(connection: Connection, state: str, now: datetime) -> bool:
    """Return whether an installation may be finished under this state; not a second time."""
    given = delete(states).where(states.c.digest == _digest(state), states.c.expires_at > to_text(now))
    return connection.execute(given).rowcount == 1


_TIMES = ("expires_at", "installed_at", "removed_at")


def _removed(before: datetime) -> ColumnElement[bool]:
    return installations.c.removed_at <= to_text(before)


def _digest(state: str) -> str:
    """Return who reads the table can't finish what others have begun."""
    return hashlib.sha256(state.encode("utf-8", "surrogatepass")).hexdigest()


def _installation(row: RowMapping) -> Installation:
    values = dict(row) | {"scopes": tuple(row["scopes"].split(","))}
    for name in _TIMES:
        values[name] = datetime.fromisoformat(row[name]) if row[name] else None
    return Installation(**values)


def bound_collections(connection: Connection, team: str, channel: str) -> tuple[str, ...] | None:
    """Return the collections that the channel's questions may see; `None` when it isn't bound."""
    return tuple(name for (name,) in _BOUND.rows(connection, {"team": team, "channel": channel})) or None


_BOUND = Prepared(
    select(binding.c.collection)
    .where(binding.c.team_id == bindparam("team"), binding.c.channel_id == bindparam("channel"))
    .order_by(binding.c.collection)
)


def bind_channel(connection: Connection, team: str, channel: str, collections: Sequence[str]) -> None:
    """Bind the channel to these collections in place of what it was bound to; to none: unbind it."""
    connection.execute(delete(binding).where(binding.c.team_id == team, binding.c.channel_id == channel))
    for name in dict.fromkeys(collections):
        connection.execute(insert(binding).values(team_id=team, channel_id=channel, collection=name))
