"""Threads that asked for silence, and which message of the bot's answers which message.

Every function works inside the transaction that it is passed.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from bot.store.tables import answer_message, quiet_thread


def silence(connection: Connection, team: str, channel: str, thread: str, now: datetime) -> None:
    """Remember that the thread wants no answer without a mention."""
    row = {"team_id": team, "channel_id": channel, "thread_ts": thread, "since": now.isoformat()}
    connection.execute(insert(quiet_thread).values(row).on_conflict_do_nothing())


def is_quiet(connection: Connection, team: str, channel: str, thread: str) -> bool:
    """Return whether the thread wants no answer without a mention."""
    query = select(quiet_thread.c.since).where(
        quiet_thread.c.team_id == team, quiet_thread.c.channel_id == channel, quiet_thread.c.thread_ts == thread
    )
    return connection.execute(query).first() is not None


def keep_reply(connection: Connection, team: str, channel: str, message: str, reply: str, now: datetime) -> None:
    """Remember that the bot's message `reply` answers the `message`; both are named by their `ts`."""
    row = {
        "team_id": team,
        "channel_id": channel,
        "message_ts": message,
        "reply_ts": reply,
        "posted_at": now.isoformat(),
    }
    keys = ["team_id", "channel_id", "message_ts"]
    adding = insert(answer_message).values(row)
    connection.execute(adding.on_conflict_do_update(index_elements=keys, set_={"reply_ts": reply}))


def reply_to(connection: Connection, team: str, channel: str, message: str) -> str | None:
    """Return the `ts` of the bot's answer to the message."""
    query = select(answer_message.c.reply_ts).where(
        answer_message.c.team_id == team,
        answer_message.c.channel_id == channel,
        answer_message.c.message_ts == message,
    )
    return connection.scalar(query)


def drop_reply(connection: Connection, team: str, channel: str, message: str) -> None:
    """Forget the answer to a message that was deleted."""
    connection.execute(
        delete(answer_message).where(
            answer_message.c.team_id == team,
            answer_message.c.channel_id == channel,
            answer_message.c.message_ts == message,
        )
    )


def forget(connection: Connection, now: datetime, days: int) -> None:
    """Forget the answers and the silence of threads that are older than `days`."""
    old = (now - timedelta(days=days)).isoformat()
    connection.execute(delete(answer_message).where(answer_message.c.posted_at < old))
    connection.execute(delete(quiet_thread).where(quiet_thread.c.since < old))
