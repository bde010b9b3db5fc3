"""OPML: lists of feeds, as feed readers take them in and give them out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from embeddings.errors import SourceError
from embeddings.text.urls import is_web_address

_HEAD = 2048
_BARE_AMPERSAND = re.compile(rb"&(?!(?:[A-Za-z]\w{1,31}|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});)")
"""An "&" that begins no entity: addresses with several parameters are often written so."""


@dataclass(frozen=True, slots=True)
class Outline:
    """One feed of an OPML list, with the folder that it is in."""

    url: str
    title: str = ""
    folder: str | None = None


def is_opml(body: bytes) -> bool:
    """Return whether these bytes are an OPML list of feeds."""
    return re.search(rb"<opml[\s>]", body[:_HEAD], re.IGNORECASE) is not None


def read_opml(body: bytes, source: str) -> list[Outline]:
    """Return the feeds of an OPML list, each once. Raises `SourceError` when it can't be read or names none."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, huge_tree=False)
    try:
        root = etree.fromstring(_BARE_AMPERSAND.sub(b"&amp;", body), parser)
    except etree.XMLSyntaxError as error:
        raise SourceError(source, f"is not OPML that can be read ({error.msg}). Export it anew.") from error
    found: dict[str, Outline] = {}
    for outline in root.iter("outline") if root is not None else ():
        url = (outline.get("xmlUrl") or outline.get("xmlurl") or "").strip()
        if is_web_address(url) and url not in found:
            found[url] = Outline(url, _named(outline), _folder(outline))
    if not found:
        raise SourceError(source, "names no feeds: no outline in it has an xmlUrl.")
    return list(found.values())


def write_opml(outlines: Sequence[Outline]) -> bytes:
    """Return an OPML 2.0 list of these feeds, in the folders that they name."""
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = "topicbot"
    body = etree.SubElement(root, "body")
    folders: dict[str, etree._Element] = {}
    for one in outlines:
        parent = body
        if one.folder is not None:
            name = _xml(one.folder)
            if name not in folders:
                folders[name] = etree.SubElement(body, "outline", text=name, title=name)
            parent = folders[name]
        title = _xml(one.title or one.url)
        etree.SubElement(parent, "outline", type="rss", text=title, title=title, xmlUrl=_xml(one.url))
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _named(outline: etree._Element) -> str:
    return " ".join((outline.get("title") or outline.get("text") or "").split())


def _folder(outline: etree._Element) -> str | None:
    parent = outline.getparent()
    return (_named(parent) or None) if parent is not None and parent.tag == "outline" else None


def _xml(text: str) -> str:
    """Return the text without the characters that XML can't hold."""
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)
