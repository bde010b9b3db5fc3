"""Web pages: the article without what stands around it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import lxml.html
from lxml import etree
from trafilatura import bare_extraction
from trafilatura.settings import Document

from embeddings.errors import SourceError
from embeddings.ingest.plain import file_name, title_from_name
from embeddings.text.dates import iso_date
from embeddings.text.sentences import paragraphs
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


_HEADINGS = frozenset(("head", "h1", "h2", "h3", "h4", "h5", "h6"))

_BLOCKS = _HEADINGS | set(
    "address article aside blockquote body caption dd details div dl dt figcaption figure footer form header html "
    "item li list main nav ol p pre quote row section summary table tbody tfoot thead tr ul".split()
)

_UNSEEN = frozenset(
    "audio button canvas head iframe input noscript object script select style svg template video".split()
)

_BREAKS, _CELLS = frozenset(("br", "lb", "hr")), frozenset(("cell", "td", "th"))
_CELL = " | "

_NOISE = re.compile(
    r"(?:read|see|find out|learn|show) more\b.{0,80}|continue reading\b.{0,60}|advertis(?:e|ing|ement)s?"
    r"|sponsored(?: content)?|share(?: this| on)\b.{0,40}|(?:sign up|subscribe)\b.{0,80}newsletter.{0,40}"
    r"|(?:related|also read|read also|more on this)(?: articles?| stories)?\s*:.{0,120}"
    r"|related (?:articles|stories)|skip to (?:main )?content|loading(?: comments)?\s*(?:…|\.{3})?"
    r"|(?:we|this (?:site|website)) uses? cookies\b.{0,300}|(?:accept|manage|reject)(?: all)? cookies|\W*",
    re.IGNORECASE,
)


def paragraphs_of(root: etree._Element, title: str | None = None) -> tuple[Paragraph, ...]:
    """The paragraphs below `root`, of HTML or of what trafilatura makes of it, each with the heading above it.

    A row of a table is one paragraph, its cells parted by "|". Notes like "Read more" and repetitions of the
    `title` are left out.
    """
    heading: str | None = None
    found = []
    for is_heading, text in _blocks(root):
        if is_heading:
            words = " ".join(text.split())
            heading = (words if words != title else None) if words else heading
            continue
        for part in paragraphs(text):
            words = " ".join(part.split()).strip(_CELL)
            if words and words != title and not _NOISE.fullmatch(words):
                found.append(Paragraph(words, heading))
    return tuple(found)


def fragment_paragraphs(html: str, title: str | None = None) -> tuple[Paragraph, ...]:
    """The paragraphs of a piece of HTML, such as a feed's entry holds; plain text is read as it stands."""
    if not html.strip():
        return ()
    try:
        root = lxml.html.fragment_fromstring(html.replace("\x00", ""), create_parent="div")
    except (etree.LxmlError, ValueError):
        return ()
    return paragraphs_of(root, title)


def plain_words(html: str) -> str:
    """A title's words on one line, without its markup."""
    return (
        " ".join(one.text for one in fragment_paragraphs(html))
        if "<" in html or "&" in html
        else " ".join(html.split())
    )


def _blocks(root: etree._Element) -> Iterator[tuple[bool, str]]:
    """Every block's own text in order, and whether it is a heading."""
    text: list[str] = []
    in_heading, unseen = False, 0
    for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            unseen += _is_unseen(element)
            if tag in _BLOCKS:
                yield in_heading, "".join(text)
                text.clear()
                in_heading = tag in _HEADINGS and not unseen
            text.append("\n" if tag in _BREAKS else _CELL if tag in _CELLS else "")
            text.append("" if unseen else element.text or "")
        else:
            if event == "end":
                unseen -= _is_unseen(element)
                if tag in _BLOCKS:
                    yield in_heading, "".join(text)
                    text.clear()
                    in_heading = False
            if element is not root:
                text.append("" if unseen else element.tail or "")
    yield in_heading, "".join(text)


def _is_unseen(element: etree._Element) -> bool:
    """Whether people see nothing of it. TEI's `head` is a heading; HTML's stands below `html` alone."""
    if element.tag == "head":
        parent = element.getparent()
        return parent is not None and parent.tag == "html"
    return element.tag in _UNSEEN or "hidden" in element.attrib
