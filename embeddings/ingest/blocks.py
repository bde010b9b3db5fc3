"""From marked-up text to paragraphs: each block is one, or several when it holds empty lines."""

from __future__ import annotations

import re
from collections.abc import Iterator

import lxml.html
from lxml import etree

from embeddings.ingest.split import paragraphs
from embeddings.types import Paragraph

_HEADINGS = frozenset(("head", "h1", "h2", "h3", "h4", "h5", "h6"))
_BLOCKS = _HEADINGS | set(
    "address article aside blockquote body caption dd details div dl dt figcaption figure footer form header html "
    "item li list main nav ol p pre quote row section summary table tbody tfoot thead tr ul".split()
)
_UNSEEN = frozenset(
    "audio button canvas head iframe input noscript object script select style svg template video".split()
)
_BREAKS, _CELLS = frozenset(("br", "lb", "hr")), frozenset(("cell", "td", "th"))
_CELL = " | "
_NOISE = re.compile(
    r"(?:read|see|find out|learn|show) more\b.{0,80}|continue reading\b.{0,60}|advertis(?:e|ing|ement)s?"
    r"|sponsored(?: content)?|share(?: this| on)\b.{0,40}|(?:sign up|subscribe)\b.{0,80}newsletter.{0,40}"
    r"|(?:related|also read|read also|more on this)(?: articles?| stories)?\s*:.{0,120}"
    r"|related (?:articles|stories)|skip to (?:main )?content|loading(?: comments)?\s*(?:…|\.{3})?"
    r"|(?:we|this (?:site|website)) uses? cookies\b.{0,300}|(?:accept|manage|reject)(?: all)? cookies|\W*",
    re.IGNORECASE,
)


def paragraphs_of(root: etree._Element, title: str | None = None) -> tuple[Paragraph, ...]:
    """The paragraphs below `root`, of HTML or of what trafilatura makes of it, each with the heading above it.

    A row of a table is one paragraph, its cells parted by "|". Notes like "Read more" and repetitions of the
    `title` are left out.
    """
    heading: str | None = None
    found = []
    for is_heading, text in _blocks(root):
        if is_heading:
            words = " ".join(text.split())
            heading = (words if words != title else None) if words else heading
            continue
        for part in paragraphs(text):
            words = " ".join(part.split()).strip(_CELL)
            if words and words != title and not _NOISE.fullmatch(words):
                found.append(Paragraph(words, heading))
    return tuple(found)


def fragment_paragraphs(html: str, title: str | None = None) -> tuple[Paragraph, ...]:
    """The paragraphs of a piece of HTML, such as a feed's entry holds; plain text is read as it stands."""
    if not html.strip():
        return ()
    try:
        root = lxml.html.fragment_fromstring(html.replace("\x00", ""), create_parent="div")
    except (etree.LxmlError, ValueError):
        return ()
    return paragraphs_of(root, title)


def plain_words(html: str) -> str:
    """A title's words on one line, without its markup."""
    return (
        " ".join(one.text for one in fragment_paragraphs(html))
        if "<" in html or "&" in html
        else " ".join(html.split())
    )


def _blocks(root: etree._Element) -> Iterator[tuple[bool, str]]:
    """Every block's own text in order, and whether it is a heading."""
    text: list[str] = []
    in_heading, unseen = False, 0
    for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            unseen += _is_unseen(element)
            if tag in _BLOCKS:
                yield in_heading, "".join(text)
                text.clear()
                in_heading = tag in _HEADINGS and not unseen
            text.append("\n" if tag in _BREAKS else _CELL if tag in _CELLS else "")
            text.append("" if unseen else element.text or "")
        else:
            if event == "end":
                unseen -= _is_unseen(element)
                if tag in _BLOCKS:
                    yield in_heading, "".join(text)
                    text.clear()
                    in_heading = False
            if element is not root:
                text.append("" if unseen else element.tail or "")
    yield in_heading, "".join(text)


def _is_unseen(element: etree._Element) -> bool:
    """Whether people see nothing of it. TEI's `head` is a heading; HTML's stands below `html` alone."""
    if element.tag == "head":
        parent = element.getparent()
        return parent is not None and parent.tag == "html"
    return element.tag in _UNSEEN or "hidden" in element.attrib
