"""A long job tells how far it is, by changing one message."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

import structlog
from slack_bolt import BoltContext
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.adding import Advance
from bot.blocks import notes
from bot.blocks.sources import added, under_way
from bot.listeners.reply import reply
from bot.slack import update
from bot.tally import AddReport
from embeddings.errors import NotFoundError, SourceError

_BETWEEN = 3.0
"""Seconds between two changes of the message: Slack takes about 50 a minute."""

_log = structlog.get_logger("topicbot.working")


def working(
    context: BoltContext,
    client: WebClient,
    channel: str,
    thread: str | None,
    title: str,
    work: Callable[[Advance], AddReport],
) -> None:
    """Do the work, and tell in one message how far it is and at the end what it brought.

    Done again after the process died, it finds its message and goes on with it.
    """
    ts = reply(context, client, channel, under_way(title, 0, 0), thread=thread)
    told = monotonic()

    def advance(done: int, total: int, _note: str = "") -> None:
        nonlocal told
        if monotonic() - told < _BETWEEN:
            return
        told = monotonic()
        try:
            update(client, channel, ts, under_way(title, done, total))
        except (SlackApiError, OSError) as error:  # the next one may get through; the work goes on
            _log.warning("progress can't be told", error=type(error).__name__)

    try:
        result = added(work(advance))
    except (SourceError, NotFoundError) as error:
        result = notes.note(f"Not added: {error}")
    update(client, channel, ts, result)
