"""Digests for a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot.blocks.answer import Message
from bot.digests.content import Content, Item
from bot.digests.schedule import describe, following
from bot.shapes import passage_shape, story_shape
from bot.show import citation_line, inert
from bot.store.digests import Digest


def listed(digests: Sequence[Digest], now: datetime) -> RenderableType:
    """The digests as a table."""
    if not digests:
        return Text("There is no digest yet. Set one up in Slack with /digest.")
    table = Table("Id", "Name", "Channel", "When", "Next", "Topics", box=None, pad_edge=False)
    for one in digests:
        coming = "paused" if one.paused_at else f"{following(one.schedule, now):%Y-%m-%d %H:%M} UTC"
        topics = ", ".join(one.topics) or "everything"
        cells = (one.id, one.name, one.channel, describe(one.schedule), coming, topics)
        table.add_row(*(Text(inert(cell)) for cell in cells))
    return table


def content(digest: Digest, found: Content) -> RenderableType:
    """What a digest would tell."""
    title = f"{inert(digest.name)}, {found.since:%Y-%m-%d %H:%M} to {found.until:%Y-%m-%d %H:%M} UTC"
    lines: list[RenderableType] = [Text(title, style="bold")]
    if not found.stories:
        lines.append(Text("Nothing new on this digest's topics."))
    for part in found.sections:
        lines += [Text(f"\n{inert(part.topic)}", style="bold cyan")] if part.topic else []
        for item in part.items:
            lines += _item(item)
    lines += [Text("\nAlso new", style="bold")] if found.also_new else []
    lines += [Text(f"- {inert(one.headline)} · {one.last_seen[:10]}") for one in found.also_new]
    lines += [Text(f"and {found.left_out:,} more")] if found.left_out else []
    return Group(*lines)


def digest_shape(digest: Digest, now: datetime) -> dict[str, Any]:
    """One digest of `digest list --json`."""
    return {
        "digest_id": digest.id,
        "name": digest.name,
        "owner": digest.owner,
        "channel": digest.channel,
        "topics": list(digest.topics),
        "collections": None if digest.collections is None else list(digest.collections),
        "schedule": describe(digest.schedule),
        "next": None if digest.paused_at else following(digest.schedule, now).isoformat(),
        "paused": digest.paused_at is not None,
    }


def content_shape(digest: Digest, found: Content, messages: Sequence[Message]) -> dict[str, Any]:
    """What `digest preview --json` prints."""
    return {
        "digest_id": digest.id,
        "name": digest.name,
        "since": found.since.isoformat(),
        "until": found.until.isoformat(),
        "sections": [
            {"topic": part.topic, "stories": [_item_shape(item) for item in part.items]} for part in found.sections
        ],
        "also_new": [story_shape(one) for one in found.also_new],
        "left_out": found.left_out,
        "messages": [asdict(one) for one in messages],
    }


def _item_shape(item: Item) -> dict[str, Any]:
    return {**story_shape(item.story), "update": item.is_update, "passage": passage_shape(item.passage)}


def _item(item: Item) -> list[RenderableType]:
    told, passage = item.story, item.passage
    more = f" · +{told.sources - 1} sources" if told.sources > 1 else ""
    mark = "Update · " if item.is_update else ""
    sentence = passage.text[passage.highlight.start : passage.highlight.end]
    return [
        Text(f"\n{mark}{inert(told.headline)}{more} · {told.last_seen[:10]}", style="bold"),
        Padding(Text(inert(sentence)), (0, 0, 0, 4)),
        Padding(Text(inert(citation_line(passage.citation, passage.paragraph)), style="dim"), (0, 0, 0, 4)),
    ]
