"""Digests in Slack: the post, the window, the list."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo

from bot.clock import zones
from bot.digests.content import Content, Item
from bot.digests.model import LAST_DAY, Digest, Schedule, describe, following
from bot.digests.service import Wanted
from bot.slack.modals import as_input, modal, option
from bot.slack.passages import citation_elements, title_of
from bot.slack.text import (
    MESSAGE_LIMIT,
    ArticleValue,
    Block,
    ButtonValue,
    Message,
    actions,
    button,
    fallback,
    label,
    link,
    quote,
    rich,
    section,
    size,
    words,
)
from bot.wording import added_line, cut, one_line, plain
from embeddings.errors import InvalidInputError
from embeddings.types import Citation, Story

_BLOCKS = 48
_HEADER, _CHANNEL_NAME, _HEADING_TOPIC, _TITLE, _SENTENCE = 150, 60, 100, 150, 600
_SPOKEN = 3


@dataclass(frozen=True, slots=True)
class StoryValue(ButtonValue):
    """A story of a digest."""

    digest_id: str
    story_id: str


@dataclass(frozen=True, slots=True)
class DigestShown:
    """How a digest is shown: its id for the buttons, its name, and the zone that its dates are in."""

    digest_id: str
    name: str
    zone: str


def digest_messages(content: Content, shown: DigestShown) -> list[Message]:
    """Return the messages of a digest, each inside Slack's limits; one alone that says so when nothing is new."""
    title = _title(content, shown)
    head: Block = {"type": "header", "block_id": "head", "text": label(title)}
    if not content.stories:
        said = rich(section(words("Nothing new on this digest's topics.")))
        return [Message(fallback(f"{title}: nothing new."), [head, said, *_end(shown)])]
    opening = [head, *_counted(content)]
    groups = [*_groups(content, shown.digest_id), _end(shown)]
    pages = list(_pages([opening, *groups]))
    spoken = [fallback(_spoken(title, content)), *(fallback(f"{title}, continued") for _ in pages[1:])]
    return [Message(text, blocks) for text, blocks in zip(spoken, pages, strict=True)]


def story_blocks(told: Story) -> list[Block]:
    """Return every article of one story, for *More*: title, source and date, a line each."""
    lines = [section(words(one_line(told.headline, _TITLE) or "Untitled", bold=True))]
    for cited in told.articles:
        after = _facts(cited) + (" (the same text)" if cited.article_id in told.copies else "")
        title = link(title_of(cited), cited.url)
        lines.append(section(words("• "), title, *([words(after)] if after else [])))
    return [rich(*part) for part in _parts(lines)]


def _counted(content: Content) -> list[Block]:
    """Return how much there is, as the first line of a digest of a week or more: "12 stories, 3 updates"."""
    return [rich(section(words(content.counted)), block_id="count")] if content.counted else []


def _pages(groups: Sequence[list[Block]]) -> Iterator[list[Block]]:
    """Yield the groups of blocks in order, as many to a message as Slack takes; a group stays together."""
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
            yield [*title, *_item(item, digest_id, number, part.topic)]
            title = []
    if content.also_new:
        yield [_also_new(content)]
    if content.added:
        yield [rich(section(words(added_line(content.added), italic=True)), block_id="added")]


def _item(item: Item, digest_id: str, number: int, topic: str | None) -> list[Block]:
    told = item.story
    lead = next((one for one in told.articles if one.title == told.headline), told.articles[0])
    marks = [words("Update · ", bold=True)] if item.is_update else []
    more = [words(f" · +{told.sources - 1} sources")] if told.sources > 1 else []
    date = words(f" · {told.last_seen[:10]}")
    start, end = item.passage.highlight.start, item.passage.highlight.end
    sentence = cut(plain(item.passage.text[start:end]), _SENTENCE) or " "
    lines = [
        section(*marks, link(title_of(lead), lead.url), *more, date),
        *([section(words("New since I last posted it:", italic=True))] if item.is_update else []),
        quote(words(sentence)),
        section(*citation_elements(item.passage.citation, item.passage.paragraph)),
        section(words(_why(item, topic), italic=True)),
    ]
    value = StoryValue(digest_id, told.story_id).pack()
    row = [
        button("More", "story-more", value),
        button("Mute this story", "story-mute", value),
        button("Fewer like this", "story-fewer", value),
    ]
    article = ArticleValue(lead.article_id)
    if article.fits:
        row.insert(1, button("Summarise", "summarise", article.pack()))
    return [rich(*lines, block_id=f"story-{number}"), *actions(row, f"story-{number}-buttons")]


def _why(item: Item, topic: str | None) -> str:
    """Why the story is in the digest, in a line."""
    about = f"it is about “{one_line(topic, _HEADING_TOPIC)}”" if topic else "this digest posts everything new"
    count = len(item.story.articles) - len(item.story.copies)
    more = f", {count} articles report it" if count > 1 else ""
    again = ", and an article is new since I last posted it" if item.is_update else ""
    return f"Why you see this: {about}{more}{again}."


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
    return cut(f"{one_line(shown.name, _CHANNEL_NAME) or 'Digest'}, {period}", _HEADER)


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    return f"{local.day} {local:%B %Y, %H:%M}"


