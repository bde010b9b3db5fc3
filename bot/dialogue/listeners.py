"""What Slack says of a person beside the bot: the channel on screen, and the stop button."""

from __future__ import annotations

from bot.dialogue import service
from bot.workspace.request import Request


def note_screen(request: Request) -> None:
    """Remember which channel the person has on screen. Slack names the person in the event or its envelope."""
    people = [one.get("user_id") for one in request.body.get("authorizations") or () if not one.get("is_bot")]
    user = request.payload.get("user") or next(filter(None, people), None)
    if user:
        service.keep_screen(request.workspace, user, service.channel_in(request.payload.get("context")))


def stop_session(request: Request) -> None:
    """Stop what is under way in the thread: its answer isn't posted any more."""
    event = request.payload
    thread = event.get("thread_ts")
    if thread:
        service.stop(request.workspace, event["channel"], thread, event["event_ts"])
        request.reply.session(event["channel"], thread, "active")
