"""Text in Slack: escaping, shortening, blocks, and what people type."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from html import unescape
from typing import Any, Self, get_type_hints

from bot.wording import cut, one_line
from embeddings.errors import InvalidInputError

_REFERENCE = re.compile(r"<(?:[@#!][^<|>]*\|([^<>]*)|([@#!][^<>]*)|[^<|>]*\|([^<>]*)|([^<>]*))>")
_URL = re.compile(r"<(https?://[^<|>\s]+)(?:\|[^<>]*)?>")


def typed(text: str, bot_user: str | None = None) -> str:
    """Slack's text as the person typed it: no mention of the bot, links as their labels, entities resolved."""
    if bot_user:
        text = re.sub(rf"<@{re.escape(bot_user)}(?:\|[^<>]*)?>", " ", text)
    shown = _REFERENCE.sub(lambda found: next((part for part in found.groups() if part is not None), ""), text)
    return " ".join(unescape(shown).split())


def mentions(text: str, bot_user: str) -> bool:
    """Return whether the bot is mentioned in Slack's text."""
    return re.search(rf"<@{re.escape(bot_user)}(?:\|[^<>]*)?>", text) is not None


def urls(text: str) -> list[str]:
    """Return the web addresses in Slack's text, each once, in order."""
    return list(dict.fromkeys(unescape(found) for found in _URL.findall(text)))


MESSAGE_LIMIT = 11_000
"""The most characters of all text in a message's blocks; Slack's own limit is near 12,000."""


@dataclass(frozen=True, slots=True)
class Message:
    """What a message holds: `text` for notifications and screen readers, `blocks` for eyes."""

    text: str
    blocks: list[Block] = field(default_factory=list)


Block = dict[str, Any]
FALLBACK = 3500
"""The most characters of a message's notification line after escaping; Slack takes fewer than 4000."""

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_URL_LIMIT = 3000
VALUE = 2000
"""The most characters of a button's value."""


def escape(text: str) -> str:
    """Return the text with `&`, `<` and `>` as entities: Slack reads no mention, link or command in it."""
    return "".join(_ENTITIES.get(character, character) for character in text)


def fallback(text: str, source: str = "") -> str:
    """Return a message's `text`: what notifications and screen readers say, escaped and never empty.

    What is too long is cut before the `source`, which stays whole.
    """
    end = escape(one_line(source, FALLBACK // 10))
    room = FALLBACK - len(end) - 1
    kept = one_line(text, room) or "topicbot"
    while len(escape(kept)) > room:
        kept = cut(kept, len(kept) - (len(escape(kept)) - room) // len("&amp;") - 2)
    return f"{escape(kept)} {end}".strip()


def words(text: str, **style: bool) -> Block:
    """Return a `rich_text` text element; Slack shows its characters as they are. Must not be empty."""
    element: Block = {"type": "text", "text": text}
    return {**element, "style": style} if style else element


def link(title: str, url: str | None) -> Block:
    """Return the title as a link, or as bold text when there is no web address that Slack would take."""
    if url and re.fullmatch(r"https?://[^\s<>|\x00-\x1f]+", url) and len(url) <= _URL_LIMIT:
        return {"type": "link", "url": url, "text": title}
    return words(title, bold=True)


def section(*elements: Block) -> Block:
    """Return a line of rich text."""
    return {"type": "rich_text_section", "elements": list(elements)}


def quote(*elements: Block) -> Block:
    """Return a quotation."""
    return {"type": "rich_text_quote", "elements": list(elements)}


def rich(*parts: Block, block_id: str | None = None) -> Block:
    """Return a `rich_text` block of sections and quotations."""
    block: Block = {"type": "rich_text", "elements": list(parts)}
    return {**block, "block_id": block_id} if block_id else block


def header(text: str) -> Block:
    """Return a heading of at most 150 characters."""
    return {"type": "header", "text": label(cut(text, 150))}


def label(text: str) -> Block:
    """Return a `plain_text` object; ":names:" in it stay text."""
    return {"type": "plain_text", "text": text, "emoji": False}


def button(text: str, action: str, value: str, **more: Any) -> Block:
    """Return a button. `value` is what the listener gets, at most 2000 characters."""
    return {"type": "button", "text": label(cut(text, 75)), "action_id": action, "value": value, **more}


def actions(elements: Sequence[Block], block_id: str) -> list[Block]:
    """Return a row of buttons; no row without buttons, which Slack would refuse."""
    return [{"type": "actions", "block_id": block_id, "elements": list(elements)}] if elements else []


def size(block: Block) -> int:
    """Return how many characters of text the block shows."""
    total = 0
    for key, value in block.items():
        if key == "text" and isinstance(value, str):
            total += len(value)
        elif isinstance(value, dict):
            total += size(value)
        elif isinstance(value, list):
            total += sum(size(one) for one in value if isinstance(one, dict))
    return total


_LARGEST = 18
_VERDICTS = {True: "yes", False: "no"}


class ButtonValue:
    """What a button carries: a frozen dataclass of ids, numbers from 0 and verdicts, parted by colons.

    The last field may hold colons itself. Anybody can send any value, and messages of earlier versions stay in
    Slack for years: `unpack` trusts nothing, and whoever uses an id asks whether it is the workspace's own.
    """

    __slots__ = ()

    def pack(self) -> str:
        """Return the value. Raises `ValueError` when it is longer than Slack takes; `fits` says so beforehand."""
        packed = self._packed()
        if len(packed) > VALUE:
            raise ValueError(f"A button's value may have {VALUE} characters, not {len(packed)}.")
        return packed

    @property
    def fits(self) -> bool:
        """Whether Slack takes the value."""
        return len(self._packed()) <= VALUE

    @classmethod
    def unpack(cls, value: str) -> Self:
        """Return what `pack` packed. Raises `InvalidInputError` for anything else."""
        types = list(get_type_hints(cls).values())
        parts = value.split(":", len(types) - 1)
        if len(parts) != len(types):
            raise unreadable_value()
        return cls(*map(_read, types, parts))

    def _packed(self) -> str:
        given = (getattr(self, one.name) for one in fields(self))  # type: ignore[arg-type]  # subclasses are
        return ":".join(_VERDICTS[one] if isinstance(one, bool) else str(one) for one in given)


def _read(kind: type, part: str) -> Any:
    if kind is int and part.isascii() and part.isdecimal() and len(part) <= _LARGEST:
        return int(part)
    if kind is bool and part in _VERDICTS.values():
        return part == _VERDICTS[True]
    if kind is str and part:
        return part
    raise unreadable_value()


def unreadable_value() -> InvalidInputError:
    """Return the error for a button's value that is none."""
    return InvalidInputError("I can't read this button any longer. Ask again and use the new buttons.")


@dataclass(frozen=True, slots=True)
class Verdict(ButtonValue):
    """A person's verdict on something of the bot's: whether it was helpful."""

    id: str
    helpful: bool


@dataclass(frozen=True, slots=True)
class ArticleValue(ButtonValue):
    """An article that a button is about, as *Summarise* is."""

    article_id: str