def _subtitle(topic: str) -> Block:
    return rich(section(words(one_line(topic, _HEADING_TOPIC) or "Topic", bold=True)))


def _spoken(title: str, content: Content) -> str:
    headlines = "; ".join(one_line(one.headline, _TITLE) for one in content.stories[:_SPOKEN])
    return f"{title}: {headlines}"


def _facts(cited: Citation) -> str:
    facts = (one_line(cited.source or "", _CHANNEL_NAME), (cited.published_at or "")[:10])
    return "".join(f" · {fact}" for fact in facts if fact)


def _parts(lines: list[Block]) -> Iterator[list[Block]]:
    per = 30
    return (lines[first : first + per] for first in range(0, len(lines), per))


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_NAME, _TOPIC, _TOPICS, _MAX_STORIES, _VALUE = 60, 150, 20, 30, 150
_CLOSE = {
    "0.28": "Loose (may include off-topic stories)",
    "0.4": "Close",
    "0.5": "Very close (may miss some stories)",
}
_LISTED = 10


def digest_modal(
    collections: Sequence[str], zone: str, metadata: Mapping[str, Any], digest: Digest | None = None
) -> Block:
    """Return the window of a new digest, or of one that is changed. `zone` is the person's own."""
    text = {"type": "plain_text_input", "action_id": "value"}
    schedule = digest.schedule if digest else Schedule(time(9), zone, days=(1, 2, 3, 4, 5))
    topics = "\n".join(digest.topics) if digest else ""
    hint = {"placeholder": label("Alibaba\nclimate policy")}
    blocks = [
        as_input("name", "Name", {**text, "max_length": _NAME, **_start(digest.name if digest else "")}),
        as_input(
            "topics",
            "Topics, one per line. Leave empty for everything new.",
            {**text, "multiline": True, "max_length": 2000, **hint, **_start(topics)},
            optional=True,
        ),
        *_collections(collections, digest),
        as_input("channel", "Channel", _channel(digest)),
        as_input("days", "On these days", _days(schedule), optional=True),
        as_input("month_day", "Or once a month", _month_days(schedule), optional=True),
        as_input("at", "At", {"type": "timepicker", "action_id": "value", "initial_time": f"{schedule.at:%H:%M}"}),
        as_input("zone", "Time zone", {**text, "max_length": _NAME, "initial_value": schedule.zone}),
        as_input("most", "Stories at most", _most(digest)),
        as_input("least", "How close a story must be to a topic", _closeness(digest)),
        as_input("empty", "When nothing is new", _empty(digest)),
    ]
    title = "Edit digest" if digest else "New digest"
    return modal("digest", title, blocks, "Save", json.dumps(dict(metadata), ensure_ascii=False))


def digest_of(given: Mapping[str, Any]) -> Wanted:
    """Return the digest that the window's values describe. Raises `InvalidInputError` when its
    schedule is none.
    """
    schedule, errors = schedule_of(given)
    if schedule is None:
        raise InvalidInputError(" ".join(errors.values()))
    return Wanted(
        channel=given["channel"],
        name=given["name"],
        schedule=schedule,
        topics=topics_of(given["topics"]),
        collections=tuple(given["collections"]) if given.get("collections") else None,
        most=int(given["most"]),
        say_empty=given["empty"] == "say",
        least=float(given["least"]),
    )


def schedule_of(given: Mapping[str, Any]) -> tuple[Schedule | None, dict[str, str]]:
    """Return the schedule that the window's values name, or what is wrong, by the name of the box."""
    errors = {}
    zone = zone_named(given["zone"] or "")
    if zone is None:
        near = get_close_matches(given["zone"] or "", sorted(zones()), n=3)
        hint = f" Perhaps {', '.join(near)}?" if near else " Write one like Europe/Berlin."
        errors["zone"] = f"I don't know this time zone.{hint}"
    if bool(given["days"]) == bool(given["month_day"]):
        errors["days"] = "Tick days, or choose a day of the month below: one of the two."
    if errors or zone is None:
        return None, errors
    days = tuple(sorted(int(day) for day in given["days"]))
    month_day = int(given["month_day"]) if given["month_day"] else None
    return Schedule(time.fromisoformat(given["at"]), zone, days, month_day), {}


def zone_named(text: str) -> str | None:
    """Return the IANA zone of this name, upper or lower case alike."""
    wanted = text.strip().replace(" ", "_").casefold()
    return next((zone for zone in sorted(zones()) if zone.casefold() == wanted), None)


def topics_of(text: str | None) -> tuple[str, ...]:
    """Return the topics that were typed, one per line, each once."""
    lines = (" ".join(line.split()) for line in (text or "").splitlines())
    return tuple(dict.fromkeys(line[:_TOPIC] for line in lines if line))[:_TOPICS]


