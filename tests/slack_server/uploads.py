"""The files.* methods, and the address to which contents are sent."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from tests.slack_server import payloads
from tests.slack_server.chat import check_thread
from tests.slack_server.errors import SlackError
from tests.slack_server.platform import Platform
from tests.slack_server.requests import Request, method
from tests.slack_server.world import File

Json = dict[str, Any]


@method("files.getUploadURLExternal", "files:write")
def upload_url(request: Request) -> Json:
    """Where to send a file's bytes."""
    name, size = request.text("filename"), request.number("length", 0)
    if size <= 0:
        raise SlackError("invalid_arguments", messages=["[ERROR] must be greater than 0: length"])
    file_id = f"F{request.platform.tickets.number():06d}"
    workspace = request.workspace
    workspace.files[file_id] = File(file_id, workspace.team_id, workspace.bot_user, name, size)
    return {"upload_url": f"{request.platform.base}upload/{file_id}", "file_id": file_id}


@method("files.completeUploadExternal", "files:write")
def complete_upload(request: Request) -> Json:
    """Make uploaded files visible, in a channel or thread if one is named."""
    files = []
    for named in request.args.get("files") or ():
        file = request.workspace.files.get(named.get("id", ""))
        if file is None or file.content is None or file.complete:
            raise SlackError("file_not_found")
        file.title, file.complete = named.get("title") or file.name, True
        files.append(file)
    if not files:
        request.text("files")
    shown = [payloads.file(file, request.platform.base) for file in files]
    target = request.args.get("channel_id") or request.args.get("channels")
    if target:
        request.args["channel"] = target
        channel = request.joined()
        check_thread(request, channel)
        for file in files:
            file.shared.append(channel.id)
        args = {"text": request.args.get("initial_comment"), "thread_ts": request.args.get("thread_ts")}
        request.platform.post(request.workspace, channel, args, files=shown, source=request.args)
    return {"files": shown}


@method("files.info", "files:read")
def file_info(request: Request) -> Json:
    """One file."""
    file = request.workspace.files.get(request.text("file"))
    if file is None:
        raise SlackError("file_not_found")
    return {"file": payloads.file(file, request.platform.base), "comments": []}


async def receive(platform: Platform, request: web.Request) -> web.Response:
    """Take a file's bytes, raw or as a form."""
    for workspace in platform.world.workspaces.values():
        file = workspace.files.get(request.match_info["file"])
        if file is None or file.complete:
            continue
        if request.content_type == "multipart/form-data":
            part = next(iter((await request.post()).values()))
            file.content = part.file.read() if isinstance(part, web.FileField) else bytes(str(part), "utf-8")
        else:
            file.content = await request.read()
        if len(file.content) != file.size:
            platform.refuse("upload", [f"length: announced {file.size} bytes, got {len(file.content)}"])
        return web.Response(text=f"OK - {len(file.content)}")
    return web.Response(status=404, text="no such upload")


async def send(platform: Platform, request: web.Request) -> web.Response:
    """Give a file's bytes to whoever may read it; a sign-in page, as Slack does, to others."""
    token = platform.world.tokens.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
    workspace = platform.world.workspaces.get(token.team_id) if token and not token.revoked else None
    file = workspace.files.get(request.match_info["file"]) if workspace else None
    if workspace is None or file is None or file.content is None or "files:read" not in workspace.scopes:
        return web.Response(text="<!DOCTYPE html><title>Sign in | Slack</title>", content_type="text/html")
    return web.Response(body=file.content, content_type="text/plain")
