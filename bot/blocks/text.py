"""Text for Slack: escaping, cutting at a word, and the `rich_text` pieces that stay inert."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

Block = dict[str, Any]

FALLBACK = 3500
"""The most characters of a message's notification line after escaping; Slack takes fewer than 4000."""

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_BREAKS = re.compile("[\r\x0b\x0c\x1c-\x1f\x85]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x9f]")
_UNSEEN = re.compile("[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_INKLESS = frozenset("Cc Cf Cs Zs Zl Zp Mn Me".split())
_FILLERS = "\u115f\u1160\u3164\uffa0\u2800"  # letters and a symbol without ink
_LAST_BLANK = re.compile(r"\s\S*\Z")
_WORD_REACH = 40
_URL_LIMIT = 3000
_BARS = "·▁▂▃▄▅▆▇█"
VALUE = 2000
"""The most characters of a button's value."""


def escape(text: str) -> str:
    """The text with `&`, `<` and `>` as entities: Slack reads no mention, link or command in it."""
    return "".join(_ENTITIES.get(character, character) for character in text)


def plain(text: str) -> str:
    """The text without control characters; lines and tabs stay, other breaks become blanks."""
    return _CONTROLS.sub("", _BREAKS.sub(" ", text))


def one_line(text: str, limit: int) -> str:
    """A title or a name as one line of at most `limit` characters, which can't turn the reading direction.

    Empty when there is nothing to see in it.
    """
    line = " ".join(_UNSEEN.sub("", plain(text)).split())
    return cut(line, limit) if is_visible(line) else ""


def is_visible(text: str) -> bool:
    """Whether there is anything to see: marks, joiners, fillers and blanks alone are nothing."""
    return any(unicodedata.category(one) not in _INKLESS and one not in _FILLERS for one in text)


def cut(text: str, limit: int) -> str:
    """At most `limit` characters: what is longer ends at a word with "…"."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    word_end = _LAST_BLANK.search(head, max(0, limit - _WORD_REACH))
    kept = head[: word_end.start()].rstrip() if word_end else head.rstrip()
    return (kept or head.rstrip()) + "…"


def window(text: str, start: int, end: int, limit: int) -> tuple[str, str, str]:
    """What stands before, in and after `text[start:end]`, together at most `limit` characters and the "…".

    The middle is cut only when it is too long alone; what is left over is shared out on both sides.
    """
    before, middle, after = text[:start], cut(text[start:end], limit), text[end:]
    room = limit - len(middle)
    left = min(len(before), max(room // 2, room - len(after)))
    right = min(len(after), room - left)
    if left < len(before):
        kept = before[len(before) - left :]
        blank = kept.find(" ", 0, _WORD_REACH)
        before = "…" + (kept[blank:] if blank >= 0 else kept)
    if right < len(after):
        kept = after[:right]
        word_end = _LAST_BLANK.search(kept, max(0, right - _WORD_REACH))
        after = (kept[: word_end.start()] if word_end else kept) + "…"
    return before, middle, after


def fallback(text: str, source: str = "") -> str:
    """A message's `text`: what notifications and screen readers say, escaped and never empty.

    What is too long is cut before the `source`, which stays whole.
    """
    end = escape(one_line(source, FALLBACK // 10))
    room = FALLBACK - len(end) - 1
    kept = one_line(text, room) or "topicbot"
    while len(escape(kept)) > room:
        kept = cut(kept, len(kept) - (len(escape(kept)) - room) // len("&amp;") - 2)
    return f"{escape(kept)} {end}".strip()


def words(text: str, **style: bool) -> Block:
    """A `rich_text` text element; Slack shows its characters as they are. Must not be empty."""
    element: Block = {"type": "text", "text": text}
    return {**element, "style": style} if style else element


def link(title: str, url: str | None) -> Block:
    """The title as a link, or as bold text when there is no web address that Slack would take."""
    if url and re.fullmatch(r"https?://[^\s<>|\x00-\x1f]+", url) and len(url) <= _URL_LIMIT:
        return {"type": "link", "url": url, "text": title}
    return words(title, bold=True)


def section(*elements: Block) -> Block:
    """A line of rich text."""
    return {"type": "rich_text_section", "elements": list(elements)}


def quote(*elements: Block) -> Block:
    """A quotation."""
    return {"type": "rich_text_quote", "elements": list(elements)}


def rich(*parts: Block, block_id: str | None = None) -> Block:
    """A `rich_text` block of sections and quotations."""
    block: Block = {"type": "rich_text", "elements": list(parts)}
    return {**block, "block_id": block_id} if block_id else block


def header(text: str) -> Block:
    """A heading of at most 150 characters."""
    return {"type": "header", "text": label(cut(text, 150))}


def bars(counts: Sequence[int]) -> str:
    """The counts as a line of bars, the highest as high as a line."""
    most = max(counts, default=0)
    return "".join(_BARS[-(-count * (len(_BARS) - 1) // most)] if most else _BARS[0] for count in counts)


def label(text: str) -> Block:
    """A `plain_text` object; ":names:" in it stay text."""
    return {"type": "plain_text", "text": text, "emoji": False}


def button(text: str, action: str, value: str, **more: Any) -> Block:
    """A button. `value` is what the listener gets, at most 2000 characters."""
    return {"type": "button", "text": label(cut(text, 75)), "action_id": action, "value": value, **more}


def actions(elements: Sequence[Block], block_id: str) -> list[Block]:
    """A row of buttons; no row without buttons, which Slack would refuse."""
    return [{"type": "actions", "block_id": block_id, "elements": list(elements)}] if elements else []


def size(block: Block) -> int:
    """How many characters of text the block shows."""
    total = 0
    for key, value in block.items():
        if key == "text" and isinstance(value, str):
            total += len(value)
        elif isinstance(value, dict):
            total += size(value)
        elif isinstance(value, list):
            total += sum(size(one) for one in value if isinstance(one, dict))
    return total
