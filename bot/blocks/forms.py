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

_OPTIONS, _OPTION, _VALUE = 100, 75, 150
_AROUND, _TEXT = 2, 2800
_METADATA = 3000


def ask(collections: Sequence[str], metadata: Mapping[str, str], question: str = "") -> Block:
    """The window with a question box, a collection and a period."""
    box = {"type": "plain_text_input", "action_id": "value", "max_length": MAX_LENGTH, "multiline": False}
    start = {"initial_value": cut(plain(question), MAX_LENGTH)} if is_visible(question) else {}
    hint = {"placeholder": label("what did Alibaba pledge?")}
    blocks = [_input("question", "Your question", {**box, **start, **hint})]
    options = [_option(name, name) for name in collections if len(name) <= _VALUE][:_OPTIONS]
    if len(options) > 1:
        choice = {"type": "static_select", "action_id": "value", "options": options}
        blocks.append(_input("collection", "Only this collection", choice, optional=True))
    for name, text in (("since", "Articles from"), ("until", "Articles to")):
        blocks.append(_input(name, text, {"type": "datepicker", "action_id": "value"}, optional=True))
    return _modal("ask", "Ask topicbot", blocks, "Ask", _packed(metadata))


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
        texts = [plain(part) for part in window(one.text, span.start, span.end, _TEXT)]
        elements = [words(part, bold=True) if i == 1 else words(part) for i, part in enumerate(texts) if part]
        elements = elements or [words(" ")]
        blocks.append(rich(quote(*elements) if number == paragraph else section(*elements)))
    blocks.append(
        rich(section(words(f"Paragraphs {first + 1} to {first + len(shown)} of {len(article.paragraphs)}")))
    )
    article_id = article.citation.article_id
    if removable and len(article_id) <= _TEXT - 1000:
        blocks += actions([_remove(article_id)], "manage")
    return _modal("context", "Context", blocks, None, "")


def reason(question_id: str) -> Block:
    """The window that asks what was not helpful."""
    options = [{"text": label(text), "value": value} for value, text in REASONS.items()]
    blocks = [
        _input("reason", "What was wrong?", {"type": "radio_buttons", "action_id": "value", "options": options}),
        _input(
            "more",
            "Anything else that helps",
            {"type": "plain_text_input", "action_id": "value", "multiline": True, "max_length": MAX_LENGTH},
            optional=True,
        ),
    ]
    return _modal("reason", "Not helpful", blocks, "Send", question_id)


def links(found: Sequence[str], metadata: Mapping[str, str]) -> Block:
    """The window to add web pages: those found in a message to tick, or a box for one when there are none.

    A window remembers 3000 characters; of links that are longer together, the longest are left out.
    """
    kept = list(found[:LINKS])
    while kept and len(_packed({**metadata, "links": kept})) > _METADATA:
        kept.remove(max(kept, key=len))
    if kept:
        options = [{"text": label(cut(url, _OPTION)), "value": str(n)} for n, url in enumerate(kept)]
        choice = {"type": "checkboxes", "action_id": "value", "options": options, "initial_options": options}
        blocks = [_input("links", "Pages to add", choice)]
    else:
        blocks = [_input("link", "Address of a page", {"type": "url_text_input", "action_id": "value"})]
    name = {"type": "plain_text_input", "action_id": "value", "max_length": _VALUE}
    blocks.append(_input("collection", "Into the collection", name, optional=True))
    return _modal("links", "Add to topicbot", blocks, "Add", _packed({**metadata, "links": kept}))


def told(text: str) -> Block:
    """A window that only says something, in place of the one before."""
    return _modal("told", "topicbot", [rich(section(words(text)))], None, "")


def values(view: Mapping[str, Any]) -> dict[str, Any]:
    """What was put into the window: input name to text, date, chosen value or list of chosen values."""
    found: dict[str, Any] = {}
    for name, fields in view["state"]["values"].items():
        state = fields["value"]
        chosen = state.get("selected_option")
        if "selected_options" in state:
            found[name] = [option["value"] for option in state["selected_options"] or ()]
        else:
            found[name] = chosen["value"] if chosen else state.get("value") or state.get("selected_date")
    return found


def _packed(metadata: Mapping[str, Any]) -> str:
    return json.dumps(dict(metadata), ensure_ascii=False)


def _option(text: str, value: str) -> Block:
    return {"text": label(one_line(text, _OPTION) or "unnamed"), "value": value}


def _input(name: str, text: str, element: Block, *, optional: bool = False) -> Block:
    return {"type": "input", "block_id": name, "label": label(text), "element": element, "optional": optional}


def _modal(callback: str, title: str, blocks: list[Block], submit: str | None, metadata: str) -> Block:
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
