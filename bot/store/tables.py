"""The bot's tables, as SQLAlchemy Core sees them. The migrations create them; a test holds the two equal.

Times are ISO 8601 in UTC. `team_id` is the Slack workspace that a row belongs to; nothing is read without it.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, MetaData, String, Table

metadata = MetaData()

MIGRATIONS, SCHEMA = "bot:store/migrations", "0001"
"""Where the migrations of these tables are, and the newest of them."""

delivery = Table(
    "delivery",
    metadata,
    Column("key", String, primary_key=True),
    Column("listener", String, nullable=False),
    Column("body", String),
    Column("received_at", String, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("done_at", String),
    Index("delivery_open", "done_at", "received_at"),
)
"""What Slack delivered and has to be worked off. When it is done the body goes and the key stays for a while, so
that the same delivery is known when it comes again."""

question = Table(
    "question",
    metadata,
    Column("id", String, primary_key=True),
    Column("team_id", String, nullable=False),
    Column("user_id", String, nullable=False),
    Column("channel_id", String, nullable=False),
    Column("thread_ts", String),
    Column("text", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("collections", String),
    Column("since", String),
    Column("until", String),
    Column("answered", Boolean, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("asked_at", String, nullable=False),
    Column("helpful", Boolean),
    Column("reason", String),
    Index("question_thread", "team_id", "channel_id", "thread_ts", "asked_at"),
    Index("question_asked", "asked_at"),
)
"""Questions as they were understood. `collections` is a JSON list, or null for all; the id is the delivery's key
digested, so that a question asked again after a crash is the same row."""

binding = Table(
    "binding",
    metadata,
    Column("team_id", String, primary_key=True),
    Column("channel_id", String, primary_key=True),
    Column("collection", String, primary_key=True),
)
"""Which collections a channel's questions may see; a channel without a row sees all."""

watch = Table(
    "watch",
    metadata,
    Column("question_id", String, primary_key=True),
    Column("team_id", String, nullable=False),
    Column("user_id", String, primary_key=True),
    Column("created_at", String, nullable=False),
    Column("told_at", String),
)
"""Who wants to be told when a question that found nothing can be answered."""
