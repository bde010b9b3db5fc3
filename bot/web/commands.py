"""`topicbot web`, `topicbot mcp` and `topicbot tokens`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from bot.console.options import Json
from bot.console.session import BAD_USAGE, open_library, print_json, print_rich, report_errors, say, until_ended
from bot.console.tables import strip_control_chars
from bot.resources import opened_store

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.web.access.callers import Site
    from bot.web.access.tokens import Token
    from bot.workspace.registry import Workspaces
    from embeddings import Database
    from embeddings.library import Library

tokens_app = typer.Typer(
    no_args_is_help=True, help="Create, list and revoke tokens for the pages, the API and MCP."
)


@contextmanager
def _site(*, login: bool = False) -> Iterator[Site]:
    """Open the site; with `login` for the people of Slack too, where the settings have what that needs."""
    from bot.clock import now
    from bot.config import read_settings
    from bot.web.site import site_of

    with open_library() as library:
        settings = read_settings()
        with opened_store(settings) as store:
            workspaces = _workspaces(settings, library, store) if login and settings.signs_in else None
            yield site_of(settings, library, store, now, workspaces)


def _workspaces(settings: Settings, library: Library, store: Database) -> Workspaces:
    """Return the workspaces of the settings. Raises `SlackRefusedError` when the bot's token can't be used."""
    from bot.slack.client import bot_client
    from bot.slack.credentials import check_token
    from bot.workspace.registry import InstalledWorkspaces, OneWorkspace, open_workspace

    if settings.many_workspaces:
        return InstalledWorkspaces(settings, library, store)
    team = str(check_token(settings).team_id)
    return OneWorkspace(open_workspace(team, settings, library, store), bot_client(settings))


def web(
    host: Annotated[
        str, typer.Option(help="Address to listen on. Another than loopback needs Sign in with Slack, or tokens.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 is any free one.")] = 3080,
    ask_login: Annotated[
        bool, typer.Option("--login", help="Ask for a login on loopback too, as behind a proxy.")
    ] = False,
) -> None:
    """Open the library in a browser, as an HTTP API and for MCP clients. It needs neither Slack nor a key."""
    from bot.http_server import http_server
    from bot.log import set_up_log
    from bot.web.site import UPLOADS, web_application

    login = ask_login or not is_loopback(host)
    with _site(login=login) as site:
        if login and site.sign_in is None and not _has_token(site):
            say(
                f"{host} may be reached from elsewhere, and nobody can log in. Create a token with"
                " `topicbot tokens create NAME`, set up Sign in with Slack (SLACK_CLIENT_ID, SLACK_CLIENT_SECRET,"
                " TOPICBOT_PUBLIC_URL), or listen on 127.0.0.1.",
                err=True,
            )
            raise typer.Exit(BAD_USAGE)
        set_up_log()
        site.library.warm(wait=False)
        application = web_application(site, login=login)
        with (
            until_ended() as ended,
            report_errors(),
            http_server(
                application, (host, port), advice="Choose another --host or --port.", uploads=UPLOADS
            ) as bound,
        ):
            name = f"[{bound[0]}]" if ":" in bound[0] else bound[0]
            say(f"Open http://{name}:{bound[1]}/ in a browser. Ctrl+C ends it.")
            ended.wait()


def _has_token(site: Site) -> bool:
    from bot.web.access import tokens

    with site.store.reading() as connection:
        return any(_state(one, site.now()) == "valid" for one in tokens.every(connection))


def mcp() -> None:
    """Serve MCP on standard input and output, for a client that starts this command."""
    from bot.web.access.callers import Caller
    from bot.web.tools import mcp_server

    with _site() as site:
        mcp_server(site, lambda *_: Caller("stdio")).run()


@tokens_app.command("create")
def create_token(
    name: Annotated[str, typer.Argument(help="What the token is for.")],
    collection: Annotated[
        list[str] | None, typer.Option(help="It sees only this collection. May be repeated. Default: all.")
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="It may add and remove articles.")] = False,
    days: Annotated[int | None, typer.Option(min=1, max=3650, help="It expires after this many days.")] = None,
    team: Annotated[
        str, typer.Option(help="The workspace whose articles it sees, where many share a bot.")
    ] = "local",
    as_json: Json = False,
) -> None:
    """Create a token and print it. It is shown once; only a digest of it is kept."""
    from bot.web.access import tokens

    if "/" in team:  # what is for one audience in a team is no token's
        raise typer.BadParameter(f"{team!r} is no workspace. Write its id, like T0123.", param_hint="--team")
    with _store() as store, store.writing() as connection:
        now = datetime.now(UTC)
        ends = now + timedelta(days=days) if days is not None else None
        secret, made = tokens.create(
            connection, name, now, team=team, collections=collection or (), may_write=write, expires_at=ends
        )
    if as_json:
        print_json({**_token_json(made), "token": secret})
    else:
        say(secret)
        say("Keep it: it isn't shown again. Send it as `Authorization: Bearer …`, or log in with it.", err=True)


@tokens_app.command("list")
def list_tokens(as_json: Json = False) -> None:
    """List the tokens, revoked and expired ones too."""
    from bot.web.access import tokens

    with _store() as store, store.reading() as connection:
        found = tokens.every(connection)
    if as_json:
        print_json({"tokens": [_token_json(one) for one in found]})
        return
    table = Table("Id", "Name", "Collections", "May", "Expires", "State", box=None, pad_edge=False)
    for one in found:
        ends = f"{one.expires_at:%Y-%m-%d}" if one.expires_at else "never"
        may = "read, write" if one.may_write else "read"
        seen = ", ".join(one.collections) if one.collections is not None else "all"
        cells = (one.id, one.name, seen, may, ends, _state(one, datetime.now(UTC)))
        table.add_row(*(Text(strip_control_chars(cell)) for cell in cells))
    print_rich(table if found else Text("There is no token yet. `topicbot tokens create NAME` makes one."))


@tokens_app.command("revoke")
def revoke_token(
    wanted: Annotated[str, typer.Argument(metavar="ID", help="The id or the name that `tokens list` shows.")],
    as_json: Json = False,
) -> None:
    """Revoke a token. It is refused from its next request on."""
    from bot.web.access import tokens

    with _store() as store, store.writing() as connection:
        gone = tokens.revoke(connection, wanted, datetime.now(UTC))
    if as_json:
        print_json({"revoked": gone.id})
    else:
        say(f"Revoked {gone.name} ({gone.id}).")


@contextmanager
def _store() -> Iterator[Database]:
    from bot.config import read_settings

    with report_errors(), opened_store(read_settings()) as store:
        yield store


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches the address."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _state(token: Token, now: datetime) -> str:
    if token.revoked_at is not None:
        return "revoked"
    return "expired" if token.expires_at is not None and token.expires_at <= now else "valid"


def _token_json(token: Token) -> dict[str, object]:
    return {
        "id": token.id,
        "name": token.name,
        "team": token.team,
        "collections": None if token.collections is None else list(token.collections),
        "may_write": token.may_write,
        "created_at": token.created_at.isoformat(),
        "expires_at": token.expires_at.isoformat() if token.expires_at else None,
        "state": _state(token, datetime.now(UTC)),
    }
