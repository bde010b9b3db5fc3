"""What somebody chooses in a block element, in the shapes of `actions` and of `state.values`. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Json = dict[str, Any]

_ONE_OF = {"static_select", "external_select", "radio_buttons", "overflow"}
_SOME_OF = {"multi_static_select", "multi_external_select", "checkboxes"}
# The key of the choice, by type; the element's own initial value is `initial_` plus what follows `selected_`.
_KEYS = {
    "users_select": "selected_user",
    "conversations_select": "selected_conversation",
    "channels_select": "selected_channel",
    "multi_users_select": "selected_users",
    "multi_conversations_select": "selected_conversations",
    "multi_channels_select": "selected_channels",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "plain_text_input": "value",
    "email_text_input": "value",
    "url_text_input": "value",
    "number_input": "value",
    "rich_text_input": "rich_text_value",
    "file_input": "files",
    **dict.fromkeys(_ONE_OF, "selected_option"),
    **dict.fromkeys(_SOME_OF, "selected_options"),
}
_STATELESS = {"button", "feedback_buttons", "icon_button", "overflow", "workflow_button", "image"}


def with_ids(blocks: Sequence[Json]) -> list[Json]:
    """The blocks with the block_ids and action_ids that Slack makes up for those that have none."""
    done = []
    for number, block in enumerate(blocks):
        made = {"block_id": f"made{number}", **block}
        for place in ("elements", "accessory", "element"):
            if place in made and made.get("type") in ("actions", "context_actions", "section", "input"):
                made[place] = _with_action_ids(made[place], number)
        done.append(made)
    return done


def elements(blocks: Sequence[Json]) -> Iterator[tuple[Json, Json]]:
    """Each interactive element with the block it is in."""
    for block in blocks:
        found = [*block.get("elements", ()), block.get("accessory"), block.get("element")]
        for element in found:
            if isinstance(element, dict) and "action_id" in element:
                yield block, element


def find(blocks: Sequence[Json], action_id: str, block_id: str | None, nth: int) -> tuple[Json, Json]:
    """The `nth` element with this action_id. AssertionError, naming what there is, if there is none."""
    there = list(elements(blocks))
    found = [
        (block, element)
        for block, element in there
        if element["action_id"] == action_id and block_id in (None, block["block_id"])
    ]
    names = [element["action_id"] for _, element in there]
    assert len(found) > nth, f"nothing to press with action_id {action_id!r} (number {nth}); there is {names}"
    return found[nth]


def action(block: Json, element: Json, value: Any, ts: str) -> Json:
    """The entry of `actions` for pressing or choosing in `element`."""
    kept: Json = {
        key: element[key] for key in ("type", "action_id", "text", "style", "placeholder") if key in element
    }
    return {**kept, "block_id": block["block_id"], **chosen(element, value), "action_ts": ts}


def chosen(element: Json, value: Any) -> Json:
    """The keys that carry `value`, given plainly (an option by its value or its text) or in Slack's own shape."""
    kind = element["type"]
    if kind == "feedback_buttons":
        button = element[f"{value or 'positive'}_button"]
        return {"text": button["text"], "value": button["value"]}
    if kind in ("button", "icon_button", "workflow_button"):
        return {"value": element["value"]} if "value" in element else {}
    if kind not in _KEYS:
        return {}
    key = _KEYS[kind]
    if isinstance(value, Mapping) and key in value:
        value = value[key]
    elif kind in _ONE_OF:
        value = None if value is None else _option(element, value)
    elif kind in _SOME_OF:
        value = [_option(element, one) for one in _several(value)]
    return {key: value}


def is_kept(element: Json) -> bool:
    """Whether the element's choice shows up in `state.values`."""
    return element["type"] not in _STATELESS


def state_values(blocks: Sequence[Json], choices: Mapping[str, Mapping[str, Any]]) -> Json:
    """`state.values`: the choices made, the elements' initial values for the rest."""
    values: Json = {}
    for block, element in elements(blocks):
        if not is_kept(element):
            continue
        block_id, action_id = block["block_id"], element["action_id"]
        made = choices.get(block_id, {})
        entry = chosen(element, made[action_id]) if action_id in made else initial(element)
        values.setdefault(block_id, {})[action_id] = {"type": element["type"], **entry}
    return values


def initial(element: Json) -> Json:
    """What the element shows before anybody chose."""
    key = _KEYS.get(element["type"])
    if key is None:
        return {}
    empty: Any = [] if element["type"] in _SOME_OF or key.endswith("s") else None
    return {key: element.get("initial_" + key.removeprefix("selected_").removeprefix("rich_text_"), empty)}


def missing(blocks: Sequence[Json], values: Json) -> list[str]:
    """The block_ids of required inputs left empty: Slack's own client does not send such a form."""
    empty = []
    for block in blocks:
        if block.get("type") == "input" and not block.get("optional"):
            entry = values.get(block["block_id"], {}).get(block["element"]["action_id"], {})
            if not any(held for key, held in entry.items() if key != "type"):
                empty.append(block["block_id"])
    return empty


def _option(element: Json, value: Any) -> Json:
    options = [*element.get("options", ())]
    for group in element.get("option_groups", ()):
        options += group["options"]
    if isinstance(value, dict):
        return value
    for option in options:
        if value in (option.get("value"), option["text"]["text"]):
            return dict(option)
    names = [option.get("value") for option in options]
    raise AssertionError(f"{element['action_id']} has no option {value!r}; it has {names}")


def _several(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple, set)) else [value]


def _with_action_ids(place: Any, number: int) -> Any:
    if isinstance(place, list):
        return [_with_action_ids(element, number * 100 + position) for position, element in enumerate(place)]
    if isinstance(place, dict) and place.get("type") not in ("image", "mrkdwn", "plain_text"):
        return {"action_id": f"made{number}", **place}
    return place
