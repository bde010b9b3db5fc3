"""What a person reads off an answer's blocks."""

from __future__ import annotations

from typing import Any

from tests.slack_server.rules import texts

Blocks = list[dict[str, Any]]


def passages(blocks: Blocks) -> Blocks:
    """The blocks that quote a paragraph."""
    return [one for one in blocks if str(one.get("block_id", "")).startswith("passage-")]


def bold(block: dict[str, Any]) -> str:
    """The sentence in bold of a quoting block."""
    return "".join(e["text"] for e in block["elements"][0]["elements"] if e.get("style", {}).get("bold"))


def quoted(block: dict[str, Any]) -> str:
    """The paragraph that a block quotes."""
    return "".join(element["text"] for element in block["elements"][0]["elements"])


def cited(block: dict[str, Any]) -> str:
    """The citation under a quoting block."""
    return "".join(element["text"] for element in block["elements"][1]["elements"])


def buttons(blocks: Blocks) -> list[str]:
    """The labels of all buttons."""
    return [e["text"]["text"] for block in blocks if block["type"] == "actions" for e in block["elements"]]


def spoken(blocks: Blocks) -> str:
    """All that the blocks say."""
    return " ".join(texts(blocks))
