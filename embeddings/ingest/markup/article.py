"""Which of a page's blocks are its article: trafilatura judges, and what is between its findings is kept."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from dataclasses import dataclass

import lxml.html
from lxml import etree
from trafilatura import bare_extraction
from trafilatura.settings import Document

from embeddings.ingest.blocks import Block, Heading, Item, Table
from embeddings.ingest.markup.holders import (
    LEAST,
    LEAST_WITHOUT_END,
    MOST_LINKED,
    WHOLE,
    asking_consent,
    densest_of,
    inside_of,
    is_prose,
    main_of,
    prose_length,
)
from embeddings.ingest.markup.noise import begins_other, is_dateline, is_note
from embeddings.ingest.markup.tree import linked_data, parsed_json
from embeddings.ingest.markup.walk import Found, walk

_WORD = re.compile(r"\w+")
_GRAM = 4
_SAME = 0.7
"""A block is one that was judged to be of the article when so much of it is in the judge's text."""

_WEAK = 0.5
_LED = 3
_LINKED_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "summary", "dt"))
"""Headings that may be links to themselves."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The article's blocks, and what trafilatura knows of the page beside them."""

    blocks: tuple[Block, ...]
    document: Document | None


def judge(root: lxml.html.HtmlElement) -> Judged:
    """Return the blocks of the article in this page; none when there is no article."""
    _unwrap_noscript(root)
    document = _extracted(root)
    found = [one for one in walk(root) if not _is_note(one)]
    chosen = _chosen(found, document)
    stated = _stated_body(root)
    if not stated and not prose_length(one.block for one in chosen):
        chosen = _tabled(root, found) or chosen
    if prose_length(one.block for one in chosen) < _WEAK * sum(map(len, stated)):
        return Judged(tuple(map(Block, stated)), document)
    return Judged(tuple(one.block for one in chosen), document)


def _chosen(found: Sequence[Found], document: Document | None) -> list[Found]:
    judged = _Judgement(document)
    asks = asking_consent(found)
    seeds = [judged.has(one) and not ask for one, ask in zip(found, asks, strict=True)]
    main = main_of([one for one, seed in zip(found, seeds, strict=True) if seed and is_prose(one.block.text)])
    inside = inside_of(found, main)
    kept = prose_length(one.block for one, seed in zip(found, seeds, strict=True) if seed)
    densest, best = densest_of(found)
    if densest is not None and kept < _WEAK * best:
        main = densest
        inside = inside_of(found, main)
        seeds = [
            near and is_prose(one.block.text) and one.linked < MOST_LINKED
            for one, near in zip(found, inside, strict=True)
        ]
    return _filled(found, seeds, inside, main)


def _tabled(root: lxml.html.HtmlElement, found: Sequence[Found]) -> list[Found]:
    """Return what a page of tables without a sentence holds, but for its menus: opening hours, a price list."""
    body = root.find("body")
    kept = [
        one
        for one, near, asks in zip(found, inside_of(found, body), asking_consent(found), strict=True)
        if near and not asks and (one.linked < MOST_LINKED or isinstance(one.block, Heading))
    ]
    rows = sum(len(one.block.rows) for one in kept if isinstance(one.block, Table))
    return _without_repeated(kept) if rows >= _LEAST_ROWS else []


_LEAST_ROWS = 3


