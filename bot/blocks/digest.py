"""A digest as Slack messages: the first for the channel, the others for its thread."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.blocks.answer import MESSAGE_LIMIT, Message, citation_elements, title_of
from bot.blocks.text import (
    Block,
    actions,
    button,
    cut,
    fallback,
    label,
    link,
    one_line,
    plain,
    quote,
    rich,
    section,
    size,
    words,
)
from bot.digests.content import Content, Item
from embeddings.types import Citation, Story

_BLOCKS = 48
_HEADER, _NAME, _TOPIC, _TITLE, _SENTENCE = 150, 60, 100, 150, 600
_SPOKEN = 3


@dataclass(frozen=True, slots=True)
class DigestShown:
    """How a digest is shown: its id for the buttons, its name, and the zone that its dates are in."""

    digest_id: str
    name: str
    zone: str


def digest(content: Content, shown: DigestShown) -> list[Message]:
    """The messages of a digest, each inside Slack's limits; one alone that says so when nothing is new."""
    title = _title(content, shown)
    head: Block = {"type": "header", "block_id": "head", "text": label(title)}
    if not content.stories:
        said = rich(section(words("Nothing new on this digest's topics.")))
        return [Message(fallback(f"{title}: nothing new."), [head, said, *_end(shown)])]
    groups = [*_groups(content, shown.digest_id), _end(shown)]
    pages = list(_pages([[head], *groups]))
    spoken = [fallback(_spoken(title, content)), *(fallback(f"{title}, continued") for _ in pages[1:])]
    return [Message(text, blocks) for text, blocks in zip(spoken, pages, strict=True)]


def story(told: Story) -> list[Block]:
    """Every article of one story, for *More*: title, source and date, a line each."""
    lines = [section(words(one_line(told.headline, _TITLE) or "Untitled", bold=True))]
    for cited in told.articles:
        after = _facts(cited) + (" (the same text)" if cited.article_id in told.copies else "")
        title = link(title_of(cited), cited.url)
        lines.append(section(words("• "), title, *([words(after)] if after else [])))
    return [rich(*part) for part in _parts(lines)]


def _pages(groups: Sequence[list[Block]]) -> Iterator[list[Block]]:
    """The groups of blocks in order, as many to a message as Slack takes; a group stays together."""
    page: list[Block] = []
    for group in groups:
        grown = [*page, *group]
        if page and (len(grown) > _BLOCKS or sum(size(block) for block in grown) > MESSAGE_LIMIT):
            yield page
            grown = list(group)
        page = grown
    yield page


def _groups(content: Content, digest_id: str) -> Iterator[list[Block]]:
    number = 0
    for part in content.sections:
        title = [_subtitle(part.topic)] if part.topic else []
        for item in part.items:
            number += 1
            yield [*title, *_item(item, digest_id, number)]
            title = []
    if content.also_new:
        yield [_also_new(content)]


def _item(item: Item, digest_id: str, number: int) -> list[Block]:
    told = item.story
    lead = next((one for one in told.articles if one.title == told.headline), told.articles[0])
    marks = [words("Update · ", bold=True)] if item.is_update else []
    more = [words(f" · +{told.sources - 1} sources")] if told.sources > 1 else []
    date = words(f" · {told.last_seen[:10]}")
    start, end = item.passage.highlight.start, item.passage.highlight.end
    sentence = cut(plain(item.passage.text[start:end]), _SENTENCE) or " "
    lines = [
        section(*marks, link(title_of(lead), lead.url), *more, date),
        quote(words(sentence)),
        section(*citation_elements(item.passage.citation, item.passage.paragraph)),
    ]
    value = f"{digest_id}:{told.story_id}"
    row = [
        button("More", "story-more", value),
        button("Mute this story", "story-mute", value),
        button("Fewer like this", "story-fewer", value),
    ]
    return [rich(*lines, block_id=f"story-{number}"), *actions(row, f"story-{number}-buttons")]


def _also_new(content: Content) -> Block:
    lines = [section(words("Also new", bold=True))]
    for told in content.also_new:
        lead = next((one for one in told.articles if one.title == told.headline), told.articles[0])
        lines.append(section(words("• "), link(title_of(lead), lead.url), words(f" · {told.last_seen[:10]}")))
    if content.left_out:
        lines.append(section(words(f"and {content.left_out:,} more")))
    return rich(*lines, block_id="also-new")


def _end(shown: DigestShown) -> list[Block]:
    return actions([button("Edit digest", "digest-edit", shown.digest_id)], "digest-buttons")


def _title(content: Content, shown: DigestShown) -> str:
    zone = ZoneInfo(shown.zone)
    period = f"{_moment(content.since, zone)} to {_moment(content.until, zone)}"
    return cut(f"{one_line(shown.name, _NAME) or 'Digest'}, {period}", _HEADER)


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    return f"{local.day} {local:%B %Y, %H:%M}"


def _subtitle(topic: str) -> Block:
    return rich(section(words(one_line(topic, _TOPIC) or "Topic", bold=True)))


def _spoken(title: str, content: Content) -> str:
    headlines = "; ".join(one_line(one.headline, _TITLE) for one in content.stories[:_SPOKEN])
    return f"{title}: {headlines}"


def _facts(cited: Citation) -> str:
    facts = (one_line(cited.source or "", _NAME), (cited.published_at or "")[:10])
    return "".join(f" · {fact}" for fact in facts if fact)


def _parts(lines: list[Block]) -> Iterator[list[Block]]:
    per = 30
    return (lines[first : first + per] for first in range(0, len(lines), per))
