"""Saved web pages: the article without menus, notes and footers, and only the dates that the page states."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lxml.html
from trafilatura import bare_extraction
from trafilatura.settings import Document

from embeddings.dates import iso_date
from embeddings.errors import SourceError
from embeddings.ingest.plain import file_name, title_from_name
from embeddings.types import Article, Paragraph

# Only places where a page states when it was published; anything else would be a guess.
_DATE_PATHS = (
    "//meta[@property='article:published_time' or @itemprop='datePublished' or @name='date'"
    " or @name='DC.date.issued' or @name='dcterms.date']/@content",
    "//*[@itemprop='datePublished']/@datetime",
    "//article//time[@pubdate]/@datetime",
)


def read_page(text: str, path: Path) -> Article:
    """The article in a saved page. Raises `SourceError` when the page holds none."""
    document = bare_extraction(text, with_metadata=True, include_comments=False)
    body = tuple(_paragraphs(document)) if isinstance(document, Document) else ()
    if not isinstance(document, Document) or not body:
        raise SourceError(str(path), "holds no article: no paragraphs were found in the page.")
    root = lxml.html.document_fromstring(text.encode("utf-8"), parser=lxml.html.HTMLParser(encoding="utf-8"))
    return Article(
        title=document.title or title_from_name(path),
        paragraphs=body,
        name=file_name(path),
        origin=path.resolve().as_uri(),
        url=document.url,
        source=document.sitename,
        author=_author(root) or document.author,
        published_at=stated_date(root),
    )


def stated_date(root: lxml.html.HtmlElement) -> str | None:
    """The date of publication that the page itself states, ISO 8601, or `None`."""
    candidates = [str(value) for path in _DATE_PATHS for value in root.xpath(path)]
    for script in root.xpath("//script[@type='application/ld+json']/text()"):
        candidates.extend(_linked_data_dates(script))
    for value in candidates:
        try:
            return iso_date(value)
        except ValueError:
            continue
    return None


def _author(root: lxml.html.HtmlElement) -> str | None:
    names = [str(name).strip() for name in root.xpath("//meta[@name='author']/@content")]
    return next((name for name in names if name), None)


def _linked_data_dates(script: str) -> Iterator[str]:
    try:
        data = json.loads(script)
    except (ValueError, RecursionError):
        return
    for item in _listed(data):
        for node in _listed(item.get("@graph", item) if isinstance(item, dict) else None):
            if isinstance(node, dict) and isinstance(node.get("datePublished"), str):
                yield node["datePublished"]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _paragraphs(document: Document) -> Iterator[Paragraph]:
    heading: str | None = None
    for element in document.body.iter("head", "p", "item", "quote", "code", "cell"):
        text = " ".join("".join(element.itertext()).split())
        if not text or any(parent.tag in ("p", "item", "quote", "cell") for parent in element.iterancestors()):
            continue
        if element.tag == "head":
            heading = text if text != document.title else None
        else:
            yield Paragraph(text, heading)
