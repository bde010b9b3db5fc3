"""Web pages: the article without menus, notes and footers, and only the dates that the page states."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import lxml.html
from trafilatura import bare_extraction
from trafilatura.settings import Document

from embeddings.dates import iso_date
from embeddings.errors import SourceError
from embeddings.ingest.blocks import paragraphs_of
from embeddings.ingest.plain import file_name, title_from_name
from embeddings.types import Article, Paragraph

# Only places where a page states when it was published; anything else would be a guess.
_DATE_PATHS = (
    "//meta[@property='article:published_time' or @itemprop='datePublished' or @name='date'"
    " or @name='DC.date.issued' or @name='dcterms.date']/@content",
    "//*[@itemprop='datePublished']/@datetime",
    "//article//time[@pubdate]/@datetime",
)
_ENDS = re.compile(r"[.!?…。！？।؟\"”’»)」』]\s*$")
_INNER = re.compile(r"[.,:;!?…。，、：；！？।،؛؟]")
_LEAST, _LEAST_WITHOUT_END = 20, 80
"""The fewest characters of a paragraph that makes a page an article: one that ends like a sentence, or any."""

_HEAD = 4096

_SHORT = 1500
_NOT_FOUND = re.compile(
    r"\b(?:40[34]|410|50[0234])\b|(?:page|article|story|site) (?:was |could |can )?(?:not|n.t|no longer) ?(?:be )?"
    r"(?:found|available|exist)|(?:not found|access denied|forbidden|page unavailable|server error|bad gateway"
    r"|service unavailable|just a moment|attention required|are you a robot|verify you are human|page expired)$",
    re.IGNORECASE,
)
_ROBOT_CHECK = re.compile(
    r"(?:enable|turn on) (?:javascript|cookies)|checking your browser|verify (?:that )?you are (?:a )?human"
    r"|unusual traffic|complete the captcha",
    re.IGNORECASE,
)
_PAYWALL = re.compile(
    r"(?:subscribe|sign in|log in|register|become a (?:member|subscriber))\b.{0,60}"
    r"\b(?:to|and) (?:continue|read|unlock|keep)"
    r"|(?:this (?:article|story|content) is|exclusively|only) (?:reserved )?(?:available )?(?:for|to) (?:our )?"
    r"(?:subscribers|members)|already a (?:subscriber|member)\?|you have reached your (?:article )?limit",
    re.IGNORECASE,
)


def read_page(text: str, path: Path) -> Article:
    """The article in a page. Raises `SourceError` when the page holds none, or an error or a paywall instead."""
    root = root_of(text)
    document = bare_extraction(_readable(text), with_metadata=True, include_comments=False)
    title = document.title if isinstance(document, Document) else None
    body = paragraphs_of(document.body, title) if isinstance(document, Document) else ()
    if not any(one.heading for one in body):  # extraction leaves the headings of short pages out
        above = {one.text: one.heading for one in paragraphs_of(root, title)}
        body = tuple(replace(one, heading=above.get(one.text)) for one in body)
    if reason := why_none(root, title, body):
        raise SourceError(str(path), reason)
    assert isinstance(document, Document)  # noqa: S101  # there are paragraphs
    return Article(
        title=document.title or title_from_name(path),
        paragraphs=body,
        name=file_name(path),
        origin=path.resolve().as_uri(),
        url=document.url,
        source=document.sitename,
        author=_author(root) or document.author,
        published_at=stated_date(root),
        language=_language(root),
    )


def _readable(text: str) -> lxml.html.HtmlElement:
    """The page's tree for trafilatura, without JSON-LD that is no JSON: that would be searched for hours."""
    root = root_of(text if "<html" in text[:_HEAD].lower() else f"<html><body>{text}</body></html>")
    for script in root.xpath("//script[contains(@type, 'json')]"):
        if _parsed(script.text_content()) is None:
            script.drop_tree()
    return root


def root_of(text: str) -> lxml.html.HtmlElement:
    """The page's tree, however broken its markup."""
    return lxml.html.document_fromstring(
        text.encode("utf-8") or b"<html/>", parser=lxml.html.HTMLParser(encoding="utf-8")
    )


def why_none(root: lxml.html.HtmlElement, title: str | None, body: Sequence[Paragraph]) -> str | None:
    """Why the page is no article, or `None` when it is one.

    Sites send error pages, robot checks and paywalls as if they were articles; these are short, and say so in
    their title, heading or text.
    """
    texts = [one.text for one in body]
    if not any(map(_is_prose, texts)):
        return "holds no article: no paragraphs were found in the page."
    if sum(map(len, texts)) > _SHORT:
        return None
    heads = [title or "", *("".join(one.itertext()) for one in root.iter("h1", "title"))]
    if any(_NOT_FOUND.search(" ".join(head.split())) for head in heads):
        return "is an error page, not an article. Check the address."
    if any(_ROBOT_CHECK.search(text) for text in texts):
        return "is a check for robots, not an article. Save the page and add that."
    if any(_PAYWALL.search(text) for text in texts) or _states_paywall(root):
        return "shows only a part of its article to who has no subscription. Save the whole page and add that."
    return None


def _is_prose(text: str) -> bool:
    return len(text) >= (_LEAST if _ENDS.search(text) else _LEAST_WITHOUT_END) and bool(_INNER.search(text))


def meta_refresh(root: lxml.html.HtmlElement) -> str | None:
    """The address that the page leads on to by itself within ten seconds, as it stands there, or `None`."""
    for content in root.xpath("//meta[translate(@http-equiv, 'REFSH', 'refsh')='refresh']/@content"):
        delay, _, target = "".join(str(content)[:_LONGEST].split()).replace(",", ";", 1).partition(";")
        address = target[len("url=") :] if target[: len("url=")].lower() == "url=" else target
        address = address.strip("\"'")
        if address and re.fullmatch(r"\d{1,2}(?:\.\d{0,9})?", delay) and float(delay) <= _SOON:
            return address
    return None


_SOON, _LONGEST = 10, 4000


def stated_date(root: lxml.html.HtmlElement) -> str | None:
    """The date of publication that the page itself states, ISO 8601, or `None`."""
    candidates = [str(value) for path in _DATE_PATHS for value in root.xpath(path)]
    candidates.extend(
        node["datePublished"] for node in _linked_data(root) if isinstance(node.get("datePublished"), str)
    )
    for value in candidates:
        try:
            return iso_date(value)
        except ValueError:
            continue
    return None


def _author(root: lxml.html.HtmlElement) -> str | None:
    names = [str(name).strip() for name in root.xpath("//meta[@name='author']/@content")]
    return next((name for name in names if name), None)


def _language(root: lxml.html.HtmlElement) -> str | None:
    """The language that the page states, as in "en"; BCP 47's further parts are left off."""
    stated = str(root.get("lang") or root.get("xml:lang") or "").strip().split("-")[0].lower()
    return stated if re.fullmatch("[a-z]{2,3}", stated) else None


def _states_paywall(root: lxml.html.HtmlElement) -> bool:
    return any(str(node.get("isAccessibleForFree")).lower() == "false" for node in _linked_data(root))


def _linked_data(root: lxml.html.HtmlElement) -> Iterator[dict[str, Any]]:
    """The objects of the page's JSON-LD."""
    for script in root.xpath("//script[@type='application/ld+json']/text()"):
        for item in _listed(_parsed(script)):
            for node in _listed(item.get("@graph", item) if isinstance(item, dict) else None):
                if isinstance(node, dict):
                    yield node


def _parsed(script: str) -> Any:
    try:
        return json.loads(script)
    except (ValueError, RecursionError):
        return None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
