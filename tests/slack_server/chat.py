"""The chat.* methods and reactions."""

from __future__ import annotations

from typing import Any

from tests.slack_server import inputs, payloads
from tests.slack_server.errors import SlackError
from tests.slack_server.requests import Request, method
from tests.slack_server.world import Channel, Message

Json = dict[str, Any]
STREAM_CHARACTERS = 12_000


@method("chat.postMessage", "chat:write")
def post_message(request: Request) -> Json:
    """Post to a channel, a thread or a person."""
    channel = request.destination()
    check_thread(request, channel)
    check_content(request)
    if request.platform.pace.too_fast(channel.id, request.platform.clock.now()):
        raise SlackError("ratelimited")
    broadcast = request.flag("reply_broadcast") and bool(request.args.get("thread_ts"))
    message = request.platform.post(
        request.workspace, channel, request.args, broadcast=broadcast, source=request.args
    )
    shown = payloads.message(message, metadata=True)
    return {"channel": channel.id, "ts": message.ts, "message": shown}


@method("chat.postEphemeral", "chat:write")
def post_ephemeral(request: Request) -> Json:
    """Show a message to one member of a channel."""
    channel = request.channel()
    if request.workspace.bot_user not in channel.members and "chat:write.public" not in request.workspace.scopes:
        raise SlackError("not_in_channel")
    user = request.text("user")
    if user not in channel.members:
        raise SlackError("user_not_in_channel")
    check_thread(request, channel)
    check_content(request)
    message = request.platform.compose(
        request.workspace, channel, request.args, ephemeral_to=user, source=request.args
    )
    channel.ephemerals.append(message)
    return {"message_ts": message.ts}


@method("chat.update", "chat:write")
def update(request: Request) -> Json:
    """Change the bot's own message; fields not given stay."""
    channel = request.channel()
    message = request.own(channel, "cant_update_message")
    if message.streaming:
        raise request.refuse("streaming_state_conflict", "ts: this message is still streaming; stop it first")
    args = request.args
    merged = {"blocks": message.blocks, "attachments": message.attachments} | args
    request.platform.check_message(request.method, merged)
    if "text" in args:
        message.text = str(args["text"] or "")
    if args.get("blocks") is not None:
        message.blocks = inputs.with_ids(args["blocks"])
        message.state = {}
    if args.get("attachments") is not None:
        message.attachments = list(args["attachments"])
    if args.get("metadata") is not None:
        message.metadata = args["metadata"] or None
    message.source = args
    message.edited = {"user": message.user, "ts": request.platform.timestamp()}
    _announce_change(request, channel, message)
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": payloads.message(message)}


@method("chat.delete", "chat:write")
def delete(request: Request) -> Json:
    """Take back the bot's own message."""
    channel = request.channel()
    message = request.own(channel, "cant_delete_message")
    message.deleted = True
    event = _event(request, channel, "message_deleted") | {"deleted_ts": message.ts}
    request.platform.publish(request.workspace, event | {"previous_message": payloads.message(message)})
    return {"channel": channel.id, "ts": message.ts}


@method("chat.getPermalink")
def permalink(request: Request) -> Json:
    """The address of a message."""
    channel = request.channel()
    message = channel.find(request.text("message_ts"))
    if message is None:
        raise SlackError("message_not_found")
    link = f"https://{request.workspace.domain}.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.thread_ts:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


@method("chat.startStream", "chat:write")
def start_stream(request: Request) -> Json:
    """Start a message that grows. It replies to somebody, who is named outside of direct messages."""
    channel = request.joined()
    request.text("thread_ts")
    check_thread(request, channel)
    if channel.kind != "im":
        for name in ("recipient_user_id", "recipient_team_id"):
            if not request.args.get(name):
                error = name.replace("_id", "").replace("recipient", "missing_recipient") + "_id"
                raise request.refuse(error, f"{name}: missing, but required when streaming to channels")
        request.person("recipient_user_id")
    message = request.platform.compose(request.workspace, channel, {"thread_ts": request.args["thread_ts"]})
    message.text, message.streaming = _streamed(request, ""), True
    channel.store(message)
    channel.statuses.pop(str(request.args["thread_ts"]), None)
    return {"channel": channel.id, "ts": message.ts}


