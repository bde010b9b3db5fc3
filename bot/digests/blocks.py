"""Digests in Slack: the post and the list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.digests.content import Content, Item
from bot.digests.model import Digest, describe, following
from bot.locale.texts import format_date, format_moment, format_number
from bot.locale.texts import gettext as _
from bot.slack.notes import note
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
    menu,
    quote,
    rich,
    section,
    size,
    words,
)
from bot.wording import added_line, cut, one_line, plain
from embeddings.types import Citation, Story

_BLOCKS = 48
_HEADER, _CHANNEL_NAME, _HEADING_TOPIC, _TITLE, _SENTENCE = 150, 60, 100, 150, 600
_SPOKEN = 3
_WHY_TOPIC = 80  # a choice of a menu carries 150 characters


@dataclass(frozen=True, slots=True)
class StoryValue(ButtonValue):
    """A story of a digest."""

    digest_id: str
    story_id: str


EVERYTHING = "*"
"""What a story is about in a digest of everything new."""


@dataclass(frozen=True, slots=True)
class WhyValue(ButtonValue):
    """Why a story is in a digest: whether it was posted before, and its topic, or `EVERYTHING`."""

    story_id: str
    is_update: bool
    topic: str


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
        said = rich(section(words(_("Nothing new on this digest's topics."))))
        return [Message(fallback(_("{title}: nothing new.", title=title)), [head, said, *_end(shown)])]
    opening = [head, *_counted(content)]
    groups = [*_groups(content, shown.digest_id), _end(shown)]
    pages = list(_pages([opening, *groups]))
    spoken = [
        fallback(_spoken(title, content)),
        *(fallback(_("{title}, continued", title=title)) for _page in pages[1:]),
    ]
    return [Message(text, blocks) for text, blocks in zip(spoken, pages, strict=True)]


def story_blocks(told: Story) -> list[Block]:
    """Return every article of one story, for *More*: title, source and date, a line each."""
    lines = [section(words(one_line(told.headline, _TITLE) or _("Untitled"), bold=True))]
    for cited in told.articles:
        after = _facts(cited) + (" " + _("(the same text)") if cited.article_id in told.copies else "")
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
    marks = [words(_("Update") + " · ", bold=True)] if item.is_update else []
    more = [words(" · " + _("+{count} sources", count=told.sources - 1))] if told.sources > 1 else []
    date = [words(f" · {format_date(told.last_seen[:10])}")]
    start, end = item.passage.highlight.start, item.passage.highlight.end
    sentence = cut(plain(item.passage.text[start:end]), _SENTENCE) or " "
    cited, place = item.passage.citation, item.passage.paragraph
    named = citation_elements(cited, place)
    if title_of(cited) == title_of(lead):  # the story's title is above
        named = [words(named[1]["text"].removeprefix(" · "))]
        date = [] if cited.published_at else date
    lines = [
        section(*marks, link(title_of(lead), lead.url), *more, *date),
        *([section(words(_("New since I last posted it:"), italic=True))] if item.is_update else []),
        quote(words(sentence)),
        section(*named),
    ]
    return [
        rich(*lines, block_id=f"story-{number}"),
        *actions(_story_menu(item, lead.article_id, digest_id, topic), f"story-{number}-menu"),
    ]


def _story_menu(item: Item, article_id: str, digest_id: str, topic: str | None) -> list[Block]:
    """Return the one menu of a story; its choices are those of `bot.server.routes.STORY_MENU`."""
    value = StoryValue(digest_id, item.story.story_id).pack()
    about = cut(plain(topic), _WHY_TOPIC) if topic else EVERYTHING
    why = WhyValue(item.story.story_id, item.is_update, about or EVERYTHING).pack()
    choices = [
        (_("More"), f"more:{value}"),
        (_("Summarise"), f"summarise:{ArticleValue(article_id).pack()}" if ArticleValue(article_id).fits else ""),
        (_("Why am I seeing this?"), f"why:{why}"),
        (_("Mute this story"), f"mute:{value}"),
        (_("Fewer like this"), f"fewer:{value}"),
    ]
    return menu("story-menu", [(name, given) for name, given in choices if given])


def why_shown(told: Story, value: WhyValue) -> Message:
    """Return why a story is in a digest, in a line."""
    topic = "" if value.topic == EVERYTHING else one_line(value.topic, _HEADING_TOPIC)
    about = _("it is about “{topic}”", topic=topic) if topic else _("this digest posts everything new")
    count = len(told.articles) - len(told.copies)
    more = ", " + _("{count} articles report it", count=count) if count > 1 else ""
    again = ", " + _("and an article is new since I last posted it") if value.is_update else ""
    return note(_("Why you see this: {reasons}.", reasons=about + more + again))


def _also_new(content: Content) -> Block:
    lines = [section(words(_("Also new"), bold=True))]
    for told in content.also_new:
        lead = next((one for one in told.articles if one.title == told.headline), told.articles[0])
        lines.append(
            section(words("• "), link(title_of(lead), lead.url), words(f" · {format_date(told.last_seen[:10])}"))
        )
    if content.left_out:
        lines.append(section(words(_("and {count} more", count=format_number(content.left_out)))))
    return rich(*lines, block_id="also-new")


def _end(shown: DigestShown) -> list[Block]:
    return actions([button(_("Edit digest"), "digest-edit", shown.digest_id)], "digest-buttons")


def _title(content: Content, shown: DigestShown) -> str:
    zone = ZoneInfo(shown.zone)
    first, last = format_moment(content.since.astimezone(zone)), format_moment(content.until.astimezone(zone))
    period = _("{first} to {last}", first=first, last=last)
    name = one_line(shown.name, _CHANNEL_NAME) or _("Digest")
    return cut(f"{name}, {period}", _HEADER)


def _subtitle(topic: str) -> Block:
    return rich(section(words(one_line(topic, _HEADING_TOPIC) or _("Topic"), bold=True)))


def _spoken(title: str, content: Content) -> str:
    headlines = "; ".join(one_line(one.headline, _TITLE) for one in content.stories[:_SPOKEN])
    return f"{title}: {headlines}"


def _facts(cited: Citation) -> str:
    facts = (one_line(cited.source or "", _CHANNEL_NAME), format_date((cited.published_at or "")[:10]))
    return "".join(f" · {fact}" for fact in facts if fact)


def _parts(lines: list[Block]) -> Iterator[list[Block]]:
    per = 30
    return (lines[first : first + per] for first in range(0, len(lines), per))


_NAME = 60
_LISTED = 10


def digest_lines(digests: Sequence[Digest], now: datetime, *, buttons: bool) -> list[Block]:
    """Return each digest with its channel and next time; with `buttons` to preview, pause, edit and delete it."""
    blocks: list[Block] = []
    for one in digests[:_LISTED]:
        name = words(one_line(one.name, _NAME) or _("Digest"), bold=True)
        place = {"type": "channel", "channel_id": one.channel}
        blocks.append(rich(section(name, words(f" · {_when(one, now)} · "), place)))
        blocks += actions(_buttons(one), f"digest-{one.id}") if buttons else []
    more = len(digests) - _LISTED
    return [*blocks, rich(section(words(_("and {count} more", count=more))))] if more > 0 else blocks


def digest_list(digests: Sequence[Digest], now: datetime) -> Message:
    """Return the answer to `/digest list`."""
    if not digests:
        said = _("You have no digest yet. Type /digest to set one up.")
        return Message(said, [rich(section(words(said)))])
    names = "; ".join(f"{one.name}: {_when(one, now)}" for one in digests)
    return Message(fallback(_("Your digests") + f": {names}"), digest_lines(digests, now, buttons=True))


def ask_to_delete(digest: Digest) -> Message:
    """Return the question whether to delete the digest, with the button that does."""
    said = _("Delete “{name}”? It will no longer be posted.", name=one_line(digest.name, _NAME))
    sure = button(_("Delete"), "digest-delete", digest.id, style="danger")
    return Message(fallback(said), [rich(section(words(said))), *actions([sure], f"digest-{digest.id}")])


def _when(digest: Digest, now: datetime) -> str:
    if digest.paused_at is not None:
        return _("paused")
    coming = following(digest.schedule, now).astimezone(ZoneInfo(digest.schedule.zone))
    day = format_date(f"{coming:%Y-%m-%d}")
    return _("{schedule}, next {day} {time}", schedule=describe(digest.schedule), day=day, time=f"{coming:%H:%M}")


def _buttons(digest: Digest) -> list[Block]:
    turn = button(_("Resume"), "digest-resume", digest.id)
    sure = {
        "title": label(_("Delete the digest?")),
        "text": label(cut(plain(_("“{name}” will no longer be posted.", name=digest.name)), 300)),
        "confirm": label(_("Delete")),
        "deny": label(_("Keep")),
    }
    return [
        button(_("Preview"), "digest-preview", digest.id),
        turn if digest.paused_at else button(_("Pause"), "digest-pause", digest.id),
        button(_("Edit"), "digest-edit", digest.id),
        button(_("Delete"), "digest-delete", digest.id, style="danger", confirm=sure),
    ]


def digest_paused(name: str, channel: str) -> Message:
    """For the owner of a digest whose channel can no longer be posted to."""
    said = _(
        "I have paused your digest “{name}”: I can no longer post to its channel. It was deleted or archived, or "
        "I was removed from it.",
        name=one_line(name, 60),
    )
    said += " "
    how = _(
        "To go on, type /invite @topicbot there and then /digest resume here; or pick another channel with Edit."
    )
    place = {"type": "channel", "channel_id": channel}
    return Message(
        fallback(said + how), [rich(section(words(said), words(_("Channel: ")), place, words(". " + how)))]
    )
