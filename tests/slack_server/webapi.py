"""The HTTP side: Web API calls and response_urls, with the faults that a test asked for."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp import web

from tests.slack_server import chat, conversations, openid, surfaces, uploads
from tests.slack_server.errors import SlackError
from tests.slack_server.faults import Fault
from tests.slack_server.installs import authenticate, basic_credentials
from tests.slack_server.platform import Platform
from tests.slack_server.records import Call
from tests.slack_server.requests import METHODS, Request, arguments
from tests.slack_server.responses import respond

Json = dict[str, Any]
# Importing these modules is what offers their methods.
OFFERED = (chat, conversations, openid, surfaces, uploads)


def application(platform: Platform) -> web.Application:
    """The aiohttp application of the stand-in."""
    app = web.Application(client_max_size=64 * 2**20)

    async def api(request: web.Request) -> web.StreamResponse:
        return await _counted(platform, _api(platform, request))

    async def hook(request: web.Request) -> web.StreamResponse:
        return await _counted(platform, _hook(platform, request))

    async def upload(request: web.Request) -> web.StreamResponse:
        return await uploads.receive(platform, request)

    async def download(request: web.Request) -> web.StreamResponse:
        return await uploads.send(platform, request)

    app.router.add_route("*", "/api/{method}", api)
    app.router.add_post("/commands/{hook}", hook)
    app.router.add_post("/actions/{hook}", hook)
    app.router.add_post("/upload/{file}", upload)
    app.router.add_get("/files-pri/{file}", download)

    async def authorize(request: web.Request) -> web.StreamResponse:
        return await openid.authorize(platform, request)

    app.router.add_get("/openid/connect/authorize", authorize)
    app.router.add_get("/openid/connect/keys", openid.keys)
    app.router.add_get("/link/", platform.sockets.serve)
    return app


async def _counted(platform: Platform, work: Any) -> web.StreamResponse:
    platform.calls_under_way += 1
    try:
        answer: web.StreamResponse = await work
        return answer
    finally:
        platform.calls_under_way -= 1
        platform.last_call = asyncio.get_running_loop().time()


async def _api(platform: Platform, http: web.Request) -> web.StreamResponse:
    name = http.match_info["method"]
    call = Call(name, {}, None, platform.clock.now(), {}, 0)
    fault = platform.faults.take(name)
    headers: dict[str, str] = {}
    try:
        call.args = await arguments(http)
        token = _token(http, call)
        held = platform.world.tokens.get(token or "")
        call.team = held.team_id if held else None
        if fault is None or fault.takes_effect:
            call.response = _perform(platform, http, call, token, headers)
        else:
            call.response = dict(fault.body)
    except SlackError as error:
        call.response = error.body
    if call.response.get("error") == "ratelimited" and fault is None:
        fault = Fault(name, status=429, retry_after=call.response.get("retry_after", 1))
    if fault is not None and fault.drop is None:
        headers |= fault.headers
    call.status = 0 if fault and fault.drop else fault.status if fault else 200
    platform.calls.append(call)
    return await _answer(http, fault, call.response, headers)


def _token(http: web.Request, call: Call) -> str | None:
    given = call.args.pop("token", None)
    bearer = http.headers.get("Authorization", "")
    return bearer.removeprefix("Bearer ") if bearer.startswith("Bearer ") else given


def _perform(
    platform: Platform, http: web.Request, call: Call, token: str | None, headers: dict[str, str]
) -> Json:
    method = METHODS.get(call.method)
    if method is None:
        raise SlackError("unknown_method", req_method=call.method)
    if method.caller == "none":
        call.args |= basic_credentials(http)
    workspace = authenticate(platform, token, method, str(call.args.get("team_id") or "") or None)
    call.team = workspace.team_id if workspace else call.team
    request = Request(call.method, platform, call.args, token, workspace)
    if workspace is not None:
        headers["x-oauth-scopes"] = ",".join(sorted(workspace.scopes))
    if method.scope is not None:
        headers["x-accepted-oauth-scopes"] = method.scope
        request.need(method.scope)
    return {"ok": True, **method.run(request)}


async def _hook(platform: Platform, http: web.Request) -> web.StreamResponse:
    call = Call("response_url", {}, None, platform.clock.now(), {}, 0)
    fault = platform.faults.take("response_url")
    status = 200
    try:
        call.args = await arguments(http)
        if fault is None or fault.takes_effect:
            hook = platform.tickets.spend(http.match_info["hook"], platform.clock.now())
            if hook is None:
                platform.refuse("response_url", ["used_url: used five times already, or older than 30 minutes"])
                status, call.response = 404, {"ok": False, "error": "used_url"}
            else:
                call.team = hook.workspace.team_id
                respond(platform, hook, call.args)
                call.response = {"ok": True}
        else:
            call.response = dict(fault.body)
    except SlackError as error:
        # Slack's own words for what it does not take here are a bare 400 or 500 with the error's name.
        status, call.response = 400, error.body
    if fault is not None and not fault.takes_effect:
        status = fault.status
    call.status = 0 if fault and fault.drop else status
    platform.calls.append(call)
    shown = json.dumps(call.response) if status != 200 else "ok"
    return await _answer(http, fault, shown, fault.headers if fault else {}, status)


async def _answer(
    http: web.Request, fault: Fault | None, body: Json | str, headers: dict[str, str], status: int | None = None
) -> web.StreamResponse:
    if fault is not None and fault.drop is not None:
        if http.transport is not None:
            http.transport.abort()
        return web.Response()
    if fault is not None and fault.slow:
        await asyncio.sleep(fault.slow)
    status = status or (fault.status if fault else 200)
    if isinstance(body, str):
        return web.Response(text=body, status=status, headers=headers)
    return web.json_response(body, status=status, headers=headers)
