"""A page's blocks in order: headings, paragraphs, points of lists, tables and code, wherever they are set."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from embeddings.ingest.blocks import Block, Heading, Item, Table, one_line
from embeddings.ingest.markup.grid import grid_of, heads_of, is_data

_LEVELS = {f"h{level}": level for level in range(1, 7)}
_UNDER = 7
"""The level of what is a heading by its place: a question of a list of definitions, a line in bold, a summary."""

_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset "
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol p "
    "pre search section summary table tbody td tfoot th thead tr ul".split()
)

_UNSEEN = frozenset(
    "audio button canvas datalist dialog head iframe input link meta noscript object script select style "
    "svg textarea title video math".split()
)

_BLOCK_STYLE = re.compile(r"display\s*:\s*(?:block|flex|grid|list-item|table|flow-root)", re.IGNORECASE)
_BLANK_LINES = re.compile(r"\n[^\S\n]*\n\s*")
_BOLD, _BOLD_WORDS = frozenset(("b", "strong")), 12
_ENDS = re.compile(r"[.!…。！।؟,;][\"”’»)\]]*$")
_LEAD_WORDS = 15
_ANCHOR = re.compile(
    r"(?:(?<!\s)\s+)?(?:[¶§🔗]|(?<=\s)#|\[\s*(?:edit|bearbeiten|modifier|editar|modifica|bewerken|edytuj)[^\]]{0,60}\])$",
    re.IGNORECASE,
)
"""What is at a heading's end to link to it, or to change what is below."""


@dataclass(frozen=True, slots=True)
class Found:
    """A block with the element that holds it; `linked` is the share of its text that is links, 0 to 1."""

    block: Block
    element: etree._Element
    linked: float = 0.0


class _Walk:
    """The blocks below one element, gathered."""

    def __init__(self) -> None:
        self.found: list[Found] = []
        self._text: list[str] = []
        self._linked = 0
        self._links = 0
        self._lists: list[etree._Element] = []

    def read(self, root: etree._Element) -> list[Found]:
        walker = etree.iterwalk(root, events=("start", "end"))
        for event, element in walker:
            if event == "start":
                if self._is_done_whole(element) and element is not root:
                    walker.skip_subtree()
                    continue
                self._begin(element, root)
            else:
                self._end(element, root)
        self._flush(root)
        return self.found

    def _is_done_whole(self, element: etree._Element) -> bool:
        """Return whether the element is read here with all below it: what is unseen, code, tables of data."""
        tag = element.tag
        if is_unseen(element):
            return True
        if tag == "pre" or (tag == "textarea" and element.get("readonly") is not None):
            self._flush(element)
            self._put(Block(_code(element)), element)
            return True
        if tag == "table" and is_data(element):
            self._flush(element)
            self._table(element)
            return True
        return False

    def _begin(self, element: etree._Element, root: etree._Element) -> None:
        if is_block(element):
            self._flush(_holder(element))
            if element.tag in ("ul", "ol", "menu", "dir"):
                self._lists.append(element)
        if element.tag == "br":
            self._text.append("\n")
        elif element.tag == "q":
            self._text.append("“")
        self._links += element.tag == "a"
        self._add(element.text)

    def _end(self, element: etree._Element, root: etree._Element) -> None:
        if is_unseen(element) or (element is not root and element.tag in ("pre",)):
            pass
        elif is_block(element):
            self._flush(element)
            if self._lists and self._lists[-1] is element:
                self._lists.pop()
        elif element.tag == "q":
            self._text.append("”")
        self._links -= element.tag == "a" and not is_unseen(element)
        if element is not root:
            self._add(element.tail)

    def _add(self, text: str | None) -> None:
        if text:
            self._text.append(" ".join(re.split(r"[\t\n\r ]+", text)))
            self._linked += len(text.strip()) if self._links else 0

    def _flush(self, element: etree._Element) -> None:
        """Make the text so far a block, or, where blank lines part it, several."""
        text, self._text = "".join(self._text), []
        linked, self._linked = self._linked, 0
        if not text.strip():
            return
        for part in _BLANK_LINES.split(text):
            words = one_line(part)
            if words:
                share = min(1.0, linked / max(1, len(text.strip())))
                self._put(self._block(element, words), element, share)

    def _block(self, element: etree._Element, words: str) -> Block:
        level = _level(element)
        if level is not None:
            words = _ANCHOR.sub("", words) or words
            is_lead = len(words.split()) > _LEAD_WORDS and _ENDS.search(words)
            return Block(words) if is_lead else Heading(words, level=level)
        if self._lists and not (self._is_bold(element, words)):
            return Item(words, group=id(self._lists[0]))
        if self._is_bold(element, words):
            return Heading(words, level=_UNDER)
        return Block(words)

    def _is_bold(self, element: etree._Element, words: str) -> bool:
        """Return whether the whole block is one short line in bold, as headings are where there is no better
        markup.
        """
        if element.tag not in ("p", "div") or len(words.split()) > _BOLD_WORDS or _ENDS.search(words):
            return False
        children = [one for one in element if one.tag != "br"]
        if len(children) != 1 or children[0].tag not in _BOLD or (element.text or "").strip():
            return False
        return not (children[0].tail or "").strip() and bool("".join(children[0].itertext()).strip())

    def _table(self, element: etree._Element) -> None:
        rows = grid_of(element)
        heads, row_heads = heads_of(element)
        caption = next((" ".join("".join(one.itertext()).split()) for one in element.iter("caption")), "")
        if rows:
            text = " ".join("".join(element.itertext()).split())
            linked = sum(len(" ".join("".join(one.itertext()).split())) for one in element.iter("a"))
            share = linked / max(1, len(text))
            self._put(Table(caption, rows=rows, heads=heads, row_heads=row_heads), element, share)

    def _put(self, block: Block, element: etree._Element, linked: float = 0.0) -> None:
        if block.text.strip() or isinstance(block, Table):
            self.found.append(Found(block, element, linked))


