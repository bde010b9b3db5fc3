"""What every window is made of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot.locale.texts import gettext as _
from bot.slack.text import Block, label, rich, section, words
from bot.wording import one_line

_CHOSEN = ("value", "selected_date", "selected_time", "selected_conversation")
MAX_OPTIONS, MAX_OPTION_CHARS, MAX_VALUE_CHARS = 100, 75, 150
MAX_METADATA_CHARS = 3000


def notice_modal(text: str) -> Block:
    """Return a window that only says something, in place of the one before."""
    return modal("told", "topicbot", [rich(section(words(text)))], None, "")


def values(view: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was put into the window: input name to text, date, chosen value or list of chosen values."""
    found: dict[str, Any] = {}
    for name, fields in view["state"]["values"].items():
        (state,) = fields.values()  # a box has one input
        chosen = state.get("selected_option")
        if "selected_options" in state:
            found[name] = [option["value"] for option in state["selected_options"] or ()]
        else:
            found[name] = chosen["value"] if chosen else next(filter(None, map(state.get, _CHOSEN)), None)
    return found


def packed(metadata: Mapping[str, Any]) -> str:
    """Return what a window remembers, as text."""
    return json.dumps(dict(metadata), ensure_ascii=False)


def option(text: str, value: str) -> Block:
    """Return one thing to choose."""
    return {"text": label(one_line(text, MAX_OPTION_CHARS) or _("unnamed")), "value": value}


def as_input(name: str, text: str, element: Block, *, optional: bool = False) -> Block:
    """Return a labelled box of a window; `values` finds what was put into it under `name`."""
    return {"type": "input", "block_id": name, "label": label(text), "element": element, "optional": optional}


def modal(callback: str, title: str, blocks: list[Block], submit: str | None, metadata: str) -> Block:
    """Return a window; without `submit` it is only to be read."""
    view: Block = {"type": "modal", "callback_id": callback, "title": label(title), "blocks": blocks}
    ends = {"submit": label(submit), "close": label(_("Cancel"))} if submit else {"close": label(_("Close"))}
    return {**view, **ends, "private_metadata": metadata}