def _filled(
    found: Sequence[Found], seeds: Sequence[bool], inside: Sequence[bool], main: etree._Element | None
) -> list[Found]:
    """Return the blocks that were judged to be the article, and those between them and right above."""
    places = [
        place
        for place, (seed, one) in enumerate(zip(seeds, found, strict=True))
        if seed and not isinstance(one.block, Heading)
    ]
    if not places:
        return []
    first, last = _begin(found, inside, places[0], main), _end(found, seeds, inside, places[-1], main)
    lists = {
        one.block.group for one, seed in zip(found, seeds, strict=True) if seed and isinstance(one.block, Item)
    }
    kept: list[Found] = []
    other: Sequence[etree._Element] | None = None  # what a heading like "Related stories" is in
    around = frozenset() if main is None else frozenset((main, *main.iterancestors()))
    top = next((n for n in range(first) if inside[n] and found[n].element.tag == "h1"), first)
    for place, (one, seed, near) in enumerate(zip(found, seeds, inside, strict=True)):
        if isinstance(one.block, Heading):
            if near and top <= place < first:
                kept.append(one)
                continue
            begins = begins_other(one.block.text)
            other = _zone(found, place, around) if begins and not _goes_on(found, seeds, place) else None
            if other is not None or (begins and is_note(one.block.text)):
                continue
        if other and other[0] not in one.element.iterancestors():
            other = None
        within = first <= place <= last
        judged = seed and (within or not isinstance(one.block, Heading)) and other is None
        if judged or (near and within and other is None and _belongs(one, lists)):
            kept.append(one)
    return _without_repeated(kept)


def _zone(
    found: Sequence[Found], place: int, around: frozenset[etree._Element]
) -> tuple[etree._Element] | tuple[()]:
    """Return the box that holds this heading and what is below it, if that isn't what holds the article: what
    comes after the box is below the heading no longer.
    """
    below = found[place + 1].element if place + 1 < len(found) else None
    for above in found[place].element.iterancestors():
        if above in around:
            break
        if below is not None and (below is above or above in below.iterancestors()):
            return (above,)
    return ()


def _belongs(one: Found, lists: set[int]) -> bool:
    """Return whether a block among those of the article is one of them."""
    if isinstance(one.block, Heading):
        return one.linked < 1.0 or one.element.tag in _LINKED_HEADINGS
    if one.linked >= MOST_LINKED:
        return isinstance(one.block, Item) and one.block.group in lists
    if one.element.tag == "pre":
        return True
    text = one.block.text
    if one.element.tag == "figcaption" or one.element.getparent().tag == "figcaption":
        return False
    return isinstance(one.block, Item | Table) or "\n" in text or is_prose(text) or text.endswith((":", "："))


def _begin(found: Sequence[Found], inside: Sequence[bool], first: int, main: etree._Element | None) -> int:
    """Return where the article begins: its headings and a lead may be above what was judged to be it."""
    place = first
    most = _LED if main is None or main.tag == "body" else first
    while place > 0 and first - place < most and inside[place - 1]:
        above = found[place - 1]
        is_heading = isinstance(above.block, Heading)
        if not is_heading and not (_reads_on(above.block) and not above.linked):
            break
        place -= 1
        if is_heading and above.element.tag == "h1":
            break
    return place


def _reads_on(block: Block) -> bool:
    """Return whether the block may be of an article: prose, or a point of a list of what matters most."""
    return is_prose(block.text) or (isinstance(block, Item) and len(block.text) >= LEAST)


def _end(
    found: Sequence[Found], seeds: Sequence[bool], inside: Sequence[bool], last: int, main: etree._Element | None
) -> int:
    """Return where the article ends: the prose that follows right in the element that holds it, and
    its headings.
    """
    place = end = last
    holders = (main, found[last].element.getparent())
    while place + 1 < len(found) and inside[place + 1]:
        place += 1
        below = found[place]
        if isinstance(below.block, Heading):
            if begins_other(below.block.text):
                break
            own = below.element.tag in _LINKED_HEADINGS and _is_whole(main)
            end = place if own or below.block.text.endswith("?") or seeds[place] else end
        elif below.linked < MOST_LINKED and is_prose(below.block.text) and _is_held(below.element, holders):
            end = place
        else:
            break
    return end


def _is_whole(main: etree._Element | None) -> bool:
    """Return whether the element holds an article as a whole, with its title."""
    return main is not None and (main.tag in WHOLE or next(main.iter("h1"), None) is not None)


def _is_held(element: etree._Element, holders: Sequence[etree._Element | None]) -> bool:
    """Return whether the element is directly in one of these, or as a point of a list in it."""
    parent = element.getparent()
    if element.tag == "li" and parent is not None:
        parent = parent.getparent()
    return parent is not None and parent in holders


