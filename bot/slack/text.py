"""Text in Slack: escaping, shortening, blocks, and what people type."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Self, get_type_hints

from bot.locale.texts import gettext as _
from bot.wording import cut, one_line
from embeddings.errors import InvalidInputError

_REFERENCE = re.compile(r"<(?:[@#!][^<|>]*\|([^<>]*)|([@#!][^<>]*)|[^<|>]*\|([^<>]*)|([^<>]*))>")
_URL = re.compile(r"<(https?://[^<|>\s]+)(?:\|[^<>]*)?>")


def typed(text: str, bot_user: str | None = None) -> str:
    """Slack's text as the person typed it: no mention of the bot, links as their labels, entities resolved."""
    if bot_user:
        text = re.sub(rf"<@{re.escape(bot_user)}(?:\|[^<>]*)?>", " ", text)
    shown = _REFERENCE.sub(lambda found: next((part for part in found.groups() if part is not None), ""), text)
    return " ".join(html.unescape(shown).split())


def mentions(text: str, bot_user: str) -> bool:
    """Return whether the bot is mentioned in Slack's text."""
    return re.search(rf"<@{re.escape(bot_user)}(?:\|[^<>]*)?>", text) is not None


def urls(text: str) -> list[str]:
    """Return the web addresses in Slack's text, each once, in order."""
    return list(dict.fromkeys(html.unescape(found) for found in _URL.findall(text)))


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

_URL_LIMIT, _MARKED_URL = 3000, 2000
MOST_CHOICES, _CHOICE_VALUE = 5, 150
_CHART_TITLE, _CHART_LABEL = 50, 20
VALUE = 2000
"""The most characters of a button's value."""


def escape(text: str) -> str:
    """Return the text with `&`, `<` and `>` as entities: Slack reads no mention, link or command in it."""
    return html.escape(text, quote=False)


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
    return {"type": "link", "url": url, "text": title} if is_address(url) else words(title, bold=True)


def is_address(url: str | None) -> bool:
    """Return whether Slack takes it as the address of a link."""
    return bool(url and re.fullmatch(r"https?://[^\s<>|\x00-\x1f]+", url) and len(url) <= _URL_LIMIT)


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


def menu(action: str, choices: Sequence[tuple[str, str]]) -> list[Block]:
    """Return a menu of names and values behind one button, of the first five that Slack takes; of none no menu."""
    taken = [(name, value) for name, value in choices if len(value) <= _CHOICE_VALUE][:MOST_CHOICES]
    options = [{"text": label(cut(name, 75)), "value": value} for name, value in taken]
    return [{"type": "overflow", "action_id": action, "options": options}] if options else []


def small(elements: Sequence[Block], block_id: str) -> Block:
    """Return a line in small print, of text objects."""
    return {"type": "context", "block_id": block_id, "elements": list(elements)}


def mrkdwn(text: str) -> Block:
    """Return a text object in Slack's markup; whatever is not ours in `text` has to be escaped."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def marked_link(title: str, url: str | None) -> str:
    """Return the title as a link in Slack's markup; without an address that Slack takes, as plain text."""
    shown = escape(title.replace("`", "'").replace("|", "¦"))  # a code mark would reach over the link's end
    if not is_address(url) or len(escape(str(url))) > _MARKED_URL:
        return shown
    return f"<{escape(str(url))}|{shown}>"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], block_id: str) -> Block:
    """Return a table of plain text; a message may have one. `without_tables` is for where Slack refuses it."""
    cells = [[{"type": "raw_text", "text": cell} for cell in row] for row in (head, *rows)]
    return {"type": "table", "block_id": block_id, "rows": cells}


def chart(title: str, name: str, values: Sequence[tuple[str, int]], block_id: str) -> Block:
    """Return a bar chart of at most 20 labelled values; the series has a `name`. `without_tables` leaves it out,
    so what it shows has to be said in words too.
    """
    data = [{"label": cut(label, _CHART_LABEL), "value": value} for label, value in values]
    drawn = {
        "type": "bar",
        "series": [{"name": name, "data": data}],
        "axis_config": {"categories": [one["label"] for one in data], "y_label": name},
    }
    return {"type": "data_visualization", "block_id": block_id, "title": cut(title, _CHART_TITLE), "chart": drawn}


def without_tables(blocks: Sequence[Block]) -> list[Block]:
    """Return the blocks with each table as lines of text, and without charts."""
    shown = (one for one in blocks if one["type"] != "data_visualization")
    return [_as_lines(one) if one["type"] == "table" else one for one in shown]


def _as_lines(block: Block) -> Block:
    lines = [" · ".join(cell["text"] for cell in row) for row in block["rows"]]
    parts = [section(words(line, bold=True) if number == 0 else words(line)) for number, line in enumerate(lines)]
    return rich(*parts, block_id=block["block_id"])


def size(block: Block) -> int:
    """Return how many characters of text the block shows."""
    total = 0
    for key, value in block.items():
        if key == "text" and isinstance(value, str):
            total += len(value)
        elif isinstance(value, dict):
            total += size(value)
        elif isinstance(value, list):
            total += sum(size(one if isinstance(one, dict) else {"": one}) for one in value)
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
    return InvalidInputError(_("I can't read this button any longer. Ask again and use the new buttons."))


@dataclass(frozen=True, slots=True)
class Verdict(ButtonValue):
    """A person's verdict on something of the bot's: whether it was helpful."""

    id: str
    helpful: bool


@dataclass(frozen=True, slots=True)
class ArticleValue(ButtonValue):
    """An article that a button is about, as *Summarise* is."""

    article_id: str