@method("chat.appendStream", "chat:write")
def append_stream(request: Request) -> Json:
    """Add to a streaming message."""
    channel, message = _stream(request)
    if not request.args.get("markdown_text") and not request.args.get("chunks"):
        raise request.refuse("no_text", "markdown_text: nothing to append")
    message.text = _streamed(request, message.text)
    return {"channel": channel.id, "ts": message.ts}


@method("chat.stopStream", "chat:write")
def stop_stream(request: Request) -> Json:
    """Finish a streaming message, with blocks below it if given."""
    channel, message = _stream(request)
    text = _streamed(request, message.text)
    blocks = request.args.get("blocks") or []
    if blocks or request.args.get("metadata"):
        request.platform.check_message(request.method, {**request.args, "text": "streamed"})
    message.text, message.streaming = text, False
    message.blocks = inputs.with_ids(blocks)
    message.metadata = request.args.get("metadata") or None
    request.platform.announce(request.workspace, channel, message)
    shown = payloads.message(message, metadata=True)
    return {"channel": channel.id, "ts": message.ts, "message": shown}


@method("reactions.add", "reactions:write")
def add_reaction(request: Request) -> Json:
    """React with an emoji."""
    message, name = _reacted(request)
    users = message.reactions.setdefault(name, [])
    if request.workspace.bot_user in users:
        raise SlackError("already_reacted")
    users.append(request.workspace.bot_user)
    return {}


@method("reactions.remove", "reactions:write")
def remove_reaction(request: Request) -> Json:
    """Take a reaction back."""
    message, name = _reacted(request)
    users = message.reactions.get(name, [])
    if request.workspace.bot_user not in users:
        raise SlackError("no_reaction")
    users.remove(request.workspace.bot_user)
    if not users:
        del message.reactions[name]
    return {}


def check_content(request: Request) -> None:
    """SlackError unless the arguments make a message that Slack takes."""
    args = request.args
    markdown = args.get("markdown_text")
    if markdown:
        if args.get("text") or args.get("blocks"):
            raise request.refuse("markdown_text_conflict", "markdown_text: not together with text or blocks")
        if len(markdown) > STREAM_CHARACTERS:
            raise request.refuse("msg_too_long", f"markdown_text: {len(markdown)} characters, at most 12,000")
        return
    request.platform.check_message(request.method, args)


def check_thread(request: Request, channel: Channel) -> None:
    """SlackError unless thread_ts, if given, is that of a message at the top of a thread."""
    thread_ts = request.args.get("thread_ts")
    if not thread_ts:
        return
    parent = channel.find(str(thread_ts))
    if parent is None:
        raise request.refuse("thread_not_found", f"thread_ts: there is no message {thread_ts} in {channel.id}")
    if parent.thread_ts and parent.thread_ts != parent.ts:
        problem = f"thread_ts: {thread_ts} is a reply; use its parent's, {parent.thread_ts}"
        raise request.refuse("cannot_reply_to_message", problem)


def _stream(request: Request) -> tuple[Channel, Message]:
    channel = request.channel()
    message = request.own(channel, "message_not_owned_by_app")
    if not message.streaming:
        raise request.refuse("message_not_in_streaming_state", f"ts: {message.ts} is no stream, or it was stopped")
    return channel, message


def _streamed(request: Request, before: str) -> str:
    added = str(request.args.get("markdown_text") or "")
    for chunk in request.args.get("chunks") or ():
        if chunk.get("type") == "markdown_text":
            added += chunk.get("text", "")
    if len(before + added) > STREAM_CHARACTERS:
        raise request.refuse("msg_too_long", f"markdown_text: {len(before + added)} characters, at most 12,000")
    return before + added


def _reacted(request: Request) -> tuple[Message, str]:
    channel = request.joined()
    message = channel.find(request.text("timestamp"))
    if message is None:
        raise SlackError("message_not_found")
    name = request.text("name")
    if ":" in name:
        raise request.refuse("invalid_name", f"name: {name!r} has colons; give the bare name")
    return message, name


def _announce_change(request: Request, channel: Channel, message: Message) -> None:
    event = _event(request, channel, "message_changed") | {"message": payloads.message(message)}
    request.platform.publish(request.workspace, event)


def _event(request: Request, channel: Channel, subtype: str) -> Json:
    ts = request.platform.timestamp()
    event = {"type": "message", "subtype": subtype, "channel": channel.id, "channel_type": channel.kind}
    return event | {"hidden": True, "ts": ts, "event_ts": ts}
