"""Web pages: the article without what is around it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import lxml.html
from lxml import etree

from embeddings.errors import SourceError
from embeddings.ingest.blocks import Table, paragraphs_from
from embeddings.ingest.markup.article import judge
from embeddings.ingest.markup.facts import author_of, date_of, language_of, states_paywall, title_of
from embeddings.ingest.markup.holders import is_prose
from embeddings.ingest.markup.noise import is_note
from embeddings.ingest.markup.tree import fragment_of, root_of
from embeddings.ingest.markup.walk import walk
from embeddings.ingest.plain import file_name, title_from_name
from embeddings.types import Article, Paragraph

__all__ = [
    "fragment_paragraphs",
    "meta_refresh",
    "paragraphs_of",
    "plain_words",
    "read_page",
    "root_of",
    "stated_date",
]

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


def read_page(text: str, path: Path, url: str | None = None) -> Article:
    """Return the article in a page. Raises `SourceError` when the page holds none, or an error or a paywall
    instead.

    `url` is where the page came from, if it came from the web.
    """
    root = root_of(text if "<html" in text[:_HEAD].lower() else f"<html><body>{text}</body></html>")
    judged = judge(root)
    document = judged.document
    site = document.sitename if document is not None else None
    title = title_of(root, site) or (document.title if document is not None else None)
    body = paragraphs_from(judged.blocks, title)
    if reason := why_none(root, title, body):
        raise SourceError(str(path), reason)
    own = document.url if document is not None else None
    return Article(
        title=title or title_from_name(path),
        paragraphs=body,
        name=file_name(path),
        origin=path.resolve().as_uri(),
        url=own,
        source=site,
        author=author_of(root, site, document.author if document is not None else None),
        published_at=date_of(root, own or url),
        language=language_of(root),
    )


def why_none(root: lxml.html.HtmlElement, title: str | None, body: Sequence[Paragraph]) -> str | None:
    """Why the page is no article, or `None` when it is one.

    Sites send error pages, robot checks and paywalls as if they were articles; these are short, and say so in
    their title, heading or text.
    """
    texts = [one.text for one in body]
    if not any(map(is_prose, texts)) and not any(one.table for one in body):
        return "holds no article: no paragraphs were found in the page."
    if sum(map(len, texts)) > _SHORT:
        return None
    heads = [title or "", *("".join(one.itertext()) for one in root.iter("h1", "title"))]
    if any(_NOT_FOUND.search(" ".join(head.split())) for head in heads):
        return "is an error page, not an article. Check the address."
    if any(_ROBOT_CHECK.search(text) for text in texts):
        return "is a check for robots, not an article. Save the page and add that."
    if any(_PAYWALL.search(text) for text in texts) or states_paywall(root):
        return "shows only part of its article without a subscription. Save the whole page and add that."
    return None


def meta_refresh(root: lxml.html.HtmlElement) -> str | None:
    """Return the address that the page leads on to by itself within ten seconds, as written there, or `None`."""
    for content in root.xpath("//meta[translate(@http-equiv, 'REFSH', 'refsh')='refresh']/@content"):
        delay, _, target = "".join(str(content)[:_LONGEST].split()).replace(",", ";", 1).partition(";")
        address = target[len("url=") :] if target[: len("url=")].lower() == "url=" else target
        address = address.strip("\"'")
        if address and re.fullmatch(r"\d{1,2}(?:\.\d{0,9})?", delay) and float(delay) <= _SOON:
            return address
    return None


_SOON, _LONGEST = 10, 4000


def stated_date(root: lxml.html.HtmlElement) -> str | None:
    """Return the date of publication that the page itself states, ISO 8601, or `None`."""
    return date_of(root, None)


def paragraphs_of(root: etree._Element, title: str | None = None) -> tuple[Paragraph, ...]:
    """Return all paragraphs below `root`, each with the path of headings above it.

    Notes like "Read more" and repetitions of the `title` are left out.
    """
    blocks = (one.block for one in walk(root))
    kept = (block for block in blocks if isinstance(block, Table) or not is_note(" ".join(block.text.split())))
    return tuple(one for one in paragraphs_from(kept, title) if one.text != title)


def fragment_paragraphs(html: str, title: str | None = None) -> tuple[Paragraph, ...]:
    """Return the paragraphs of a piece of HTML, such as a feed's entry holds; plain text is read as it is."""
    if not html.strip():
        return ()
    try:
        return paragraphs_of(fragment_of(html), title)
    except (etree.LxmlError, ValueError):
        return ()


def plain_words(html: str) -> str:
    """Return a title's words on one line, without its markup."""
    return (
        " ".join(one.text for one in fragment_paragraphs(html))
        if "<" in html or "&" in html
        else " ".join(html.split())
    )