def _goes_on(found: Sequence[Found], seeds: Sequence[bool], place: int) -> bool:
    """Return whether text that was judged to be the article, and links nowhere, is directly below this heading."""
    if is_note(found[place].block.text):
        return False
    return any(seeds[place + 1 : place + 2]) and not found[place + 1].linked


def _without_repeated(kept: Sequence[Found]) -> list[Found]:
    """Return the blocks without an exact repetition in another element: a teaser, or the print version."""
    seen: dict[str, etree._Element | None] = {}
    done = []
    for one in kept:
        text = one.block.text
        long = len(text) >= LEAST_WITHOUT_END and not isinstance(one.block, Table)
        if long and text in seen and seen[text] is not one.element.getparent():
            continue
        seen.setdefault(text, one.element.getparent())
        done.append(one)
    return done


class _Judgement:
    """What trafilatura took for the article, as words in their order."""

    def __init__(self, document: Document | None) -> None:
        body = document.body if document is not None else None
        self._lines: set[tuple[str, ...]] = set()
        self._grams: set[tuple[str, ...]] = set()
        if body is None:
            return
        every: list[str] = []
        for one in body.iter():
            text = "".join(one.itertext()) if len(one) == 0 or one.tag in _TEXTS else ""
            if text.strip():
                self._lines.add(tuple(_WORD.findall(text.casefold())))
        for text in body.itertext():
            every.extend(_WORD.findall(text.casefold()))
        self._grams.update(zip(*(every[start:] for start in range(_GRAM)), strict=False))

    def has(self, one: Found) -> bool:
        words = _words(one.block)
        if not words:
            return False
        if len(words) < _GRAM:
            return tuple(words) in self._lines
        grams = list(zip(*(words[start:] for start in range(_GRAM)), strict=False))
        return sum(gram in self._grams for gram in grams) >= _SAME * len(grams)


_TEXTS = frozenset(("p", "head", "item", "cell", "quote", "code", "row", "list"))


def _words(block: Block) -> list[str]:
    text = " ".join(cell for row in block.rows for cell in row) if isinstance(block, Table) else block.text
    return _WORD.findall(text.casefold())


def _is_note(one: Found) -> bool:
    if isinstance(one.block, Table) or (isinstance(one.block, Heading) and begins_other(one.block.text)):
        return False
    if not isinstance(one.block, Heading | Item) and is_dateline(one.block.text):
        return True
    name, colon, _ = one.block.text.partition(":")
    if colon and one.linked >= MOST_LINKED and begins_other(name):
        return True
    return is_note(" ".join(one.block.text.split()))


def _stated_body(root: lxml.html.HtmlElement) -> list[str]:
    """Return the article as JSON-LD states it, by its lines."""
    for node in linked_data(root):
        body = node.get("articleBody")
        if isinstance(body, str) and is_prose(body.strip()):
            plain = lxml.html.fromstring(f"<div>{body}</div>").text_content() if "<" in body else body
            return [" ".join(line.split()) for line in plain.splitlines() if line.strip()]
    return []


def _unwrap_noscript(root: lxml.html.HtmlElement) -> None:
    """Text that is in `noscript`, and nowhere else, is what the page would show."""
    for one in root.xpath("//noscript[.//p]"):
        words = " ".join(one.text_content().split())
        if len(words) > LEAST_WITHOUT_END and "javascript" not in words.casefold():
            one.tag = "div"


def _extracted(root: lxml.html.HtmlElement) -> Document | None:
    """Return what trafilatura makes of the page, without JSON-LD that is no JSON: that would be searched for
    hours.
    """
    tree = copy.deepcopy(root)
    for script in tree.xpath("//script[contains(@type, 'json')]"):
        if parsed_json(script.text_content()) is None:
            script.drop_tree()
    for template in tree.iter("template"):
        template.tag = "div"
    found = bare_extraction(tree, with_metadata=True, include_comments=False, favor_precision=True)
    return found if isinstance(found, Document) else None
