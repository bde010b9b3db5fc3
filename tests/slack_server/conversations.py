"""The conversations.* and users.* methods."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tests.slack_server import payloads
from tests.slack_server.errors import SlackError
from tests.slack_server.requests import Request, method
from tests.slack_server.world import Channel, Message

Json = dict[str, Any]


@method("conversations.info")
def info(request: Request) -> Json:
    """One conversation."""
    channel = request.channel()
    request.need(f"{channel.scope}:read")
    return {"channel": payloads.channel(request.workspace, channel)}


@method("conversations.members")
def members(request: Request) -> Json:
    """Who is in a conversation, page by page."""
    channel = request.channel()
    request.need(f"{channel.scope}:read")
    page, more = _page(request, channel.members, 100)
    return {"members": page} | more


@method("conversations.open", "im:write")
def open_conversation(request: Request) -> Json:
    """The conversation with one person."""
    users = [name for name in str(request.args.get("users") or "").split(",") if name]
    if not users and request.args.get("channel"):
        users = [request.channel().members[0]]
    if not users:
        raise SlackError("users_list_not_supplied")
    if len(users) > 1:
        raise SlackError("not_supported_by_the_stand_in")
    if users[0] not in request.workspace.users:
        raise SlackError("user_not_found")
    if users[0] == request.workspace.bot_user:
        raise SlackError("cannot_dm_bot")
    known = "D" + users[0] in request.workspace.channels
    channel = request.workspace.im(users[0])
    shown = payloads.channel(request.workspace, channel) if request.flag("return_im") else {"id": channel.id}
    return {"channel": shown} | ({"already_open": True, "no_op": True} if known else {})


@method("conversations.history")
def history(request: Request) -> Json:
    """The messages outside threads, newest first, page by page."""
    channel = _readable(request)
    top = [one for one in channel.messages if one.thread_ts in (None, one.ts) or one.broadcast]
    listed = [one for one in reversed(top) if not one.deleted and _in_range(request, one)]
    page, more = _page(request, listed, 100)
    return {"messages": _shown(request, channel, page), "has_more": bool(more), "pin_count": 0} | more


@method("conversations.replies")
def replies(request: Request) -> Json:
    """A thread, its parent first, page by page."""
    channel = _readable(request)
    ts = request.text("ts")
    found = channel.find(ts)
    thread = channel.thread(found.thread_ts or ts) if found else channel.thread(ts)
    if not thread:
        raise SlackError("thread_not_found")
    listed = thread[:1] + [one for one in thread[1:] if _in_range(request, one)]
    page, more = _page(request, listed, 1000)
    return {"messages": _shown(request, channel, page), "has_more": bool(more)} | more


@method("users.info", "users:read")
def user_info(request: Request) -> Json:
    """One person."""
    shown = payloads.user(request.person("user"))
    if not request.flag("include_locale"):
        del shown["locale"]
    return {"user": shown}


def _readable(request: Request) -> Channel:
    wait = request.platform.pace.look_back(request.method, request.workspace.team_id, request.platform.clock.now())
    if wait:
        raise SlackError("ratelimited", retry_after=wait)
    channel = request.channel()
    request.need(f"{channel.scope}:history")
    if request.workspace.bot_user not in channel.members:
        raise SlackError("not_in_channel")
    return channel


def _shown(request: Request, channel: Channel, messages: Sequence[Message]) -> list[Json]:
    metadata = request.flag("include_all_metadata")
    return [payloads.message(message, channel, metadata=metadata) for message in messages]


def _in_range(request: Request, message: Message) -> bool:
    moment = _micros(message.ts)
    oldest, latest = request.args.get("oldest"), request.args.get("latest")
    inclusive = request.flag("inclusive")
    after: Callable[[int, int], bool] = int.__ge__ if inclusive else int.__gt__
    before: Callable[[int, int], bool] = int.__le__ if inclusive else int.__lt__
    if oldest and not after(moment, _micros(str(oldest))):
        return False
    return not latest or before(moment, _micros(str(latest)))


def _micros(ts: str) -> int:
    whole, _, fraction = ts.partition(".")
    try:
        return int(whole) * 1_000_000 + int(f"{fraction:0<6}"[:6])
    except ValueError:
        raise SlackError("invalid_ts_latest") from None


def _page(request: Request, items: Sequence[Any], default: int) -> tuple[list[Any], Json]:
    limit = request.number("limit", default)
    if request.platform.pace.distributed and request.method in ("conversations.history", "conversations.replies"):
        limit = min(limit, 15)
    if not 1 <= limit <= 1000:
        raise SlackError("invalid_limit")
    cursor = str(request.args.get("cursor") or "")
    if cursor and not cursor.removeprefix("from:").isdigit():
        raise SlackError("invalid_cursor")
    start = int(cursor.removeprefix("from:") or 0)
    end = start + limit
    more: Json = {"response_metadata": {"next_cursor": f"from:{end}"}} if end < len(items) else {}
    return list(items[start:end]), more
