"""Books (.epub): the chapters in the order in which they are read."""

from __future__ import annotations

import posixpath
from pathlib import Path
from urllib.parse import unquote

from embeddings.errors import SourceError
from embeddings.ingest.blocks import Block
from embeddings.ingest.markup.tree import root_of
from embeddings.ingest.markup.walk import walk
from embeddings.ingest.office.archive import Facts, facts, opened, part, read_moment, xml
from embeddings.ingest.office.word import article
from embeddings.types import Article

_PACKAGE = "{http://www.idpf.org/2007/opf}"
_CONTAINER = "{urn:oasis:names:tc:opendocument:xmlns:container}"
_DATE = "{http://purl.org/dc/elements/1.1/}date"
_TEXTS = ("application/xhtml+xml", "text/html")


def read_epub(data: bytes, path: Path) -> Article:
    """Return the book. Raises `SourceError` when it is none, or locked."""
    with opened(data, path, ".epub") as archive:
        container = xml(part(archive, "META-INF/container.xml"))
        rootfile = container.find(f".//{_CONTAINER}rootfile") if container is not None else None
        place = rootfile.get("full-path") or "" if rootfile is not None else ""
        package_data = part(archive, place)
        package = xml(package_data)
        if package is None:
            raise SourceError(str(path), "is no .epub file, whatever its name says. Save it anew as .epub.")
        if part(archive, "META-INF/encryption.xml") and part(archive, "META-INF/rights.xml"):
            raise SourceError(str(path), "is locked (DRM). Add a copy without it.")
        items = {one.get("id"): one for one in package.iter(f"{_PACKAGE}item")}
        blocks: list[Block] = []
        read: set[str] = set()
        for reference in package.iter(f"{_PACKAGE}itemref"):
            item = items.get(reference.get("idref"))
            if (
                item is None
                or item.get("media-type") not in _TEXTS
                or "nav" in (item.get("properties") or "").split()
            ):
                continue
            name = posixpath.normpath(posixpath.join(posixpath.dirname(place), unquote(item.get("href") or "")))
            if name in read:  # a spine that names a chapter without end
                continue
            read.add(name)
            chapter = part(archive, name).decode("utf-8", "replace")
            if chapter.strip():
                blocks += [one.block for one in walk(root_of(chapter))]
    stated = facts(package_data)
    date = package.find(f".//{_DATE}")
    moment = read_moment(date.text) if date is not None else None
    return article(blocks, path, Facts(stated.title, stated.author, moment or stated.date), stated.title)
