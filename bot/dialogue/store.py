"""Threads that asked for silence or were stopped, which message answers which, and what people have on screen.

Every function works inside the transaction that it is passed.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from bot.clock import to_text
from bot.store.tables import answer_message, on_screen, quiet_thread, stopped_session


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


def keep_screen(connection: Connection, team: str, user: str, channel: str | None, now: datetime) -> None:
    """Remember which channel the person has on screen; `None` for no channel."""
    values = {"channel_id": channel, "at": to_text(now)}
    adding = insert(on_screen).values(team_id=team, user_id=user, **values)
    connection.execute(adding.on_conflict_do_update(index_elements=["team_id", "user_id"], set_=values))


def screen_of(connection: Connection, team: str, user: str, since: datetime) -> str | None:
    """Return the channel that the person has on screen, as of `since` or later."""
    query = select(on_screen.c.channel_id).where(
        on_screen.c.team_id == team, on_screen.c.user_id == user, on_screen.c.at >= to_text(since)
    )
    return connection.scalar(query)


def stop(connection: Connection, team: str, channel: str, thread: str, stopped: str, now: datetime) -> None:
    """Remember that the thread was stopped: what was written in it before `stopped` gets no answer."""
    row = {"team_id": team, "channel_id": channel, "thread_ts": thread}
    values = {"stopped_ts": stopped, "at": to_text(now)}
    adding = insert(stopped_session).values(**row, **values)
    keys = ["team_id", "channel_id", "thread_ts"]
    connection.execute(adding.on_conflict_do_update(index_elements=keys, set_=values))


def stopped(connection: Connection, team: str, channel: str, thread: str) -> str | None:
    """Return the `ts` at which the thread was stopped last, if it was."""
    query = select(stopped_session.c.stopped_ts).where(
        stopped_session.c.team_id == team,
        stopped_session.c.channel_id == channel,
        stopped_session.c.thread_ts == thread,
    )
    return connection.scalar(query)


def forget(connection: Connection, now: datetime, days: int) -> None:
    """Forget what is remembered of threads and screens and is older than `days`."""
    old = (now - timedelta(days=days)).isoformat()
    connection.execute(delete(answer_message).where(answer_message.c.posted_at < old))
    connection.execute(delete(quiet_thread).where(quiet_thread.c.since < old))
    late = to_text(now - timedelta(days=days))
    connection.execute(delete(on_screen).where(on_screen.c.at < late))
    connection.execute(delete(stopped_session).where(stopped_session.c.at < late))
