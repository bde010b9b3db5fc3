"""The bot's tables, as SQLAlchemy Core sees them. The migrations create them; a test holds the two equal.

Times are ISO 8601 in UTC. `team_id` is the Slack workspace that a row belongs to; nothing is read without it.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, MetaData, String, Table

metadata = MetaData()

MIGRATIONS, SCHEMA = "bot:store/migrations", "0013"
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
    Column("held_by", String),
    Column("held_until", String),
    Column("team_id", String),
    Column("broken_off", Integer, nullable=False, server_default="0"),
    Index("delivery_open", "done_at", "received_at"),
)
"""What Slack delivered and has to be handled. When it is done the body goes and the key stays for a while, so
that the same delivery is known when it comes again. `held_by` is the process that handles it, at most till
`held_until`. `broken_off` counts the tries in a row that were begun and not ended: the process ended first."""

lease = Table(
    "lease",
    metadata,
    Column("name", String, primary_key=True),
    Column("holder", String, nullable=False),
    Column("until", String, nullable=False),
)
"""What one process at a time does for all, and until when it is that one's alone."""

installation = Table(
    "installation",
    metadata,
    Column("team_id", String, primary_key=True),
    Column("enterprise_id", String),
    Column("bot_id", String, nullable=False),
    Column("bot_user_id", String, nullable=False),
    Column("scopes", String, nullable=False),
    Column("sealed", String),
    Column("expires_at", String),
    Column("installed_at", String, nullable=False),
    Column("removed_at", String),
)
"""The workspaces that have installed the app by OAuth. `sealed` holds the tokens, encrypted, until the app was
uninstalled at `removed_at`. `scopes` is like "chat:write,commands"; a token without `expires_at` never expires."""

install_state = Table(
    "install_state",
    metadata,
    Column("digest", String, primary_key=True),
    Column("expires_at", String, nullable=False),
)
"""Installations that were begun: the sha256 of OAuth's `state`, good for one return until it expires."""

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
    Column("strict", Boolean, nullable=False, server_default="1"),
    Column("answered", Boolean, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("asked_at", String, nullable=False),
    Column("helpful", Boolean),
    Column("reason", String),
    Column("shown", Integer, nullable=False, server_default="3"),
    Column("reasons", Integer, nullable=False, server_default="0"),
    Index("question_thread", "team_id", "channel_id", "thread_ts", "asked_at"),
    Index("question_asked", "asked_at"),
)
"""Questions as they were understood. `collections` is a JSON list, or null for all; the id is the delivery's key
digested, so that a question asked again after a crash is the same row."""

quiet_thread = Table(
    "quiet_thread",
    metadata,
    Column("team_id", String, primary_key=True),
    Column("channel_id", String, primary_key=True),
    Column("thread_ts", String, primary_key=True),
    Column("since", String, nullable=False),
)
"""Threads in which somebody asked for silence: only a mention is answered there."""

answer_message = Table(
    "answer_message",
    metadata,
    Column("team_id", String, primary_key=True),
    Column("channel_id", String, primary_key=True),
    Column("message_ts", String, primary_key=True),
    Column("reply_ts", String, nullable=False),
    Column("posted_at", String, nullable=False),
    Index("answer_message_posted", "posted_at"),
)
"""The bot's answer to a message, so that the answer follows when the message is edited or deleted."""

binding = Table(
    "binding",
    metadata,
    Column("team_id", String, primary_key=True),
    Column("channel_id", String, primary_key=True),
    Column("collection", String, primary_key=True),
)
"""Which collections a channel's questions may see; a channel without a row sees all."""

opt_out = Table(
    "opt_out",
    metadata,
    Column("team_id", String, primary_key=True),
    Column("user_id", String, primary_key=True),
)
"""Whose questions stay out of the list of gaps. `user_id` as in `question`."""

