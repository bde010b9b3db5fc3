"""A page's tree, without what nobody sees in it: comments, control characters, soft hyphens."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import lxml.html
from lxml import etree

_CONTROLS = dict.fromkeys((*range(9), 11, 12, *range(14, 32), *range(127, 133), *range(134, 160)))
_INVISIBLE = {ord(sign): None for sign in "\u00ad\u200b\u2060\ufeff\u180e"}
_INVISIBLE.update(_CONTROLS)
_MAY_BE_HIDDEN = re.compile(r"&(?:#|shy|Zero|NoBreak)|[\u00ad\u200b\u2060\ufeff\u180e]")
_ANCHORS = frozenset("¶§#🔗")
"""What a heading's link to itself shows."""

_DEPTH = 40
_NODES = 20_000


def root_of(text: str) -> lxml.html.HtmlElement:
    """Return the page's tree, however broken its markup, without comments and processing instructions."""
    parser = lxml.html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    data = text.translate(_CONTROLS).encode("utf-8", "ignore")
    root = lxml.html.document_fromstring(data.strip() or b"<html/>", parser=parser)
    for link in root.xpath("//*[self::h1 or self::h2 or self::h3 or self::h4 or self::h5]//a"):
        if "".join(link.itertext()).strip() in _ANCHORS:
            link.drop_tree()
    return _without_invisible(root, text)


def fragment_of(html: str) -> lxml.html.HtmlElement:
    """Return a piece of HTML below a `div` of its own."""
    parser = lxml.html.HTMLParser(remove_comments=True, remove_pis=True)
    found = lxml.html.fragment_fromstring(html.translate(_CONTROLS), create_parent="div", parser=parser)
    return _without_invisible(found, html)


def _without_invisible(root: lxml.html.HtmlElement, text: str) -> lxml.html.HtmlElement:
    """Return the tree without soft hyphens and zero-width signs: they part words that are one."""
    if _MAY_BE_HIDDEN.search(text):
        for element in root.iter(etree.Element):
            if element.text:
                element.text = element.text.translate(_INVISIBLE)
            if element.tail:
                element.tail = element.tail.translate(_INVISIBLE)
    return root


def linked_data(root: lxml.html.HtmlElement) -> Iterator[dict[str, Any]]:
    """Yield the objects of the page's JSON-LD, at any depth, outermost first."""
    count = 0
    for script in root.xpath("//script[contains(@type, 'ld+json')]"):
        waiting: list[tuple[Any, int]] = [(parsed_json(script.text_content()), 0)]
        while waiting and count < _NODES:
            node, depth = waiting.pop(0)
            count += 1
            if depth > _DEPTH:
                continue
            if isinstance(node, dict):
                yield node
                waiting.extend((value, depth + 1) for value in node.values() if isinstance(value, dict | list))
            elif isinstance(node, list):
                waiting.extend((value, depth + 1) for value in node if isinstance(value, dict | list))


def parsed_json(script: str) -> Any:
    """Return the value of a script of JSON, raw line breaks in its strings allowed; `None` when it is none."""
    ends = r"(?:-->|//\s*\]\]>|\]\]>)?(?:(?<![\s;])[\s;]+)?$"
    bare = re.sub(rf"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[)|{ends}", "", script)
    try:
        return json.loads(bare, strict=False)
    except (ValueError, RecursionError):
        return None


def types_of(node: dict[str, Any]) -> tuple[str, ...]:
    """Return the types of an object of JSON-LD."""
    found = node.get("@type")
    return tuple(str(one) for one in (found if isinstance(found, list) else [found]) if one)
