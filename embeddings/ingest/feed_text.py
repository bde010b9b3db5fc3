"""What a feed is known by: the text of its bytes, and the element or the keys at its root."""

from __future__ import annotations

import codecs
import json
import re
from typing import Any

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_PATTERNS = (  # without a mark: an ASCII "<" or "{" shows the width (XML 1.0, appendix F)
    (re.compile(rb"[<{]\x00\x00\x00"), "utf-32-le"),
    (re.compile(rb"\x00\x00\x00[<{]"), "utf-32-be"),
    (re.compile(rb"[<{]\x00[^\x00]"), "utf-16-le"),
    (re.compile(rb"\x00[<{]\x00"), "utf-16-be"),
)
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._\-]{1,40})["']""")
_SINGLE_BYTE = frozenset({"ascii", "utf-8", "iso8859-1", "cp1252"})
_FEW = 200
"""One broken byte in this many is damage; more is another encoding."""

_DECLARATION = re.compile(r"^\s*<\?xml.*?\?>", re.DOTALL)
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_HALVES = re.compile(
    r"&#(?:[xX][dD][89a-fA-F][0-9a-fA-F]{2}|5(?:5[3-9]\d\d|6\d{3}|7[0-2]\d\d|73[0-3]\d|734[0-3]));"
)
"""Halves of characters, written as numbers: feedparser fails over them."""

_PROLOG = re.compile(r"\s+|<!--.*?-->|<\?.*?\?>|<!DOCTYPE(?:[^\[>]|\[.*?\]\s*)*>", re.DOTALL | re.IGNORECASE)
_ROOT = re.compile(r"<(?:[\w-]+:)?(?:rss|feed|rdf)[\s>/]", re.IGNORECASE)
_PAGE = re.compile(r"<(?:html|head|body)[\s>]|<!doctype html", re.IGNORECASE)
_STRAY = 2048
"""Warnings of a server's program may come before the feed's root, within this many characters."""


def is_feed(body: bytes) -> bool:
    """Return whether these bytes are a feed of any kind, by the root of what they hold."""
    return has_xml_root(decoded(body)) or json_root(body) is not None


def has_xml_root(text: str) -> bool:
    """Return whether the document's root is that of RSS, Atom or RDF, whatever its entries hold."""
    place = 0
    while found := _PROLOG.match(text, place):
        if _PAGE.match(found[0]):
            return False
        place = found.end()
    root = _ROOT.search(text, place, place + _STRAY)
    return root is not None and _PAGE.search(text, place, root.start()) is None


def json_root(body: bytes) -> dict[str, Any] | None:
    """Return the object of a JSON Feed or of RSS in JSON, or `None` when the bytes are neither."""
    if not body.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n").startswith(b"{"):
        return None
    try:
        data = json.loads(decoded(body))
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    is_json_feed = "jsonfeed.org/version" in str(data.get("version")) and "items" in data
    return data if is_json_feed or rss_channel(data) is not None else None


def rss_channel(data: dict[str, Any]) -> dict[str, Any] | None:
    """Return the channel of RSS that is written as JSON."""
    rss = data.get("rss")
    channel = rss.get("channel") if isinstance(rss, dict) else None
    return channel if isinstance(channel, dict) else None


def decoded(body: bytes, charset: str | None = None) -> str:
    """Return the text of an XML or JSON document; one broken byte damages one letter.

    `charset` is what the server said, which weighs less than what the document says of itself.
    """
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    for pattern, encoding in _PATTERNS:
        if pattern.match(body):
            return body.decode(encoding, "replace")
    declared = _DECLARED.search(body[:_STRAY])
    encoding = _known(declared[1].decode() if declared else charset) or _known(charset) or "utf-8"
    order = ("utf-8", encoding) if encoding in _SINGLE_BYTE else (encoding, "utf-8")
    for one in order:
        if one not in ("ascii", "iso8859-1", "cp1252"):
            try:
                return body.decode(one)
            except UnicodeDecodeError:
                continue
    if encoding in _SINGLE_BYTE:
        text = body.decode("utf-8", "replace")
        foreign = sum(byte >= 0x80 for byte in body)  # noqa: PLR2004  # not ASCII
        is_damaged = text.count("\ufffd") * 10 <= foreign or text.count("\ufffd") * _FEW <= len(text)
        latin = encoding in ("iso8859-1", "cp1252") and text.count("\ufffd") * 10 > foreign
        return text if is_damaged and not latin else body.decode("cp1252", "replace")
    return body.decode(encoding, "replace")


def as_utf8(text: str) -> bytes:
    """Return the XML document in UTF-8, without the characters that no XML may hold."""
    cleaned = _HALVES.sub("", _FORBIDDEN.sub("", _DECLARATION.sub("", text, count=1)))
    return b'<?xml version="1.0" encoding="utf-8"?>' + cleaned.lstrip().encode("utf-8", "replace")


def _known(encoding: str | None) -> str | None:
    try:
        name = codecs.lookup(encoding or "").name
    except LookupError:
        return None
    # UTF-16 in the declaration of bytes that are none: somebody converted them and left the declaration.
    return None if name.startswith(("utf-16", "utf-32")) else name