topic_view = Table(
    "topic_view",
    metadata,
    Column("id", String, primary_key=True),
    Column("team_id", String, nullable=False),
    Column("user_id", String, nullable=False),
    Column("channel_id", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("collections", String),
    Column("since", String),
    Column("until", String),
    Column("seen_at", String, nullable=False),
    Column("asked_before", String),
    Index("topic_view_subject", "team_id", "user_id", "subject", "seen_at"),
)
"""Summaries that were asked for; `asked_before` is when the person last asked for the same subject."""

digest = Table(
    "digest",
    metadata,
    Column("id", String, primary_key=True),
    Column("team_id", String, nullable=False, index=True),
    Column("owner_id", String, nullable=False),
    Column("channel_id", String, nullable=False),
    Column("name", String, nullable=False),
    Column("topics", String, nullable=False),
    Column("collections", String),
    Column("at", String, nullable=False),
    Column("zone", String, nullable=False),
    Column("days", String),
    Column("month_day", Integer),
    Column("most", Integer, nullable=False),
    Column("say_empty", Boolean, nullable=False),
    Column("least", Float, nullable=False),
    Column("starts_at", String, nullable=False),
    Column("paused_at", String),
    Column("paused_why", String),
    Column("created_at", String, nullable=False),
)
"""Subscriptions. `topics` and `collections` are JSON lists (null: all collections), `at` is "HH:MM" in `zone`,
`days` like "1,5"; slots up to `starts_at` are not due."""

digest_run = Table(
    "digest_run",
    metadata,
    Column("digest_id", String, primary_key=True),
    Column("slot", String, primary_key=True),
    Column("team_id", String, nullable=False),
    Column("state", String, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("lease_until", String),
    Column("plan", String),
    Column("ts", String),
    Column("finished_at", String),
    Index("digest_run_state", "team_id", "state"),
)
"""The ledger: one row a slot (ISO 8601 in UTC). `state` is claimed, posted, empty, skipped or failed; `plan` is
JSON, there only while it is being posted; `ts` names the posted message."""

digest_story = Table(
    "digest_story",
    metadata,
    Column("digest_id", String, primary_key=True),
    Column("story_id", String, primary_key=True),
    Column("team_id", String, nullable=False),
    Column("article_ids", String, nullable=False),
    Column("told_at", String),
    Column("is_muted", Boolean, nullable=False),
    Column("is_unwanted", Boolean, nullable=False),
)
"""What a digest has posted: `article_ids` is a JSON list of the story's articles that were known then."""

alert = Table(
    "alert",
    metadata,
    Column("id", String, primary_key=True),
    Column("team_id", String, nullable=False),
    Column("user_id", String, nullable=False),
    Column("channel_id", String),
    Column("asked_in", String, nullable=False),
    Column("text", String, nullable=False),
    Column("collections", String),
    Column("threshold", Float, nullable=False),
    Column("quiet_from", String),
    Column("quiet_until", String),
    Column("zone", String, nullable=False),
    Column("daily_most", Integer, nullable=False),
    Column("checked_at", String, nullable=False),
    Column("told", String, nullable=False),
    Column("waiting", String, nullable=False),
    Column("sent", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("created_at", String, nullable=False),
    Index("alert_team", "team_id", "created_at"),
)
"""Who wants to hear of new articles on something. `channel_id` is null for direct messages; `asked_in` is the
channel whose collections count. Articles added from `checked_at` on are checked. `told` and `waiting` are JSON
lists of article ids; `sent` is a JSON list of the times of the last messages; `number` counts the messages."""

api_token = Table(
    "api_token",
    metadata,
    Column("id", String, primary_key=True),
    Column("team_id", String, nullable=False),
    Column("name", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("collections", String),
    Column("may_write", Boolean, nullable=False),
    Column("created_at", String, nullable=False),
    Column("expires_at", String),
    Column("revoked_at", String),
    Index("api_token_digest", "digest", unique=True),
)
"""Tokens for the pages, the API and MCP. `team_id` is the library's team; `digest` is the token's SHA-256: the
token itself is kept nowhere. `collections` is a JSON list, or null for all."""

audit = Table(
    "audit",
    metadata,
    Column("id", String, primary_key=True),
    Column("team_id", String, nullable=False),
    Column("at", String, nullable=False),
    Column("caller", String, nullable=False),
    Column("action", String, nullable=False),
    Column("subject", String),
    Column("status", Integer, nullable=False),
    Index("audit_team", "team_id", "at"),
)
"""Who did what there, one row a request. `subject` is an article's id, the names of files or an MCP tool, never a
question. The database itself refuses to change a row, and to delete one, except those of a workspace that has
uninstalled the app."""

web_login = Table(
    "web_login",
    metadata,
    Column("digest", String, primary_key=True),
    Column("browser", String, nullable=False),
    Column("nonce", String, nullable=False),
    Column("next_path", String, nullable=False),
    Column("expires_at", String, nullable=False),
)
"""Logins by Slack that were begun: the SHA-256 of OpenID Connect's `state` and of the browser's cookie, the nonce
that Slack's answer must carry, and the page to show then. Good for one return until it expires."""

web_session = Table(
    "web_session",
    metadata,
    Column("digest", String, primary_key=True),
    Column("team_id", String, nullable=False),
    Column("user_id", String),
    Column("token_id", String),
    Column("created_at", String, nullable=False),
    Column("expires_at", String, nullable=False),
)
"""Who is logged in to the pages: a person of a Slack workspace, or whoever entered a token. `digest` is the
SHA-256 of the cookie's secret. What the person or token may do is looked up at each request."""

known_library = Table(
    "known_library",
    metadata,
    Column("name", String, primary_key=True),
    Column("library_id", String, nullable=False),
    Column("articles", Integer, nullable=False),
    Column("seen_at", String, nullable=False),
)
"""The library that the bot worked with last, one row: its id, and how many articles it held then."""

home_visit = Table(
    "home_visit",
    metadata,
    Column("team_id", String, primary_key=True),
    Column("user_id", String, primary_key=True),
    Column("opened_at", String, nullable=False),
    Column("new_since", String, nullable=False),
)
"""When somebody opened the Home tab last, and since when an article is new to them: their visit before."""

on_screen = Table(
    "on_screen",
    metadata,
    Column("team_id", String, primary_key=True),
    Column("user_id", String, primary_key=True),
    Column("channel_id", String),
    Column("at", String, nullable=False),
)
"""Which channel somebody has on screen beside the bot; null for none."""

stopped_session = Table(
    "stopped_session",
    metadata,
    Column("team_id", String, primary_key=True),
    Column("channel_id", String, primary_key=True),
    Column("thread_ts", String, primary_key=True),
    Column("stopped_ts", String, nullable=False),
    Column("at", String, nullable=False),
)
"""Threads in which somebody pressed Slack's stop button: what was written before `stopped_ts` gets no answer."""

org_workspace = Table(
    "org_workspace",
    metadata,
    Column("team_id", String, primary_key=True),
    Column("enterprise_id", String, nullable=False),
    Index("org_workspace_enterprise", "enterprise_id"),
)
"""The workspaces of an organisation (Enterprise Grid) that has installed the app for all of them: the row of
`installation` has the organisation's id as its `team_id`."""
