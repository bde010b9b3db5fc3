"""Set digests up, find, pause and remove them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.digests import store as digests
from bot.digests.model import Digest, Schedule
from bot.locale.texts import gettext as _
from bot.workspace.workspace import Workspace
from embeddings.errors import InvalidInputError, NotAllowedError, NotFoundError


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person wants of a digest; the fields are those of `Digest`."""

    channel: str
    name: str
    schedule: Schedule
    topics: tuple[str, ...]
    collections: tuple[str, ...] | None
    most: int
    say_empty: bool
    least: float


def save(workspace: Workspace, wanted: Wanted, known: Digest | None, *, owner: str, key: str) -> Digest:
    """Keep a digest, in place of `known` where there is one; it isn't paused, and due from its next slot on.

    `key` names the delivery: the same one makes the same digest.
    """
    now = workspace.now()
    own_id = hashlib.sha256(f"{workspace.team_id} {key}".encode()).hexdigest()[:16]
    before = known or Digest(own_id, owner, wanted.channel, wanted.name, wanted.schedule, now, now)
    changed = replace(
        before,
        channel=wanted.channel,
        name=wanted.name,
        schedule=wanted.schedule,
        starts_at=now,
        topics=wanted.topics,
        collections=wanted.collections,
        most=wanted.most,
        say_empty=wanted.say_empty,
        least=wanted.least,
        paused_at=None,
        paused_why=None,
    )
    with workspace.store.writing() as connection:
        digests.save(connection, workspace.team_id, changed)
    return changed


def every(workspace: Workspace, owner: str | None = None) -> list[Digest]:
    """Return the workspace's digests, or those of one owner, oldest first."""
    with workspace.store.reading() as connection:
        return digests.every(connection, workspace.team_id, owner)


def named(every: Sequence[Digest], name: str) -> Digest:
    """Return the digest of this name or id; without a name the only one.

    Raises `NotFoundError` when there is none, `InvalidInputError` when the name says too little.
    """
    wanted = name.strip().casefold()
    found = [one for one in every if wanted in ("", one.id, one.name.casefold())]
    if len(found) == 1:
        return found[0]
    names = ", ".join(f"“{one.name}”" for one in (found or every)) or _("none yet")
    if not found:
        raise NotFoundError(_("You have no digest of that name. Yours: {names}.", names=names))
    raise InvalidInputError(_("Name the digest. Yours: {names}.", names=names))


def allowed(workspace: Workspace, digest_id: str, *, user: str, may_manage: bool) -> Digest:
    """Return the digest with this id, for its owner and admins. Raises `NotFoundError`, `NotAllowedError`."""
    with workspace.store.reading() as connection:
        found = digests.load(connection, workspace.team_id, digest_id)
    if found is None:
        raise NotFoundError(_("That digest is no longer there."))
    if found.owner != user and not may_manage:
        raise NotAllowedError(_("Only whoever set this digest up, and admins, can do that. Ask one of them."))
    return found


def mute(workspace: Workspace, digest: Digest, story_id: str, *, similar: bool = False) -> None:
    """Never post this story again in the digest; with `similar`, leave out stories that are like it."""
    note = digests.mute_similar if similar else digests.mute
    with workspace.store.writing() as connection:
        note(connection, workspace.team_id, digest.id, story_id)


def pause(workspace: Workspace, digest: Digest) -> None:
    """Post nothing until the digest is resumed."""
    with workspace.store.writing() as connection:
        digests.pause(connection, workspace.team_id, digest.id, workspace.now())


def resume(workspace: Workspace, digest: Digest) -> None:
    """Post again, from the next slot on."""
    with workspace.store.writing() as connection:
        digests.resume(connection, workspace.team_id, digest.id, workspace.now())


def remove(workspace: Workspace, digest: Digest) -> None:
    """Forget the digest and what it has posted."""
    with workspace.store.writing() as connection:
        digests.remove(connection, workspace.team_id, digest.id)
