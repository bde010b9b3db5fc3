"""What a person reads off an answer's blocks."""

from __future__ import annotations

from typing import Any

from tests.slack_server.rules import texts

Blocks = list[dict[str, Any]]


def passages(blocks: Blocks) -> Blocks:
    """The blocks that quote a paragraph."""
    return [one for one in blocks if str(one.get("block_id", "")).startswith("passage-")]


def _parts(block: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """The pieces of text of a block's lines of this kind."""
    return [
        piece for part in block["elements"] if part["type"] == f"rich_text_{kind}" for piece in part["elements"]
    ]


def answer(blocks: Blocks) -> str:
    """The first line of an answer: the sentence itself."""
    return "".join(piece["text"] for piece in _parts(passages(blocks)[0], "section"))


def key_words(blocks: Blocks) -> list[str]:
    """What is in bold in the first line of an answer."""
    pieces = _parts(passages(blocks)[0], "section")
    return [piece["text"] for piece in pieces if piece.get("style", {}).get("bold")]


def bold(block: dict[str, Any]) -> str:
    """The answering sentence of a passage: its first line, or in bold in its paragraph."""
    first = _parts(block, "section")
    marked = first or [one for one in _parts(block, "quote") if one.get("style", {}).get("bold")]
    return "".join(piece["text"] for piece in marked)


def quoted(block: dict[str, Any]) -> str:
    """The paragraph that a block quotes."""
    return "".join(piece["text"] for piece in _parts(block, "quote") or _parts(block, "section"))


def cited(blocks: Blocks, number: int = 1) -> str:
    """The small print under the passage with this number from the top, links with their addresses."""
    at = blocks.index(passages(blocks)[number - 1]) + 1
    assert blocks[at]["type"] == "context"
    return " ".join(element["text"] for element in blocks[at]["elements"])


def buttons(blocks: Blocks) -> list[str]:
    """The labels of all buttons, and of what is in the menu behind them."""
    rows = [one for block in blocks if block["type"] == "actions" for one in block["elements"]]
    return [
        text["text"]
        for one in rows
        for text in ([o["text"] for o in one["options"]] if "options" in one else [one["text"]])
    ]


def choices(blocks: Blocks) -> dict[str, str]:
    """What the menu under an answer offers, with what it sends."""
    rows = [one for block in blocks if block["type"] == "actions" for one in block["elements"]]
    return {o["text"]["text"]: o["value"] for one in rows for o in one.get("options", ())}


def spoken(blocks: Blocks) -> str:
    """All that the blocks say."""
    return " ".join(texts(blocks))
