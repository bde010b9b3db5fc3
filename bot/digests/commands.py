"""`topicbot digest`: list, preview and post the digests that people set up in Slack."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.arguments import Json, Since, moment
from bot.terminal import FAILED, open_library, print_json, print_rich, the_store, told

if TYPE_CHECKING:
    from slack_sdk import WebClient

    from bot.store.digests import Digest
    from bot.workspace import Workspace
    from embeddings.store.database import Database

digest_app = typer.Typer(no_args_is_help=True, help="List, preview and post digests.")

Name = Annotated[str, typer.Argument(help="The id or the name that `topicbot digest list` shows.")]


@digest_app.command("list")
def list_digests(as_json: Json = False) -> None:
    """List the digests with their next time."""
    from bot.config import read_settings
    from bot.show_digest import digest_shape, listed

    with open_library():
        with the_store(read_settings()) as store:
            found = _every(store)
        now = datetime.now(UTC)
        if as_json:
            print_json({"digests": [digest_shape(one, now) for _, one in found]})
        else:
            print_rich(listed([one for _, one in found], now))


@digest_app.command("preview")
def preview_digest(
    name: Annotated[str, typer.Argument(help="The id or the name of a digest; left out: one of --topic.")] = "",
    topics: Annotated[
        list[str] | None, typer.Option("--topic", help="Instead of a digest, this topic. May be repeated.")
    ] = None,
    since: Since = None,
    as_json: Json = False,
) -> None:
    """Show what would be posted now, without posting it. Without a name and a topic: everything new."""
    from bot.digests.post import preview
    from bot.show_digest import content, content_shape

    now = datetime.now(UTC)
    with _opened(name) as (workspace, digest):
        chosen = digest or _passing(tuple(topics or ()), now)
        found, messages = preview(workspace, chosen, now, moment("since", since))
        if as_json:
            print_json(content_shape(chosen, found, messages))
        else:
            print_rich(content(chosen, found))


@digest_app.command("post")
def post_digest(name: Name, as_json: Json = False) -> None:
    """Post a digest to its channel now, besides its schedule."""
    from bot.digests.post import Pace, post_slot
    from bot.log import set_up_log

    with _opened(name) as (workspace, digest):
        if digest is None:
            raise typer.BadParameter("is empty. Name a digest.", param_hint="name")
        set_up_log()
        with told():
            client = _client(workspace)
        posted = post_slot(workspace, client, digest, datetime.now(UTC), Pace())
    if as_json:
        print_json({"digest_id": digest.id, "posted": posted})
    else:
        typer.echo(f"Posted {digest.name}." if posted else "Nothing was posted: nothing is new, or see the log.")


@contextmanager
def _opened(name: str) -> Iterator[tuple[Workspace, Digest | None]]:
    """The workspace and the digest of this id or name; without a name the workspace alone."""
    from bot.config import read_settings
    from bot.workspaces import open_workspace
    from embeddings.types import LOCAL_TEAM

    with open_library() as library:
        settings = read_settings()
        with the_store(settings) as store:
            found = [(team, one) for team, one in _every(store) if name in (one.id, one.name)]
            if name and not found:
                typer.echo(f"There is no digest {name!r}. `topicbot digest list` shows what there is.", err=True)
                raise typer.Exit(FAILED)
            if len(found) > 1:
                ids = ", ".join(one.id for _, one in found)
                typer.echo(f"There are several digests {name!r}. Name one by its id: {ids}.", err=True)
                raise typer.Exit(FAILED)
            team, digest = found[0] if found else ("", None)
            own = team if settings.many_workspaces and team else LOCAL_TEAM
            yield open_workspace(team, settings, library, store, library_team=own), digest


def _client(workspace: Workspace) -> WebClient:
    """A client with the workspace's token. Raises what says why there is none."""
    from bot.client import bot_client
    from bot.serve import check_token
    from bot.workspaces import InstalledWorkspaces

    settings = workspace.settings
    if settings.many_workspaces:
        installed = InstalledWorkspaces(settings, workspace.library, workspace.store)
        return installed.client(workspace.team_id)
    check_token(settings)
    return bot_client(settings)


def _every(store: Database) -> list[tuple[str, Digest]]:
    from bot.store import digests

    with store.reading() as connection:
        return [(team, one) for team in digests.teams(connection) for one in digests.every(connection, team)]


def _passing(topics: tuple[str, ...], now: datetime) -> Digest:
    """A digest of the last week that nobody set up."""
    from bot.digests.schedule import Schedule
    from bot.store.digests import Digest

    schedule = Schedule(time(9), "UTC", days=(1,))
    fields: dict[str, Any] = {"id": "", "owner": "", "channel": "", "name": "Preview", "schedule": schedule}
    return Digest(**fields, created_at=now - timedelta(days=7), starts_at=now, topics=topics)