def digest_lines(digests: Sequence[Digest], now: datetime, *, buttons: bool) -> list[Block]:
    """Return each digest with its channel and next time; with `buttons` to preview, pause, edit and delete it."""
    blocks: list[Block] = []
    for one in digests[:_LISTED]:
        name = words(one_line(one.name, _NAME) or "Digest", bold=True)
        place = {"type": "channel", "channel_id": one.channel}
        blocks.append(rich(section(name, words(f" · {_when(one, now)} · "), place)))
        blocks += actions(_buttons(one), f"digest-{one.id}") if buttons else []
    more = len(digests) - _LISTED
    return [*blocks, rich(section(words(f"and {more} more")))] if more > 0 else blocks


def digest_list(digests: Sequence[Digest], now: datetime) -> Message:
    """Return the answer to `/digest list`."""
    if not digests:
        said = "You have no digest yet. Type /digest to set one up."
        return Message(said, [rich(section(words(said)))])
    names = "; ".join(f"{one.name}: {_when(one, now)}" for one in digests)
    return Message(fallback(f"Your digests: {names}"), digest_lines(digests, now, buttons=True))


def _when(digest: Digest, now: datetime) -> str:
    if digest.paused_at is not None:
        return "paused"
    coming = following(digest.schedule, now).astimezone(ZoneInfo(digest.schedule.zone))
    return f"{describe(digest.schedule)}, next {coming:%Y-%m-%d %H:%M}"


def _buttons(digest: Digest) -> list[Block]:
    turn = button("Resume", "digest-resume", digest.id)
    sure = {
        "title": label("Delete the digest?"),
        "text": label(cut(plain(f"“{digest.name}” will no longer be posted."), 300)),
        "confirm": label("Delete"),
        "deny": label("Keep"),
    }
    return [
        button("Preview", "digest-preview", digest.id),
        turn if digest.paused_at else button("Pause", "digest-pause", digest.id),
        button("Edit", "digest-edit", digest.id),
        button("Delete", "digest-delete", digest.id, style="danger", confirm=sure),
    ]


def _start(text: str) -> dict[str, str]:
    return {"initial_value": cut(plain(text), 2000)} if text else {}


def _collections(collections: Sequence[str], digest: Digest | None) -> list[Block]:
    options = [option(name, name) for name in collections if len(name) <= _VALUE][:100]
    if len(options) <= 1:
        return []
    chosen = [one for one in options if digest and digest.collections and one["value"] in digest.collections]
    element: Block = {"type": "multi_static_select", "action_id": "value", "options": options}
    if chosen:
        element["initial_options"] = chosen
    return [as_input("collections", "Only these collections", element, optional=True)]


def _channel(digest: Digest | None) -> Block:
    element: Block = {
        "type": "conversations_select",
        "action_id": "value",
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
    }
    known = {"initial_conversation": digest.channel} if digest else {"default_to_current_conversation": True}
    return {**element, **known}


def _days(schedule: Schedule) -> Block:
    options = [option(name, str(number)) for number, name in enumerate(_DAYS, start=1)]
    ticked = [one for one in options if int(one["value"]) in schedule.days]
    element: Block = {"type": "checkboxes", "action_id": "value", "options": options}
    return {**element, "initial_options": ticked} if ticked else element


def _month_days(schedule: Schedule) -> Block:
    options = [option(f"Day {day}", str(day)) for day in range(1, 29)] + [option("The last day", str(LAST_DAY))]
    element: Block = {"type": "static_select", "action_id": "value", "options": options}
    chosen = next((one for one in options if one["value"] == str(schedule.month_day)), None)
    return {**element, "initial_option": chosen} if chosen else element


def _most(digest: Digest | None) -> Block:
    initial = str(digest.most if digest else 10)
    bounds = {"is_decimal_allowed": False, "min_value": "1", "max_value": str(_MAX_STORIES)}
    return {"type": "number_input", "action_id": "value", "initial_value": initial, **bounds}


def _closeness(digest: Digest | None) -> Block:
    options = [option(text, value) for value, text in _CLOSE.items()]
    chosen = next((one for one in options if digest and float(one["value"]) == digest.least), options[0])
    return {"type": "radio_buttons", "action_id": "value", "options": options, "initial_option": chosen}


def _empty(digest: Digest | None) -> Block:
    options = [option("Post nothing", "silent"), option("Say so", "say")]
    chosen = options[1 if digest and digest.say_empty else 0]
    return {"type": "radio_buttons", "action_id": "value", "options": options, "initial_option": chosen}


def digest_paused(name: str, channel: str) -> Message:
    """For the owner of a digest whose channel can no longer be posted to."""
    said = (
        f"I have paused your digest “{one_line(name, 60)}”: I can no longer post to its channel. It was deleted "
        "or archived, or I was removed from it. "
    )
    how = "To go on, type /invite @topicbot there and then /digest resume here; or pick another channel with Edit."
    place = {"type": "channel", "channel_id": channel}
    return Message(
        fallback(said + how), [rich(section(words(said), words("Channel: "), place, words(". " + how)))]
    )