def walk(root: etree._Element) -> list[Found]:
    """Return every block below `root` that people see, in order."""
    return _short_definitions(_Walk().read(root))


def is_block(element: etree._Element) -> bool:
    """Return whether the element begins and ends a paragraph: by its tag, its style, or as a component of the
    page.
    """
    tag = element.tag
    if not isinstance(tag, str):
        return False
    if tag in _BLOCKS or tag == "template":
        return True
    if tag == "button":
        return _is_alone(element)
    if "-" in tag or tag == "slot":
        return _is_alone(element)
    style = element.get("style")
    return bool(style and _BLOCK_STYLE.search(style))


def is_unseen(element: etree._Element) -> bool:
    """Return whether people see nothing of it."""
    if not isinstance(element.tag, str):
        return True
    if element.tag == "template":
        return element.get("shadowrootmode") is None and element.get("shadowroot") is None
    if element.tag == "button":
        return not _is_question(element)
    return element.tag in _UNSEEN or ("hidden" in element.attrib and not _is_panel(element))


def _is_question(button: etree._Element) -> bool:
    """Return whether the button is the heading of a part that it opens, rather than one that does something."""
    words = "".join(button.itertext()).strip()
    if words.endswith(("?", "？")) and button.getnext() is not None:
        return True
    opens = button.get("aria-expanded") is not None or button.get("aria-controls") is not None
    parent = button.getparent()
    in_heading = parent is not None and (parent.tag in _LEVELS or parent.tag in ("dt", "summary"))
    return (opens or in_heading) and button.get("aria-haspopup") is None and button.get("aria-label") is None


def _is_panel(element: etree._Element) -> bool:
    """Return whether the element is hidden only until the heading above it is clicked."""
    if element.get("hidden") == "until-found" or element.get("role") in ("region", "tabpanel"):
        return True
    before = element.getprevious()
    return before is not None and (
        before.get("aria-expanded") is not None or before.find(".//*[@aria-expanded]") is not None
    )


def _is_alone(element: etree._Element) -> bool:
    """Return whether no text runs on around the element in its parent."""
    parent = element.getparent()
    if parent is None:
        return True
    around = [parent.text, *(one.tail for one in parent)]
    return not any(text and text.strip() for text in around)


def _level(element: etree._Element) -> int | None:
    """Return the level of the heading that the text is in, if it is in one."""
    for one in (element, *_first(element.iterancestors(), 3)):
        if one.tag in _LEVELS:
            return _LEVELS[one.tag]
        if one.get("role") == "heading":
            level = one.get("aria-level") or ""
            return int(level) if re.fullmatch("[1-9]", level) else 2
        if one.tag in ("summary", "dt", "legend", "button"):
            return _UNDER
    return None


def _first(elements: Iterator[etree._Element], count: int) -> list[etree._Element]:
    return [element for element, _ in zip(elements, range(count), strict=False)]


def _holder(element: etree._Element) -> etree._Element:
    parent = element.getparent()
    return element if parent is None else parent


def _code(element: etree._Element) -> str:
    """Code with its lines and their indents; `br` ends a line too."""
    parts = [element.text or ""]
    for one in element.iterdescendants():
        if isinstance(one.tag, str):
            parts.append("\n" if one.tag == "br" else one.text or "")
        parts.append(one.tail or "")
    lines = ("".join(parts)).replace("\r", "").split("\n")
    return "\n".join(line.rstrip() for line in lines if line.strip())


_SHORT_DEFINITION = 80


def _short_definitions(found: list[Found]) -> list[Found]:
    """Return the blocks, each short definition on one line with its term: "Opening hours: 9 to 5"."""
    done: list[Found] = []
    for place, one in enumerate(found):
        before = done[-1] if done else None
        after = found[place + 1] if place + 1 < len(found) else None
        if (
            before is not None
            and before.element.tag == "dt"
            and one.element.tag == "dd"
            and isinstance(before.block, Heading)
            and len(one.block.text) <= _SHORT_DEFINITION
            and not before.block.text.endswith("?")
            and not (after is not None and after.element.tag == "dd")
        ):
            text = f"{before.block.text.rstrip(':')}: {one.block.text}"
            done[-1] = Found(Item(text, group=id(_holder(one.element))), one.element, one.linked)
        else:
            done.append(one)
    return done
