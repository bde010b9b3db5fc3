"""The windows: ask, context, why not helpful, add links."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.blocks.answer import citation_elements
from bot.blocks.text import (
    Block,
    actions,
    button,
    cut,
    is_visible,
    label,
    one_line,
    plain,
    quote,
    rich,
    section,
    window,
    words,
)
from embeddings.search.question import MAX_LENGTH
from embeddings.types import Highlight, StoredArticle

REASONS = {
    "wrong": "It is about something else",
    "old": "It is out of date",
    "partial": "Part of the answer is missing",
    "other": "Something else",
}
LINKS = 10
"""The most links that are offered from one message."""

_CHOSEN = ("value", "selected_date", "selected_time", "selected_conversation")
MAX_OPTIONS, MAX_OPTION_CHARS, MAX_VALUE_CHARS = 100, 75, 150
MAX_METADATA_CHARS = 3000
_AROUND, _CONTEXT_TEXT = 2, 2800
_SUBJECT = 300


def ask(collections: Sequence[str], metadata: Mapping[str, str], question: str = "") -> Block:
    """The window with a question box, a collection and a period."""
    box = {"type": "plain_text_input", "action_id": "value", "max_length": MAX_LENGTH, "multiline": False}
    start = {"initial_value": cut(plain(question), MAX_LENGTH)} if is_visible(question) else {}
    hint = {"placeholder": label("what did Alibaba pledge?")}
    blocks = [as_input("question", "Your question", {**box, **start, **hint})]
    options = [option(name, name) for name in collections if len(name) <= MAX_VALUE_CHARS][:MAX_OPTIONS]
    if len(options) > 1:
        choice = {"type": "static_select", "action_id": "value", "options": options}
        blocks.append(as_input("collection", "Only this collection", choice, optional=True))
    for name, text in (("since", "Articles from"), ("until", "Articles to")):
        blocks.append(as_input(name, text, {"type": "datepicker", "action_id": "value"}, optional=True))
    return modal("ask", "Ask topicbot", blocks, "Ask", packed(metadata))


def context(article: StoredArticle, paragraph: int, highlight: Highlight | None, *, removable: bool) -> Block:
    """The window with the paragraphs around a passage, the passage itself as a quotation."""
    first = max(0, paragraph - _AROUND)
    shown = article.paragraphs[first : paragraph + _AROUND + 1]
    head = section(*citation_elements(article.citation, paragraph))
    blocks: list[Block] = [rich(head)]
    heading = None
    for number, one in enumerate(shown, start=first):
        if one.heading and one.heading != heading:
            blocks.append(rich(section(words(one_line(one.heading, 300) or " ", bold=True))))
        heading = one.heading
        span = highlight if number == paragraph and highlight else Highlight(0, 0)
        texts = [plain(part) for part in window(one.text, span.start, span.end, _CONTEXT_TEXT)]
        elements = [words(part, bold=True) if i == 1 else words(part) for i, part in enumerate(texts) if part]
        elements = elements or [words(" ")]
        blocks.append(rich(quote(*elements) if number == paragraph else section(*elements)))
    blocks.append(
        rich(section(words(f"Paragraphs {first + 1} to {first + len(shown)} of {len(article.paragraphs)}")))
    )
    article_id = article.citation.article_id
    if removable and len(article_id) <= _CONTEXT_TEXT - 1000:
        blocks += actions([_remove(article_id)], "manage")
    return modal("context", "Context", blocks, None, "")


def reason(question_id: str) -> Block:
    """The window that asks what was not helpful."""
    options = [{"text": label(text), "value": value} for value, text in REASONS.items()]
    blocks = [
        as_input("reason", "What was wrong?", {"type": "radio_buttons", "action_id": "value", "options": options}),
        as_input(
            "more",
            "Anything else that helps",
            {"type": "plain_text_input", "action_id": "value", "multiline": True, "max_length": MAX_LENGTH},
            optional=True,
        ),
    ]
    return modal("reason", "Not helpful", blocks, "Send", question_id)


def links(found: Sequence[str], metadata: Mapping[str, str]) -> Block:
    """The window to add web pages: those found in a message to tick, or a box for one when there are none.

    A window remembers 3000 characters; of links that are longer together, the longest are left out.
    """
    kept = list(found[:LINKS])
    while kept and len(packed({**metadata, "links": kept})) > MAX_METADATA_CHARS:
        kept.remove(max(kept, key=len))
    if kept:
        options = [{"text": label(cut(url, MAX_OPTION_CHARS)), "value": str(n)} for n, url in enumerate(kept)]
        choice = {"type": "checkboxes", "action_id": "value", "options": options, "initial_options": options}
        blocks = [as_input("links", "Pages to add", choice)]
    else:
        blocks = [as_input("link", "Address of a page", {"type": "url_text_input", "action_id": "value"})]
    name = {"type": "plain_text_input", "action_id": "value", "max_length": MAX_VALUE_CHARS}
    blocks.append(as_input("collection", "Into the collection", name, optional=True))
    return modal("links", "Add to topicbot", blocks, "Add", packed({**metadata, "links": kept}))


def alert(text: str, metadata: Mapping[str, Any]) -> Block:
    """The window of an alert on `text`: where it is told, quiet hours, how many a day."""
    places = [option("In direct messages", "direct"), option("In this channel", "channel")]
    offered = places if str(metadata.get("channel") or "").startswith(("C", "G")) else places[:1]
    place = {"type": "radio_buttons", "action_id": "value", "options": offered, "initial_option": offered[0]}
    clock = {"type": "timepicker", "action_id": "value"}
    most = {"type": "number_input", "action_id": "value", "is_decimal_allowed": False, "initial_value": "5"}
    blocks = [
        rich(section(words("What is new on "), words(one_line(text, _SUBJECT) or "this", bold=True))),
        as_input("place", "Tell me", place),
        as_input("quiet_from", "Not from", clock, optional=True),
        as_input("quiet_until", "until", clock, optional=True),
        as_input("daily_most", "Messages a day at most", {**most, "min_value": "1", "max_value": "50"}),
    ]
    return modal("alert", "Tell me", blocks, "Save", packed(metadata))


def told(text: str) -> Block:
    """A window that only says something, in place of the one before."""
    return modal("told", "topicbot", [rich(section(words(text)))], None, "")


def values(view: Mapping[str, Any]) -> dict[str, Any]:
    """What was put into the window: input name to text, date, chosen value or list of chosen values."""
    found: dict[str, Any] = {}
    for name, fields in view["state"]["values"].items():
        state = fields["value"]
        chosen = state.get("selected_option")
        if "selected_options" in state:
            found[name] = [option["value"] for option in state["selected_options"] or ()]
        else:
            found[name] = chosen["value"] if chosen else next(filter(None, map(state.get, _CHOSEN)), None)
    return found


def packed(metadata: Mapping[str, Any]) -> str:
    """What a window remembers, as text."""
    return json.dumps(dict(metadata), ensure_ascii=False)


def option(text: str, value: str) -> Block:
    """One thing to choose."""
    return {"text": label(one_line(text, MAX_OPTION_CHARS) or "unnamed"), "value": value}


def as_input(name: str, text: str, element: Block, *, optional: bool = False) -> Block:
    """A labelled box of a window; `values` finds what was put into it under `name`."""
    return {"type": "input", "block_id": name, "label": label(text), "element": element, "optional": optional}


def modal(callback: str, title: str, blocks: list[Block], submit: str | None, metadata: str) -> Block:
    """A window; without `submit` it is only to be read."""
    view: Block = {"type": "modal", "callback_id": callback, "title": label(title), "blocks": blocks}
    ends = {"submit": label(submit), "close": label("Cancel")} if submit else {"close": label("Close")}
    return {**view, **ends, "private_metadata": metadata}


def _remove(article_id: str) -> Block:
    confirm = {
        "title": label("Remove this article?"),
        "text": label("It is gone for everybody in this workspace until somebody adds it again."),
        "confirm": label("Remove"),
        "deny": label("Keep"),
    }
    return button("Remove this article", "remove", article_id, style="danger", confirm=confirm)
