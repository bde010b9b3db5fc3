"""The window of a digest, and what was put into it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any

from bot.clock import offset_at, zones, zones_meant
from bot.digests.model import DAYS, LAST_DAY, Digest, Schedule
from bot.digests.service import Wanted
from bot.locale.texts import gettext as _
from bot.locale.texts import pgettext
from bot.slack.modals import MAX_OPTIONS, as_input, modal, option
from bot.slack.text import Block, actions, button, label
from bot.wording import cut, plain
from embeddings.errors import InvalidInputError

ZONE = "zone"
"""The action of the search menu of time zones."""

_NAME, _TOPIC, _TOPICS, _MAX_STORIES, _VALUE, _NAMING = 60, 150, 20, 30, 150, 3
_LOOSE = "0.28"


def digest_modal(
    collections: Sequence[str],
    zone: str,
    metadata: Mapping[str, Any],
    digest: Digest | None = None,
    *,
    whole: bool = True,
) -> Block:
    """Return the window of a new digest, or of one that is changed. `zone` is the person's own.

    Not `whole`, it asks for topics, channel and time, and has a button for the rest.
    """
    text = {"type": "plain_text_input", "action_id": "value"}
    schedule = digest.schedule if digest else Schedule(time(9), zone, days=(1, 2, 3, 4, 5))
    topics = "\n".join(digest.topics) if digest else ""
    hint = {"placeholder": label(_("Alibaba, climate policy"))}
    blocks = [
        as_input(
            "topics",
            _("Topics, parted by commas or lines. Leave empty for everything new."),
            {**text, "multiline": True, "max_length": 2000, **hint, **_start(topics)},
            optional=True,
        ),
        as_input("channel", _("Channel"), _channel(digest)),
        as_input("days", _("On these days"), _days(schedule), optional=True),
        as_input(
            "at", _("At"), {"type": "timepicker", "action_id": "value", "initial_time": f"{schedule.at:%H:%M}"}
        ),
    ]
    if whole:
        name = {**text, "max_length": _NAME, **_start(digest.name if digest else "")}
        blocks += [
            as_input(
                "month_day", _("Or once a month, on no day of the week"), _month_days(schedule), optional=True
            ),
            as_input("name", _("Name"), name, optional=True),
            *_collections(collections, digest),
            as_input("zone", _("Time zone"), _zone(schedule.zone)),
            as_input("most", _("Stories at most"), _most(digest)),
            as_input("least", _("How close a story must be to a topic"), _closeness(digest)),
            as_input("empty", _("When nothing is new"), _empty(digest)),
        ]
    else:
        blocks += actions([button(_("More options"), "digest-options", "new")], "options")
    title = _("Edit digest") if digest else _("New digest")
    return modal("digest", title, blocks, _("Save"), json.dumps(dict(metadata), ensure_ascii=False))


def with_defaults(given: Mapping[str, Any], zone: str) -> dict[str, Any]:
    """Return the window's values, with those of *More options* where it wasn't opened; `zone` is the person's."""
    topics = topics_of(given.get("topics"))
    name = given.get("name") or cut(", ".join(topics[:_NAMING]) or _("What is new"), _NAME)
    return {"zone": zone, "month_day": None, "most": "10", "least": _LOOSE, "empty": "silent"} | {
        **given,
        "name": name,
    }


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
        errors["zone"] = _("I don't know this time zone. Type a city or a country, and choose one.")
    if bool(given["days"]) == bool(given["month_day"]):
        errors["days"] = _("Tick days, or choose a day of the month under More options: one of the two.")
    if errors or zone is None:
        return None, errors
    days = tuple(sorted(int(day) for day in given["days"]))
    month_day = int(given["month_day"]) if given["month_day"] else None
    return Schedule(time.fromisoformat(given["at"]), zone, days, month_day), {}


def zone_named(text: str) -> str | None:
    """Return the IANA zone of this name, upper or lower case alike."""
    wanted = text.strip().replace(" ", "_").casefold()
    return next((zone for zone in sorted(zones()) if zone.casefold() == wanted), None)


def zone_options(typed: str, at: datetime) -> list[Block]:
    """Return the time zones to choose from for what was typed in their search menu; `at` is when."""
    return [option(f"{zone} ({offset_at(zone, at)})", zone) for zone in zones_meant(typed, MAX_OPTIONS)]


def topics_of(text: str | None) -> tuple[str, ...]:
    """Return the topics that were typed, parted by commas or lines, each once."""
    lines = (" ".join(line.split()) for line in re.split(r"[\n\r,]", text or ""))
    return tuple(dict.fromkeys(line[:_TOPIC] for line in lines if line))[:_TOPICS]


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
    return [as_input("collections", _("Only these collections"), element, optional=True)]


def _channel(digest: Digest | None) -> Block:
    element: Block = {
        "type": "conversations_select",
        "action_id": "value",
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
    }
    known = {"initial_conversation": digest.channel} if digest else {"default_to_current_conversation": True}
    return {**element, **known}


def _days(schedule: Schedule) -> Block:
    options = [option(_(name), str(number)) for number, name in enumerate(DAYS, start=1)]
    ticked = [one for one in options if int(one["value"]) in schedule.days]
    element: Block = {"type": "checkboxes", "action_id": "value", "options": options}
    return {**element, "initial_options": ticked} if ticked else element


def _month_days(schedule: Schedule) -> Block:
    options = [option(_("Day {day}", day=day), str(day)) for day in range(1, 29)] + [
        option(_("The last day"), str(LAST_DAY))
    ]
    element: Block = {"type": "static_select", "action_id": "value", "options": options}
    chosen = next((one for one in options if one["value"] == str(schedule.month_day)), None)
    return {**element, "initial_option": chosen} if chosen else element


def _zone(zone: str) -> Block:
    """Return the search menu of time zones; its action is its own, for Slack asks for its options by it."""
    element: Block = {"type": "external_select", "action_id": ZONE, "min_query_length": 1}
    return {**element, "initial_option": option(zone, zone), "placeholder": label(_("Search by city or country"))}


def _most(digest: Digest | None) -> Block:
    initial = str(digest.most if digest else 10)
    bounds = {"is_decimal_allowed": False, "min_value": "1", "max_value": str(_MAX_STORIES)}
    return {"type": "number_input", "action_id": "value", "initial_value": initial, **bounds}


def _closeness(digest: Digest | None) -> Block:
    names = {
        _LOOSE: _("Loose (may include off-topic stories)"),
        "0.4": pgettext("of a story to a topic", "Close"),
        "0.5": _("Very close (may miss some stories)"),
    }
    options = [option(text, value) for value, text in names.items()]
    chosen = next((one for one in options if digest and float(one["value"]) == digest.least), options[0])
    return {"type": "radio_buttons", "action_id": "value", "options": options, "initial_option": chosen}


def _empty(digest: Digest | None) -> Block:
    options = [option(_("Post nothing"), "silent"), option(_("Say so"), "say")]
    chosen = options[1 if digest and digest.say_empty else 0]
    return {"type": "radio_buttons", "action_id": "value", "options": options, "initial_option": chosen}
