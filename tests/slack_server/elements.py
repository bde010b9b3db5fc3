"""Slack's text objects and elements as tables of checks, with the limits of its Block Kit reference.

A check takes a JSON value and its path and yields a sentence for each thing that Slack would refuse. Small checks
(`string`, `many`, `shape`, `by_type`) make the larger ones. Sizes, required fields and places come from
https://docs.slack.dev/reference/block-kit; a comment marks what is stricter, and where the reference gives no
size a generous one stands. What the product does not use (file and rich text inputs, workflow buttons) is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from reprlib import repr as short
from typing import Any

Check = Callable[[object, str], Iterator[str]]
Fields = Mapping[str, Check]


def anything(value: object, path: str) -> Iterator[str]:
    """Accept every value: it is checked elsewhere."""
    return iter(())


def string(most: int, least: int = 1, form: str = "") -> Check:
    """A string of `least` to `most` characters, and of this form (a regular expression) if one is given."""

    def check(value: object, path: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield f"{path}: {short(value)} is not a string"
        elif len(value) > most:
            yield f"{path}: {len(value)} characters, at most {most}"
        elif len(value) < least:
            yield f"{path}: {len(value)} characters, at least {least}"
        elif form and not re.fullmatch(form, value):
            yield f"{path}: {short(value)} does not have the form {form}"

    return check


def one_of(*allowed: str) -> Check:
    """One of these words."""

    def check(value: object, path: str) -> Iterator[str]:
        if value not in allowed:
            yield f"{path}: {short(value)} is not one of {', '.join(allowed)}"

    return check


def boolean(value: object, path: str) -> Iterator[str]:
    """Accept true or false."""
    if not isinstance(value, bool):
        yield f"{path}: {short(value)} is not true or false"


def whole(least: int, most: int) -> Check:
    """A whole number from `least` to `most`."""

    def check(value: object, path: str) -> Iterator[str]:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            yield f"{path}: {short(value)} is not a whole number from {least} to {most}"

    return check


def many(each: Check, most: int, least: int = 1) -> Check:
    """A list of `least` to `most` items, each of which passes `each`."""

    def check(value: object, path: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{path}: {short(value)} is not a list"
            return
        if not least <= len(value) <= most:
            yield f"{path}: {len(value)} items, at {f'most {most}' if len(value) > most else f'least {least}'}"
        for n, item in enumerate(value):
            yield from each(item, f"{path}[{n}]")

    return check


def shape(required: Fields, /, **optional: Check) -> Check:
    """An object with all of the required fields, any of the optional ones, and no others."""
    known = {**required, **optional}

    def check(value: object, path: str) -> Iterator[str]:
        if not isinstance(value, Mapping):
            yield f"{path}: {short(value)} is not an object"
            return
        start = f"{path}." if path else ""
        yield from (f"{start}{name}: missing" for name in required if name not in value)
        for name, inner in value.items():
            if name in known:
                yield from known[name](inner, f"{start}{name}")
            else:
                yield f"{start}{name}: not a field here, where Slack knows {', '.join(known)}"

    return check


def typed(required: Fields, /, **optional: Check) -> Check:
    """A `shape` that also has a `type`, which `by_type` has looked at."""
    return shape({"type": anything, **required}, **optional)


def by_type(kinds: Fields) -> Check:
    """An object whose `type` is one of these, and which passes that type's check."""

    def check(value: object, path: str) -> Iterator[str]:
        kind = value.get("type") if isinstance(value, Mapping) else None
        if isinstance(kind, str) and kind in kinds:
            yield from kinds[kind](value, path)
        else:
            yield f"{path or 'type'}: type {short(kind)} is not one of {', '.join(kinds)}"

    return check


def both(*checks: Check) -> Check:
    """Everything that any of these checks finds."""
    return lambda value, path: (problem for check in checks for problem in check(value, path))


def present(*names: str, most: int = 1) -> Check:
    """At least one and at most `most` of these fields."""

    def check(value: object, path: str) -> Iterator[str]:
        if isinstance(value, Mapping) and not 1 <= sum(name in value for name in names) <= most:
            yield f"{path}: needs {'one' if most == 1 else 'one or more'} of {', '.join(names)}"

    return check


def _text(most: int, kinds: Fields) -> Check:
    whole_object, words = by_type(kinds), string(most)

    def check(value: object, path: str) -> Iterator[str]:
        yield from whole_object(value, path)
        if isinstance(value, Mapping) and "text" in value:
            yield from words(value["text"], path)

    return check


_PLAIN = {"plain_text": typed({"text": anything}, emoji=boolean)}
_MRKDWN = {"mrkdwn": typed({"text": anything}, verbatim=boolean)}


def plain(most: int) -> Check:
    """A plain_text object of 1 to `most` characters."""
    return _text(most, _PLAIN)


def text(most: int = 3000) -> Check:
    """A plain_text or mrkdwn object of 1 to `most` characters."""
    return _text(most, {**_PLAIN, **_MRKDWN})


def _day(value: object, path: str) -> Iterator[str]:
    try:
        valid = date.fromisoformat(str(value)).isoformat() == value
    except ValueError:
        valid = False
    if not valid:
        yield f"{path}: {short(value)} is not a day as YYYY-MM-DD"


def _listed(value: Mapping[str, Any], name: str) -> list[Any]:
    found = value.get(name)
    return found if isinstance(found, list) else []


