"""Files that are zip archives of parts (Office Open XML, OpenDocument, EPUB): opened within bounds."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path

from lxml import etree

from embeddings.errors import SourceError

MAX_UNPACKED, MAX_PART, MAX_PARTS, MAX_RATIO = 400_000_000, 100_000_000, 20_000, 300
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LIBRARIES = (
    "python-docx",
    "openpyxl",
    "python-pptx",
    "steve canny",
    "xlsxwriter",
    "pptxgenjs",
    "apache poi",
    "docx4j",
)
_NAMES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "meta": "urn:oasis:names:tc:opendocument:xmlns:meta:1.0",
}
_GENERIC = frozenset(
    ("word document", "powerpoint presentation", "presentation", "untitled", "document", "title", "")
)
_SMALL = 1_000_000


@dataclass(frozen=True, slots=True)
class Facts:
    """What a document states of itself."""

    title: str | None = None
    author: str | None = None
    date: str | None = None


def opened(data: bytes, path: Path, kind: str) -> zipfile.ZipFile:
    """Return the archive. Raises `SourceError` for what is none, is locked, or would unpack to too much."""
    if data.startswith(_OLD_OFFICE):
        raise SourceError(
            str(path), f"is locked with a password, or of an old format. Save it as {kind} without a password."
        )
    try:
        archive = zipfile.ZipFile(BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise SourceError(
            str(path), f"is no {kind} file, whatever its name says. Save it anew as {kind}."
        ) from error
    parts = archive.infolist()
    unpacked = sum(part.file_size for part in parts)
    huge = any(
        part.file_size > MAX_RATIO * max(part.compress_size, 1) and part.file_size > _SMALL for part in parts
    )
    if len(parts) > MAX_PARTS or unpacked > MAX_UNPACKED or huge or any(p.file_size > MAX_PART for p in parts):
        raise SourceError(
            str(path), f"would unpack to {unpacked / 1e6:,.0f} MB, more than can be read. Split it up."
        )
    if any(part.flag_bits & 1 for part in parts):
        raise SourceError(str(path), "is locked with a password. Save it without one and add that.")
    return archive


def part(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return the part of this name, empty when there is none."""
    try:
        return archive.read(name)
    except KeyError:
        return b""


def xml(data: bytes) -> etree._Element | None:
    """Return the tree of a part; nothing outside of it is fetched, no entity is expanded. `None` when it is no
    XML.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, recover=True, huge_tree=False
    )
    try:
        return etree.fromstring(data, parser) if data.strip() else None
    except etree.XMLSyntaxError:
        return None


def facts(data: bytes) -> Facts:
    """Return what the part with the document's own data states (Dublin Core, as Office and
    OpenDocument use it).
    """
    root = xml(data)
    if root is None:
        return Facts()
    title, author = _first(root, "dc:title"), _first(root, "dc:creator") or _first(root, "meta:initial-creator")
    date = _first(root, "dcterms:created") or _first(root, "meta:creation-date") or _first(root, "dc:date")
    if author and author.casefold().strip() in _LIBRARIES:
        author, date = None, None
    if title and title.casefold().strip() in _GENERIC:
        title = None
    return Facts(title, author, read_moment(date))


def read_moment(value: str | None) -> str | None:
    """Return the moment to the second, ISO 8601, or `None`."""
    try:
        moment = datetime.fromisoformat(value.strip()) if value else None
    except ValueError:
        return None
    return moment.isoformat(timespec="seconds") if moment and moment.year > _FIRST_YEAR else None


_FIRST_YEAR = 1980


def _first(root: etree._Element, name: str) -> str | None:
    found = root.find(f".//{name}", _NAMES)
    words = " ".join((found.text or "").split()) if found is not None else ""
    return words or None
