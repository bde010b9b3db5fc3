"""`topicbot digest`: list, preview and post digests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot.console.options import Json, Since, moment
from bot.console.session import FAILED, open_library, print_json, print_rich, report_errors, say
from bot.console.shapes import story_json
from bot.console.tables import citation_line, strip_control_chars
from bot.digests.model import Digest, describe, following
from bot.resources import opened_store
from bot.wording import added_line

if TYPE_CHECKING:
    from slack_sdk import WebClient

    from bot.digests.content import Content, Item
    from bot.slack.text import Message
    from bot.workspace.workspace import Workspace
    from embeddings import Database

digest_app = typer.Typer(no_args_is_help=True, help="List, preview and post digests.")
Name = Annotated[str, typer.Argument(help="The id or the name that `topicbot digest list` shows.")]


@digest_app.command("list")
def list_digests(as_json: Json = False) -> None:
    """List the digests with their next time."""
    from bot.config import read_settings

    with open_library():
        with opened_store(read_settings()) as store:
            found = _every(store)
        now = datetime.now(UTC)
        if as_json:
            print_json({"digests": [digest_json(one, now) for _, one in found]})
        else:
            print_rich(digests_table([one for _, one in found], now))


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
    from bot.digests.delivery import preview

    now = datetime.now(UTC)
    with _opened(name) as (workspace, digest):
        chosen = digest or passing(tuple(topics or ()), now)
        found, messages = preview(workspace, chosen, now, moment("since", since))
        if as_json:
            print_json(content_json(chosen, found, messages))
        else:
            print_rich(content_page(chosen, found))


@digest_app.command("post")
def post_digest(name: Name, as_json: Json = False) -> None:
    """Post a digest to its channel now, besides its schedule."""
    from bot.digests.delivery import Pace, post_slot
    from bot.log import set_up_log

    with _opened(name) as (workspace, digest):
        if digest is None:
            raise typer.BadParameter("is empty. Name a digest.", param_hint="name")
        set_up_log()
        with report_errors():
            client = _client(workspace)
        posted = post_slot(workspace, client, digest, datetime.now(UTC), Pace())
    if as_json:
        print_json({"digest_id": digest.id, "posted": posted})
    else:
        say(f"Posted {digest.name}." if posted else "Nothing was posted: nothing is new, or see the log.")


@contextmanager
def _opened(name: str) -> Iterator[tuple[Workspace, Digest | None]]:
    """Yield the workspace and the digest of this id or name; without a name the workspace alone."""
    from bot.config import read_settings
    from bot.workspace.registry import open_workspace
    from embeddings.types import LOCAL_TEAM

    with open_library() as library:
        settings = read_settings()
        with opened_store(settings) as store:
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
    """Return a client with the workspace's token. Raises what says why there is none."""
    from bot.slack.client import bot_client
    from bot.slack.credentials import check_token
    from bot.workspace.registry import InstalledWorkspaces

    settings = workspace.settings
    if settings.many_workspaces:
        installed = InstalledWorkspaces(settings, workspace.library, workspace.store)
        return installed.client(workspace.team_id)
    check_token(settings)
    return bot_client(settings)


def _every(store: Database) -> list[tuple[str, Digest]]:
    from bot.digests import store as digests

    with store.reading() as connection:
        return [(team, one) for team in digests.teams(connection) for one in digests.every(connection, team)]


def passing(topics: tuple[str, ...], now: datetime) -> Digest:
    """Return a digest of the last week that nobody set up."""
    from bot.digests.model import Digest, Schedule

    schedule = Schedule(time(9), "UTC", days=(1,))
    fields: dict[str, Any] = {"id": "", "owner": "", "channel": "", "name": "Preview", "schedule": schedule}
    return Digest(**fields, created_at=now - timedelta(days=7), starts_at=now, topics=topics)


def digests_table(digests: Sequence[Digest], now: datetime) -> RenderableType:
    """Return the digests as a table."""
    if not digests:
        return Text("There is no digest yet. Set one up in Slack with /digest.")
    table = Table("Id", "Name", "Channel", "When", "Next", "Topics", box=None, pad_edge=False)
    for one in digests:
        coming = "paused" if one.paused_at else f"{following(one.schedule, now):%Y-%m-%d %H:%M} UTC"
        topics = ", ".join(one.topics) or "everything"
        cells = (one.id, one.name, one.channel, describe(one.schedule), coming, topics)
        table.add_row(*(Text(strip_control_chars(cell)) for cell in cells))
    return table


def content_page(digest: Digest, found: Content) -> RenderableType:
    """Return what a digest would tell."""
    title = f"{strip_control_chars(digest.name)}, {found.since:%Y-%m-%d %H:%M} to {found.until:%Y-%m-%d %H:%M} UTC"
    lines: list[RenderableType] = [Text(title, style="bold")]
    if not found.stories:
        lines.append(Text("Nothing new on this digest's topics."))
    lines += [Text(found.counted)] if found.counted else []
    for part in found.sections:
        lines += [Text(f"\n{strip_control_chars(part.topic)}", style="bold cyan")] if part.topic else []
        for item in part.items:
            lines += _item(item)
    lines += [Text("\nAlso new", style="bold")] if found.also_new else []
    lines += [Text(f"- {strip_control_chars(one.headline)} · {one.last_seen[:10]}") for one in found.also_new]
    lines += [Text(f"and {found.left_out:,} more")] if found.left_out else []
    lines += [Text(f"\n{added_line(found.added)}", style="italic")] if found.added else []
    return Group(*lines)


def digest_json(digest: Digest, now: datetime) -> dict[str, Any]:
    """Return one digest of `digest list --json`."""
    return {
        "digest_id": digest.id,
        "name": digest.name,
        "owner": digest.owner,
        "channel": digest.channel,
        "topics": list(digest.topics),
        "collections": None if digest.collections is None else list(digest.collections),
        "schedule": describe(digest.schedule),
        "next": None if digest.paused_at else following(digest.schedule, now).isoformat(),
        "paused": digest.paused_at is not None,
    }


def content_json(digest: Digest, found: Content, messages: Sequence[Message]) -> dict[str, Any]:
    """Return what `digest preview --json` prints."""
    return {
        "digest_id": digest.id,
        "name": digest.name,
        "since": found.since.isoformat(),
        "until": found.until.isoformat(),
        "sections": [
            {"topic": part.topic, "stories": [_item_json(item) for item in part.items]} for part in found.sections
        ],
        "also_new": [story_json(one) for one in found.also_new],
        "left_out": found.left_out,
        "added": found.added,
        "messages": [asdict(one) for one in messages],
    }


def _item_json(item: Item) -> dict[str, Any]:
    return {**story_json(item.story), "update": item.is_update, "passage": item.passage.to_dict()}


def _item(item: Item) -> list[RenderableType]:
    told, passage = item.story, item.passage
    more = f" · +{told.sources - 1} sources" if told.sources > 1 else ""
    mark = "Update · " if item.is_update else ""
    sentence = f"New: {passage.sentence}" if item.is_update else passage.sentence
    return [
        Text(f"\n{mark}{strip_control_chars(told.headline)}{more} · {told.last_seen[:10]}", style="bold"),
        Padding(Text(strip_control_chars(sentence)), (0, 0, 0, 4)),
        Padding(
            Text(strip_control_chars(citation_line(passage.citation, passage.paragraph)), style="dim"),
            (0, 0, 0, 4),
        ),
    ]