def _among_options(value: object, path: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        groups = [value, *(group for group in _listed(value, "option_groups") if isinstance(group, Mapping))]
        offered = [option for group in groups for option in _listed(group, "options")]
        if "initial_option" in value and value["initial_option"] not in offered:
            yield f"{path}.initial_option: not among the options"
        if any(option not in offered for option in _listed(value, "initial_options")):
            yield f"{path}.initial_options: not all among the options"


def options(most: int, label: Check, **more: Check) -> Check:
    """1 to `most` options: label and description of at most 75 characters, value of at most 150."""
    return many(shape({"text": label, "value": string(150)}, description=plain(75), **more), most)


ID = string(255)
URL = string(3000, form=r"https?://\S+")
LINK = string(3000, form=r"(https?://|mailto:)\S+")
_STYLE = one_of("primary", "danger")
# Slack has words of its own for a missing `confirm` or `deny`; here they must be given.
_CONFIRM = shape({"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)}, style=_STYLE)
_LABEL = string(75)
_PRESS: Fields = {"action_id": ID, "value": string(2000), "confirm": _CONFIRM, "accessibility_label": _LABEL}
_FEEDBACK = shape({"text": plain(75), "value": string(2000)}, accessibility_label=_LABEL)
_CHOICE: Fields = {"action_id": ID, "confirm": _CONFIRM, "focus_on_load": boolean}
_PICKER: Fields = {**_CHOICE, "placeholder": plain(150)}
_TRIGGERS = many(one_of("on_enter_pressed", "on_character_entered"), 2)
_ENTRY: Fields = {
    "action_id": ID,
    "placeholder": plain(150),
    "initial_value": string(3000, least=0),
    "focus_on_load": boolean,
    "dispatch_action_config": shape({"trigger_actions_on": _TRIGGERS}),
}
_OFFER: Fields = {
    "options": options(100, plain(75)),
    "option_groups": many(shape({"label": plain(75), "options": options(100, plain(75))}), 100),
}
_FILTER = shape(
    {},
    include=many(one_of("im", "mpim", "private", "public"), 4),
    exclude_external_shared_channels=boolean,
    exclude_bot_users=boolean,
)
_CONVERSATIONS: Fields = {"default_to_current_conversation": boolean, "filter": _FILTER}


def _menu(fields: Fields, **more: Check) -> Check:
    checked = typed({}, **_PICKER, **fields, **more)
    return both(checked, present(*_OFFER), _among_options) if "options" in fields else checked


def _menu_of_many(fields: Fields, **more: Check) -> Check:
    return _menu(fields, **more, max_selected_items=whole(1, 100))


def _boxes(**initial: Check) -> Check:
    return both(typed({"options": options(10, text(75))}, **_CHOICE, **initial), _among_options)


def image(**more: Check) -> Check:
    """An image, as an element or (with `more` fields) as a block: alt text, and an address or a Slack file."""
    file = both(shape({}, id=ID, url=URL), present("id", "url"))
    fields = typed({"alt_text": string(2000)}, image_url=URL, slack_file=file, **more)
    return both(fields, present("image_url", "slack_file"))


_CHOICES: Fields = {
    "checkboxes": _boxes(initial_options=many(anything, 10)),
    "radio_buttons": _boxes(initial_option=anything),
    "datepicker": typed({}, **_PICKER, initial_date=_day),
    "timepicker": typed({}, **_PICKER, initial_time=string(5, form=r"([01]\d|2[0-3]):[0-5]\d"), timezone=ID),
    "static_select": _menu(_OFFER, initial_option=anything),
    "multi_static_select": _menu_of_many(_OFFER, initial_options=many(anything, 100)),
    "external_select": _menu({}, initial_option=anything, min_query_length=whole(0, 3000)),
    "users_select": _menu({}, initial_user=ID),
    "multi_users_select": _menu_of_many({}, initial_users=many(ID, 100)),
    "channels_select": _menu({}, initial_channel=ID),
    "multi_channels_select": _menu_of_many({}, initial_channels=many(ID, 100)),
    "conversations_select": _menu(_CONVERSATIONS, initial_conversation=ID),
    "multi_conversations_select": _menu_of_many(_CONVERSATIONS, initial_conversations=many(ID, 100)),
}
_MOMENT: Fields = {"datetimepicker": typed({}, **_CHOICE, initial_date_time=whole(10**9, 10**10 - 1))}

# Which elements may stand where: each element's page of the reference names its blocks.
ACTIONS: Fields = {
    "button": typed(
        {"text": plain(75)},
        **_PRESS,
        url=URL,
        style=_STYLE,
        agent_prompt=string(4000),
        agent_prompt_display=string(75),
    ),
    # The reference says at most 5 options; older editions asked for at least 2.
    "overflow": typed({"options": options(5, plain(75), url=URL)}, action_id=ID, confirm=_CONFIRM),
    **_CHOICES,
    **_MOMENT,
}
ACCESSORIES: Fields = {"image": image(), **{kind: ACTIONS[kind] for kind in ACTIONS if kind not in _MOMENT}}
CONTEXT: Fields = {"image": image(), "plain_text": plain(3000), "mrkdwn": text()}
CONTEXT_ACTIONS: Fields = {
    "feedback_buttons": typed({"positive_button": _FEEDBACK, "negative_button": _FEEDBACK}, action_id=ID),
    "icon_button": typed(
        {"icon": one_of("trash"), "text": plain(75)}, **_PRESS, visible_to_user_ids=many(ID, 100)
    ),
}
_LENGTHS: Fields = {"min_length": whole(0, 3000), "max_length": whole(1, 3000)}
INPUTS: Fields = {
    **_CHOICES,
    **_MOMENT,
    "plain_text_input": typed({}, **_ENTRY, **_LENGTHS, multiline=boolean),
    "url_text_input": typed({}, **_ENTRY),
    "email_text_input": typed({}, **_ENTRY),
    "number_input": typed({"is_decimal_allowed": boolean}, **_ENTRY, min_value=string(75), max_value=string(75)),
}
