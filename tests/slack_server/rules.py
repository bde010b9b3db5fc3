"""What Slack refuses in messages, modals and Home tabs, and what in them is live: pure functions over JSON values.

The numbers are those of Slack's Block Kit reference (https://docs.slack.dev/reference/block-kit) and of its pages
on views and on chat.postMessage; a comment marks where this is stricter than Slack. Characters are counted as
they are sent: `&amp;` is five.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from tests.slack_server.elements import (
    ACCESSORIES,
    ACTIONS,
    CONTEXT,
    CONTEXT_ACTIONS,
    ID,
    INPUTS,
    LINK,
    Check,
    Fields,
    anything,
    boolean,
    both,
    by_type,
    image,
    many,
    one_of,
    plain,
    present,
    shape,
    string,
    text,
    typed,
    whole,
)

FALLBACK = 3999  # Slack asks for about 4,000 and cuts at 40,000; every message here stays below 4,000
ALL_TEXT = 12_000  # measured, not documented: Slack gives up somewhat above 13,000
MARKDOWN = 12_000
_CONTROL = re.compile(r"<([^<>]+)>")
_MARKDOWN_LINK = re.compile(r"\]\(\s*<?([^)\s>]+)")
_SPOKEN = {
    **dict.fromkeys(("plain_text", "mrkdwn", "markdown", "text", "raw_text"), ("text",)),
    "link": ("text", "url"),
    "date": ("fallback",),
    "image": ("alt_text",),
}
_MENTIONS = {"user": "<@{user_id}>", "channel": "<#{channel_id}>", "usergroup": "<!subteam^{usergroup_id}>"}

_STYLE: Fields = {"style": shape({}, bold=boolean, italic=boolean, strike=boolean, code=boolean)}
# The reference gives no size for one piece of rich text: a text object's is taken. It may be blank, not empty.
_WORDS: Fields = {
    "text": typed({"text": string(3000)}, **_STYLE),
    "link": typed({"url": LINK}, text=string(3000), unsafe=boolean, **_STYLE),
}
_RICH: Fields = {
    **_WORDS,
    "emoji": typed({"name": ID}, unicode=ID, skin_tone=whole(1, 6), **_STYLE),
    "user": typed({"user_id": ID}, **_STYLE),
    "usergroup": typed({"usergroup_id": ID}, **_STYLE),
    "channel": typed({"channel_id": ID}, **_STYLE),
    "broadcast": typed({"range": one_of("here", "channel", "everyone")}, **_STYLE),
    "date": typed(
        {"timestamp": whole(0, 10**10), "format": string(3000)}, url=LINK, fallback=string(3000), **_STYLE
    ),
    "color": typed({"value": string(7, form="#[0-9a-fA-F]{6}")}, **_STYLE),
}
_BORDER: Fields = {"border": whole(0, 1)}
_PIECES = many(by_type(_RICH), 3000)
_SECTION: Fields = {"rich_text_section": typed({"elements": _PIECES})}
_RICH_BLOCKS: Fields = {
    **_SECTION,
    "rich_text_quote": typed({"elements": _PIECES}, **_BORDER),
    "rich_text_preformatted": typed({"elements": many(by_type(_WORDS), 3000)}, **_BORDER),
    "rich_text_list": typed(
        {"style": one_of("bullet", "ordered"), "elements": many(by_type(_SECTION), 3000)},
        indent=whole(0, 8),
        offset=whole(0, 10**6),
        **_BORDER,
    ),
}


def _block(required: Fields, /, **optional: Check) -> Check:
    return typed(required, **optional, block_id=ID)


_BLOCKS: Fields = {
    "actions": _block({"elements": many(by_type(ACTIONS), 25)}),
    "context": _block({"elements": many(by_type(CONTEXT), 10)}),
    "divider": _block({}),
    "header": _block({"text": plain(150)}),
    "image": image(title=plain(2000), block_id=ID),
    "input": _block(
        {"label": plain(2000), "element": by_type(INPUTS)},
        hint=plain(2000),
        optional=boolean,
        dispatch_action=boolean,
    ),
    "rich_text": _block({"elements": many(by_type(_RICH_BLOCKS), 3000)}),
    "section": both(
        _block({}, text=text(), fields=many(text(2000), 10), accessory=by_type(ACCESSORIES), expand=boolean),
        present("text", "fields", most=2),
    ),
}
_CELL = by_type({"raw_text": typed({"text": string(3000)})})
_POINTS = many(shape({"label": string(20), "value": whole(-(10**12), 10**12)}), 20)
_AXES = shape({"categories": many(string(20), 20)}, x_label=string(50), y_label=string(50))
_SERIES = many(shape({"name": string(20), "data": _POINTS}), 12)
_CHARTS: Fields = {kind: typed({"series": _SERIES, "axis_config": _AXES}) for kind in ("bar", "line", "area")}
_MESSAGE_BLOCKS: Fields = {
    **_BLOCKS,
    "data_visualization": _block({"title": string(50), "chart": by_type(_CHARTS)}),
    "table": _block({"rows": many(many(_CELL, 20), 100)}, column_settings=many(anything, 20)),
    "markdown": _block({"text": string(MARKDOWN)}),
    "context_actions": _block({"elements": many(by_type(CONTEXT_ACTIONS), 5)}),
}


def _repeats(items: object, name: str, path: str) -> Iterator[str]:
    first: dict[str, int] = {}
    for n, item in enumerate(items if isinstance(items, list) else ()):
        value = item.get(name) if isinstance(item, Mapping) else None
        if isinstance(value, str) and first.setdefault(value, n) != n:
            yield f"{path}[{n}].{name}: {value!r} is already that of {path}[{first[value]}]"


def _across(value: object, path: str) -> Iterator[str]:
    yield from _repeats(value, "block_id", path)
    for n, block in enumerate(value if isinstance(value, list) else ()):
        if isinstance(block, Mapping):
            yield from _repeats(block.get("elements"), "action_id", f"{path}[{n}].elements")
    written = sum(len(str(part.get("text"))) for part in _objects(value) if part.get("type") == "markdown")
    if written > MARKDOWN:
        yield f"{path}: {written} characters in markdown blocks, at most {MARKDOWN}"
    if sum(part.get("type") == "table" for part in _objects(value)) > 1:
        yield f"{path}: more than one table"
    if sum(part.get("type") == "data_visualization" for part in _objects(value)) > 2:
        yield f"{path}: more than two charts"
    for chart in (part["chart"] for part in _objects(value) if part.get("type") == "data_visualization"):
        named = [[one.get("label") for one in series.get("data", ())] for series in chart.get("series", ())]
        categories = chart.get("axis_config", {}).get("categories")
        if any(labels != categories for labels in named) or len(set(categories)) != len(categories):
            yield f"{path}: a chart's labels are not its categories, each once"
    if sum(part.get("focus_on_load") is True for part in _objects(value)) > 1:
        yield f"{path}: more than one element with focus_on_load"


_IN_MESSAGE = both(many(by_type(_MESSAGE_BLOCKS), 50, least=0), _across)
_IN_VIEW = both(many(by_type(_BLOCKS), 100), _across)
_MESSAGE: Fields = {
    "text": string(FALLBACK, least=0),
    "blocks": _IN_MESSAGE,
    # Stricter than Slack: of the legacy attachments only the coloured bar is left.
    "attachments": many(shape({"blocks": _IN_MESSAGE}, color=ID, fallback=string(FALLBACK)), 20, least=0),
    "metadata": shape({"event_type": ID, "event_payload": anything}),
}
_OWN: Fields = {"private_metadata": string(3000, least=0), "callback_id": string(255, least=0), "external_id": ID}
_VIEW = by_type(
    {
        "modal": typed(
            {"title": plain(24), "blocks": _IN_VIEW},
            submit=plain(24),
            close=plain(24),
            clear_on_close=boolean,
            notify_on_close=boolean,
            **_OWN,
        ),
        "home": typed({"blocks": _IN_VIEW}, **_OWN),
    }
)


def message_problems(args: Mapping[str, Any]) -> list[str]:
    """What Slack would refuse in a message's decoded fields, a sentence with its path for each; none if fine.

    Looks at `text`, `blocks`, `attachments` and `metadata` of chat.postMessage, chat.update, chat.postEphemeral or
    a response_url; other fields are the method's business, and null is taken as absent. Stricter than Slack:
    blocks need a `text` for screen readers and notifications, and `text` stays below 4,000 characters.
    """
    given = {name: args[name] for name in _MESSAGE if args.get(name) is not None}
    problems = [problem for name, value in given.items() for problem in _MESSAGE[name](value, name)]
    if not given.get("text"):
        problems.append(
            "text: empty, but screen readers need it" if given.get("blocks") else "no_text: nothing to say"
        )
    attached = [item.get("blocks") for item in _objects(given.get("attachments"))]
    total = sum(map(len, chain(texts(given.get("blocks")), *map(texts, attached))))
    if total > ALL_TEXT:
        problems.append(f"msg_too_long: {total} characters in all blocks together, at most {ALL_TEXT}")
    return problems


def view_problems(view: Mapping[str, Any]) -> list[str]:
    """What Slack would refuse in a modal or a Home tab, a sentence with its path for each; none if fine."""
    problems = list(_VIEW(view, ""))
    asks = any(part.get("type") == "input" for part in _objects(view.get("blocks")))
    if view.get("type") == "modal" and asks and "submit" not in view:
        problems.append("submit: missing, though there are input blocks")
    return problems


def _objects(value: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        yield value
    for inner in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from _objects(inner)


def texts(blocks: object) -> Iterator[str]:
    """Every text that people see or hear in these blocks (or in a view), in order.

    Counts text objects, also those of placeholders, options and dialogs, markdown, rich text with its links (the
    address where a link has no text) and alt texts; not mentions and emoji, whose words are Slack's.
    """
    for part in _objects(blocks):
        names = _SPOKEN.get(str(part.get("type")), ())
        yield from [part[name] for name in names if isinstance(part.get(name), str)][:1]


def markup_in(args_or_view: Mapping[str, Any]) -> list[str]:
    """Every live mention and link of a message's fields or of a view, in order, repeats included.

    Looks into `text`, mrkdwn text objects, markdown blocks and rich text, and writes what it finds in one way
    wherever it stood: "<!channel>", "<@U1>", "<#C1>", "<!subteam^S1>", "link https://…", all without labels. Any
    other unescaped <…> comes back as it is. Bare addresses, which Slack may link by itself, are not found.
    """
    found = list(_controls(args_or_view.get("text")))
    for part in _objects(args_or_view):
        found.extend(_live(part))
    return found


def _live(part: Mapping[str, Any]) -> Iterator[str]:
    kind = str(part.get("type"))
    if kind in ("mrkdwn", "markdown"):
        yield from _controls(part.get("text"))
    if kind == "markdown":
        yield from (f"link {address}" for address in _MARKDOWN_LINK.findall(str(part.get("text"))))
    if kind == "link" or (kind == "date" and "url" in part):
        yield f"link {part.get('url')}"
    if kind == "broadcast":
        yield f"<!{part.get('range')}>"
    if kind in _MENTIONS and f"{kind}_id" in part:
        yield _MENTIONS[kind].format_map(part)


def _controls(mrkdwn: object) -> Iterator[str]:
    for inside in _CONTROL.findall(mrkdwn if isinstance(mrkdwn, str) else ""):
        target = inside.partition("|")[0]
        if target.startswith(("!", "@", "#")):
            yield f"<{target}>"
        elif re.match(r"[a-zA-Z][\w+.-]*:", target):
            yield "link " + target.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        else:
            yield f"<{inside}>"
