"""Who calls, and how apps come and go: auth.*, oauth.v2.access, apps.*."""

from __future__ import annotations

import base64
from typing import Any

from aiohttp import web

from tests.slack_server.errors import SlackError
from tests.slack_server.platform import Platform
from tests.slack_server.requests import Method, Request, method
from tests.slack_server.world import SCOPES, Token, Workspace

Json = dict[str, Any]
ROTATION_SECONDS = 12 * 3600


@method("auth.test")
def test(request: Request) -> Json:
    """Whose token this is."""
    workspace = request.workspace
    return {
        "url": f"https://{workspace.domain}.slack.com/",
        "team": workspace.name,
        "user": workspace.users[workspace.bot_user].name,
        "team_id": workspace.team_id,
        "user_id": workspace.bot_user,
        "bot_id": workspace.bot_id,
        "is_enterprise_install": False,
    }


@method("auth.revoke")
def revoke(request: Request) -> Json:
    """End the token's life."""
    if request.flag("test"):
        return {"revoked": False}
    request.platform.world.tokens[request.token or ""].revoked = True
    return {"revoked": True}


@method("api.test", caller="none")
def api_test(request: Request) -> Json:
    """Answer that Slack is there."""
    return {"args": request.args}


@method("apps.connections.open", caller="app")
def open_connection(request: Request) -> Json:
    """A WebSocket URL for one connection."""
    base = request.platform.base.replace("http://", "ws://")
    return {"url": f"{base}link/?{request.platform.sockets.ticket()}"}


def taken_code(request: Request) -> Json:
    """What was allowed under the code of the call, which is good once and for the address that it was made for."""
    code = request.platform.codes.get(request.text("code"))
    if code is None:
        raise SlackError("invalid_code")
    if code["used"]:
        raise SlackError("code_already_used")
    if code["redirect_uri"] != request.args.get("redirect_uri"):
        raise SlackError("bad_redirect_uri")
    code["used"] = True
    return code


@method("oauth.v2.access", caller="none")
def access(request: Request) -> Json:
    """A bot token for a code, or for a refresh token."""
    check_client(request)
    if request.args.get("grant_type") == "refresh_token":
        return _refreshed(request)
    code = taken_code(request)
    workspace = request.platform.world.workspaces[code["team"]]
    workspace.scopes.clear()
    workspace.scopes.update(code["scopes"] or SCOPES)
    current = request.platform.world.tokens.get(workspace.bot_token)
    if current is not None:
        current.revoked = False
    granted = _grant(request, workspace) | {"authed_user": {"id": code["user"]}}
    if code["whole_organisation"]:
        enterprise = workspace.enterprise_id or "E1"
        value = f"xoxb-{enterprise}"
        request.platform.world.tokens[value] = Token(value, workspace.team_id, organisation=enterprise)
        granted |= {"access_token": value, "team": None, "is_enterprise_install": True}
        granted |= {"enterprise": {"id": enterprise, "name": "Grid"}}
    return granted


@method("auth.teams.list")
def teams(request: Request) -> Json:
    """The workspaces that the token is good for."""
    held = request.platform.world.tokens[request.token or ""]
    every = request.platform.world.workspaces.values()
    of_token = [one for one in every if one.enterprise_id == held.organisation or one.team_id == held.team_id]
    return {"teams": [{"id": one.team_id, "name": one.name} for one in of_token]}


def authenticate(
    platform: Platform, token: str | None, called: Method, team: str | None = None
) -> Workspace | None:
    """The workspace a token is of, for an organisation's the `team` of the call; None for methods without one.

    SlackError if the token will not do.
    """
    if called.caller == "none":
        return None
    if not token:
        raise SlackError("not_authed")
    if token == platform.app_token:
        if called.caller != "app":
            raise SlackError("not_allowed_token_type")
        return None
    held = platform.world.tokens.get(token)
    if held is None:
        raise SlackError("invalid_auth")
    if called.caller == "app":
        raise SlackError("not_allowed_token_type")
    if held.revoked:
        raise SlackError("account_inactive")
    if held.expires is not None and platform.clock.now() > held.expires:
        raise SlackError("token_expired")
    if held.organisation and not called.run.__module__.endswith("installs"):
        found = platform.world.workspaces.get(team or "")
        if found is None:
            raise SlackError("missing_argument", messages=["[ERROR] missing required field: team_id"])
        if found.enterprise_id != held.organisation:
            raise SlackError("team_access_not_granted")
        return found
    return platform.world.workspaces[held.team_id]


def basic_credentials(request: web.Request) -> Json:
    """client_id and client_secret, if they came in the Authorization header."""
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Basic":
        return {}
    client_id, _, secret = base64.b64decode(encoded).decode().partition(":")
    return {"client_id": client_id, "client_secret": secret}


def check_client(request: Request) -> None:
    """SlackError unless the app's client id and secret came along."""
    if request.args.get("client_id") != request.platform.client_id:
        raise SlackError("invalid_client_id")
    if request.args.get("client_secret") != request.platform.client_secret:
        raise SlackError("bad_client_secret")


def _refreshed(request: Request) -> Json:
    for token in request.platform.world.tokens.values():
        if token.refresh is not None and token.refresh == request.args.get("refresh_token") and not token.revoked:
            token.refresh = None
            return _grant(request, request.platform.world.workspaces[token.team_id])
    raise SlackError("invalid_refresh_token")


def _grant(request: Request, workspace: Workspace) -> Json:
    platform, rotated = request.platform, {}
    if platform.rotation:
        number = platform.tickets.number()
        expires = platform.clock.now() + ROTATION_SECONDS
        token = Token(
            f"xoxe.xoxb-{workspace.team_id}-{number}", workspace.team_id, expires, False, f"xoxe-1-{number}"
        )
        platform.world.tokens[token.value] = token
        workspace.bot_token = token.value
        rotated = {"refresh_token": token.refresh, "expires_in": ROTATION_SECONDS}
    return {
        "access_token": workspace.bot_token,
        "token_type": "bot",
        "scope": ",".join(sorted(workspace.scopes)),
        "bot_user_id": workspace.bot_user,
        "app_id": platform.app_id,
        "team": {"id": workspace.team_id, "name": workspace.name},
        "enterprise": None,
        "is_enterprise_install": False,
        **rotated,
    }
