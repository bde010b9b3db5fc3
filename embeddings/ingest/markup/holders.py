"""Which elements of a page hold its article: by the prose that is in them, and by their names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from lxml import etree

from embeddings.ingest.blocks import Block, Heading, Table
from embeddings.ingest.markup.noise import CONSENT, ZONE
from embeddings.ingest.markup.walk import Found

LEAST, LEAST_WITHOUT_END = 20, 80
"""A line of an article has at least this many characters, one without the sign that ends a sentence the second."""

MOST_LINKED = 0.5
"""A block of which this much is links is part of a menu."""

WHOLE = frozenset(("article", "main"))
_AROUND = frozenset(("nav", "footer", "aside", "form"))
_ENDS = re.compile(r"[.!?…:。！？।؟][\"”’»)」』\]]*$")
_INNER = re.compile(r"[.,:;!?…。，、：；！？।،؛؟]")
_MOST_OF_IT = 0.8


def is_prose(text: str) -> bool:
    """Return whether it reads like a sentence of an article, or like more than one."""
    return len(text) >= (LEAST if _ENDS.search(text) else LEAST_WITHOUT_END) and bool(_INNER.search(text))


def prose_length(blocks: Iterable[Block]) -> int:
    """Return how many characters of prose these blocks hold."""
    return sum(len(block.text) for block in blocks if is_prose(block.text))


def main_of(prose: Sequence[Found]) -> etree._Element | None:
    """Return the innermost element that holds most of this text."""
    weights: Counter[etree._Element] = Counter()
    total = 0
    for one in prose:
        total += len(one.block.text)
        for above in (one.element, *one.element.iterancestors()):
            weights[above] += len(one.block.text)
    holders = [element for element, weight in weights.items() if weight >= _MOST_OF_IT * total]
    inner = max(holders, key=lambda element: sum(1 for _ in element.iterancestors()), default=None)
    if inner is None or inner.tag in WHOLE:
        return inner
    return next((above for above in inner.iterancestors() if above.tag in WHOLE), inner)


def inside_of(found: Sequence[Found], main: etree._Element | None) -> list[bool]:
    """For each block whether it is in `main`, and in nothing there that is set around an article."""
    known: dict[etree._Element, bool] = {}

    def is_inside(element: etree._Element | None) -> bool:
        if element is None:
            return False
        if element is main:
            return True
        if element not in known:
            known[element] = not _is_around(element) and is_inside(element.getparent())
        return known[element]

    try:
        return [main is not None and is_inside(one.element) for one in found]
    except RecursionError:
        return [True] * len(found)


def densest_of(found: Sequence[Found]) -> tuple[etree._Element | None, int]:
    """Return the element with the most prose right in it, and how much prose that is; menus and feet are passed
    over.
    """
    weights: Counter[etree._Element] = Counter()
    for one in found:
        if isinstance(one.block, Heading | Table) or one.linked >= MOST_LINKED or not is_prose(one.block.text):
            continue
        ancestors = list(one.element.iterancestors())
        if any(_is_around(above) and above.tag != "aside" for above in ancestors[:-2]):
            continue
        for share, above in zip((1.0, 0.9, 0.7), ancestors, strict=False):
            weights[above] += int(share * len(one.block.text))
    if not weights:
        return None, 0
    best = weights.most_common(1)[0][0]
    near = inside_of(found, best)
    return best, prose_length(one.block for one, inside in zip(found, near, strict=True) if inside)


def asking_consent(found: Sequence[Found]) -> list[bool]:
    """For each block whether it is in a dialogue over the page, or asks to accept cookies; none of them is when
    that holds most of the page.
    """
    known: dict[etree._Element, bool] = {}

    def asks(element: etree._Element | None) -> bool:
        if element is None or element.tag in ("html", "body", "main", "article"):
            return False
        if element not in known:
            names = f"{element.get('class') or ''} {element.get('id') or ''}"
            known[element] = (
                element.get("role") in ("dialog", "alertdialog") or bool(CONSENT.search(names))
            ) or asks(element.getparent())
        return known[element]

    try:
        asking = [asks(one.element) for one in found]
    except RecursionError:
        return [False] * len(found)
    prose = [len(one.block.text) * is_prose(one.block.text) for one in found]
    theirs = sum(size for size, one in zip(prose, asking, strict=True) if one)
    return asking if theirs < _MOST_OF_IT * sum(prose) else [False] * len(found)


def _is_around(element: etree._Element) -> bool:
    if element.tag in _AROUND:
        return True
    if element.tag in ("p", "h1", "h2", "h3", "h4", "article", "main", "body"):
        return False
    names = f"{element.get('class') or ''} {element.get('id') or ''}"
    return bool(ZONE.search(names)) or element.get("role") in (
        "navigation",
        "complementary",
        "contentinfo",
        "search",
    )
