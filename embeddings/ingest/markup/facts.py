"""What a page says of itself: title, author, date, language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import lxml.html
from lxml import etree

from embeddings.ingest.markup.bylines import bylines, stated_days
from embeddings.ingest.markup.tree import linked_data, types_of
from embeddings.text.dates import iso_date
from embeddings.text.dates import read_date as any_date

_PARTS = re.compile(r"(?<!\s)\s+(?:[-–—|·•:«»\u2039›/~]|::)\s+|(?:(?<!\s)\s+)?[|»]\s*")
_LEAST_TITLE = 8
_LONGEST = 300
_FIRST_YEAR = 1900

_ARTICLES = frozenset(
    "Article NewsArticle BlogPosting ReportageNewsArticle AnalysisNewsArticle OpinionNewsArticle ReviewNewsArticle"
    " TechArticle ScholarlyArticle Report SocialMediaPosting LiveBlogPosting MedicalScholarlyArticle Recipe"
    " DiscussionForumPosting AdvertiserContentArticle SatiricalArticle BackgroundNewsArticle".split()
)

_DATE_NAMES = (
    "article:published_time", "og:published_time", "og:article:published_time", "datepublished", "date", "pubdate",
    "publishdate", "publish-date", "publish_date", "published_date", "publication_date", "published", "dc.date",
    "dc.date.issued", "dc.date.created", "dcterms.date", "dcterms.issued", "dcterms.created", "dcterms.available",
    "parsely-pub-date", "sailthru.date", "citation_publication_date", "citation_date", "citation_online_date",
    "article.published", "article_date_original", "originalpublicationdate", "cxenseparse:recs:publishtime",
    "bt:pubdate", "rnews:datepublished", "article:published", "displaydate", "dat:published", "vr:published_time",
    "article:post_date", "shareaholic:article_published_time", "cxenseparse:publishtime",
)  # fmt: skip
"""Names under which a page's head states when it was published, the best first."""

_IN_ADDRESS = re.compile(r"/((?:19|20)\d\d)[/-](0?[1-9]|1[0-2])[/-](0?[1-9]|[12]\d|3[01])(?:[/-]|$)")
_COMPACT = re.compile(r"^((?:19|20)\d\d)(\d\d)(\d\d)(?:T?\d{4,6})?Z?$")
_SLASHES = re.compile(r"^(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?:\D|$)")
_DAY_FIRST = re.compile(r"^(\d{1,2})[./](\d{1,2})[./](\d{4})$")
_WRITTEN = ("%B %d, %Y", "%d %B %Y", "%b %d, %Y", "%d %b %Y", "%d. %B %Y", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M")
_SHORT_LINE = 160

_HOUSE = re.compile(
    r"\b(?:corporation|corp|inc|ltd|llc|gmbh|news|newsroom|staff|editors?|editorial|redaktion|redaction|rédaction"
    r"|redacción|redazione|redakcja|team|press|agency|agentur|agence|media|times|post|daily|magazine|online|admin"
    r"|administrator|webmaster|desk|broadcasting|company|foundation|university|institute|department|office|reuters"
    r"|afp|dpa|ap|bbc|cnn|wire|service|group|network|radio|television|tv|blog|contributors?|author|guest|wordpress)\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"^[^\W\d_][\w.'’-]*(?:,?\s+[^\W\d_][\w.'’-]*){1,5}$")
_BY = re.compile(
    r"^\s*(?:by|von|par|por|di|door|av|af|text|words by|written by|author|autor|auteur)\s*:?\s+", re.IGNORECASE
)
_ROLE = re.compile(
    r"(?:,|\s[|·–—-]|\s\()\s*(?:[\w'’ -]{0,40}\b)?(?:correspondent|reporter|editor|writer|columnist|staff|producer"
    r"|contributor|analyst|professor|korrespondent|redakteur|redakteurin|journalist|journaliste|redactora?|periodista"
    r"|giornalista)\b.*$",
    re.IGNORECASE,
)
"""What follows a name in a byline: "Rita Moss, Transport Correspondent"."""


def title_of(root: lxml.html.HtmlElement, site: str | None) -> str | None:
    """Return the article's title: the heading that the page's title has before the site's name, otherwise that
    title.
    """
    page = _words("".join(next((one.itertext() for one in root.iter("title")), iter(()))))
    named = _meta(root, ("og:title", "twitter:title", "dc.title", "citation_title", "title"))
    stated = [named, *(_text(node.get("headline")) for node in _articles(root))]
    own = [_words("".join(one.itertext())) for one in root.iter("h1") if not _leads_home(one)]
    site_key = _key(site or _site(root) or "")
    for one in own:
        if _is_within(one, page or named, site_key):
            return one
    for one in (_words("".join(each.itertext())) for each in root.iter("h2")):
        if len(one) >= _LEAST_TITLE and page.startswith(one) and _PARTS.match(page, len(one)):
            return one
    for given in stated:
        if given and (bare := _without_site(given, site_key)):
            return bare
    if page and (bare := _without_site(page, site_key)):
        return bare
    return next((one for one in own if one), None)


def _leads_home(heading: etree._Element) -> bool:
    """Return whether the heading is a link to the site's front page: its name, not a title."""
    links = [str(one.get("href") or "") for one in heading.iter("a")]
    return any(re.fullmatch(r"(?:https?://[^/]+)?/?(?:index\.\w+)?", link) and link for link in links)


def _is_within(heading: str, page: str, site: str) -> bool:
    """Return whether the heading is the page's title, as far as that isn't the site's name."""
    key, whole = _key(heading), _key(page)
    if not key or not whole or key == site or len(heading) > _LONGEST:
        return False
    if page.startswith(heading) and _PARTS.match(page, len(heading)):
        return True
    if whole == key or whole.startswith(key):
        return len(key) >= _LEAST_TITLE or whole == key or " " in key or _without_site(page, site) == heading
    return len(key) >= max(_LEAST_TITLE, len(_key(_without_site(page, site))) // 2) and key in whole


def _without_site(title: str, site: str) -> str:
    """Return the title without the site's name at its end, or its beginning."""
    parts = [(one.start(), one.end()) for one in _PARTS.finditer(title)]
    if not parts:
        return title
    start, end = parts[-1]
    head, tail = title[:start].strip(), title[end:].strip()
    first, rest = title[: parts[0][0]].strip(), title[parts[0][1] :].strip()
    separator = title[start:end].strip()
    if (site and _key(tail) == site) or (site and site in _key(tail) and len(tail.split()) <= _SITE_WORDS):
        return _without_section(_without_site(head, site), separator)
    if site and _key(first) == site:
        return rest
    short = len(tail.split()) <= _SITE_WORDS and len(head.split()) >= _TITLE_WORDS
    if short and separator in "-–—|«»\u2039›·•~" and tail[:1].isupper() and not site:
        return _without_section(head, separator)
    return title


def _without_section(title: str, separator: str) -> str:
    """Return the title without the site's section at its end, set off as the site's name was: "… | Politics"."""
    if separator not in ("|", "»", "«", "›", "\u2039", "·", "•"):
        return title
    parts = [one for one in _PARTS.finditer(title) if one[0].strip() == separator]
    if not parts:
        return title
    head, tail = title[: parts[-1].start()].strip(), title[parts[-1].end() :].strip()
    is_section = len(tail.split()) < _TITLE_WORDS and tail[:1].isupper() and len(head.split()) >= _TITLE_WORDS
    return _without_section(head, separator) if is_section else title


_SITE_WORDS, _TITLE_WORDS = 4, 3


def author_of(root: lxml.html.HtmlElement, site: str | None, known: str | None) -> str | None:
    """Return who wrote it: a person where one is named, else what the page states. `known` is
    another's finding.
    """
    candidates = [name for name in _authors(root) if name]
    house = _key(site or _site(root) or "")
    for name in candidates:
        if _key(name) != house and not _HOUSE.search(name) and _NAME.match(name.split(",")[0].split(" and ")[0]):
            return name
    stated = _meta(root, ("author", "article:author", "dc.creator", "parsely-author"))
    if stated and not stated.startswith(("http:", "https:", "@")):
        return stated
    return (candidates[0] if candidates else None) or _names_only(known)


def _names_only(known: str | None) -> str | None:
    """Return what of another's finding are names, not sentences on the author."""
    parts = [part.strip() for part in (known or "").split(";")]
    return "; ".join(part for part in parts if _NAME.match(part) and _is_capitalized(part)) or None


def _is_capitalized(name: str) -> bool:
    return all(not word[0].islower() or len(word) <= len("von") for word in name.split())


def _authors(root: lxml.html.HtmlElement) -> Iterator[str]:
    for node in _articles(root):
        names = list(_names(node.get("author") or node.get("creator")))
        if names:
            yield ", ".join(dict.fromkeys(names))
    stated = _metas(
        root,
        ("author", "article:author", "dc.creator", "parsely-author", "citation_author", "byl", "sailthru.author"),
    )
    names = [_bare(name) for name in stated if not name.startswith(("http:", "https:"))]
    yield from names[:1]
    for path in (
        "//a[contains(concat(' ', @rel, ' '), ' author ')]",
        "//*[@itemprop='author']",
        "//*[contains(concat(' ', @class, ' '), ' byline ') or contains(@class, 'author-name')"
        " or contains(@class, 'byline__name')]",
    ):
        for one in root.xpath(path)[:3]:
            words = _bare(_words("".join(one.itertext())) or one.get("content") or "")
            if words and len(words) <= _SHORT_LINE // 2:
                yield words
    yield from bylines(root)


def _names(value: Any) -> Iterator[str]:
    for one in value if isinstance(value, list) else [value]:
        name = one.get("name") if isinstance(one, dict) else one
        for each in name if isinstance(name, list) else [name]:
            if isinstance(each, str) and (words := _bare(_words(each))) and not words.startswith("http"):
                yield words


def _bare(name: str) -> str:
    return _ROLE.sub("", _BY.sub("", name)).strip(" ,;|·")


def date_of(root: lxml.html.HtmlElement, url: str | None) -> str | None:
    """Return when the page states that it was published, ISO 8601, in the zone that the page uses, or `None`."""
    candidates = [found for value in _dates(root, url) if (found := read_date(value)) is not None]
    if not candidates:
        return None
    first = candidates[0]
    moment = _moment(first)
    local = (one for one in candidates if _moment(one) == moment and _offset(one))
    return next(local, first) if moment is not None else first


def read_date(value: str) -> str | None:
    """Return the date, ISO 8601, in any of the forms that heads of pages have; `None` for what is no date."""
    text = " ".join(value.split()).removesuffix("[UTC]")
    year_first, compact, day_first = _SLASHES.match(text), _COMPACT.match(text), _DAY_FIRST.match(text)
    if found := year_first or compact:
        text = f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}"
    elif day_first and int(day_first[2]) <= _MONTHS:
        text = f"{day_first[3]}-{int(day_first[2]):02}-{int(day_first[1]):02}"
    for form in (_iso, _rfc, *_WRITTEN):
        try:
            found_date = form(text) if callable(form) else datetime.strptime(text, form).isoformat()
            read = iso_date(found_date.removesuffix("T00:00:00"))
        except (ValueError, TypeError, OverflowError):
            continue
        return read if int(read[:4]) >= _FIRST_YEAR else None
    written = any_date(text) if len(text) <= _SHORT_LINE else None
    return written if written is not None and int(written[:4]) >= _FIRST_YEAR else None


_MONTHS = 12


def _iso(text: str) -> str:
    fixed = re.sub(r"^(\d{4}-\d\d-\d\d) (\d\d:\d\d)", r"\1T\2", text)
    fixed = re.sub(r"\s?(?:UTC|GMT|Z)$", "+00:00", fixed) if "T" in fixed and not fixed.endswith("Z") else fixed
    fixed = re.sub(r"\s([+-]\d\d:?\d\d)$", r"\1", fixed)
    datetime.fromisoformat(fixed)
    return fixed


def _rfc(text: str) -> str:
    return parsedate_to_datetime(text).isoformat()


def _moment(value: str) -> datetime | None:
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else None


def _offset(value: str) -> bool:
    return bool(datetime.fromisoformat(value).utcoffset())


def _dates(root: lxml.html.HtmlElement, url: str | None) -> Iterator[str]:
    nodes = list(linked_data(root))
    for only in (True, False):
        for node in nodes:
            is_article = bool(_ARTICLES.intersection(types_of(node)))
            value = node.get("datePublished")
            if is_article is only and isinstance(value, str) and "Comment" not in types_of(node):
                yield value
    yield from _metas(root, _DATE_NAMES)
    for one in root.xpath("//*[@itemprop='datePublished' or @property='datePublished']"):
        yield one.get("datetime") or one.get("content") or _words("".join(one.itertext()))
    for one in root.xpath("//time[@datetime]"):
        if one.get("pubdate") is not None or _is_dateline(one):
            yield one.get("datetime")
    for node in nodes:
        if _ARTICLES.intersection(types_of(node)) and isinstance(node.get("dateCreated"), str):
            yield node["dateCreated"]
    for address in (*root.xpath("//link[@rel='canonical']/@href"), *_metas(root, ("og:url",)), url or ""):
        if found := _IN_ADDRESS.search(urlsplit(str(address)).path if "[" not in str(address) else ""):
            yield f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}"
    yield from stated_days(root)


def _is_dateline(time: etree._Element) -> bool:
    """Return whether a time is in a line of its own that belongs to the article, not in its text or in a list."""
    for above in time.iterancestors():
        if above.tag in ("li", "nav", "footer", "aside", "ul", "table"):
            return False
        if above.tag in ("article", "main", "header", "body"):
            break
    line = next(
        (above for above in time.iterancestors() if above.tag in ("p", "div", "header", "span", "section")), None
    )
    words = _words("".join(line.itertext())) if line is not None else ""
    return (
        len(words) <= _SHORT_LINE and not re.search(r"[a-zß-ÿ]{3}\.\s*$", words) and not _is_updated(time, words)
    )


def _is_updated(time: etree._Element, words: str) -> bool:
    marks = f"{time.get('class') or ''} {time.get('itemprop') or ''}".casefold()
    return "modif" in marks or "update" in marks


def _articles(root: lxml.html.HtmlElement) -> Iterator[dict[str, Any]]:
    for node in linked_data(root):
        if _ARTICLES.intersection(types_of(node)):
            yield node


def _site(root: lxml.html.HtmlElement) -> str | None:
    for node in _articles(root):
        publisher = node.get("publisher")
        if isinstance(publisher, dict) and isinstance(publisher.get("name"), str):
            return str(publisher["name"])
    return _meta(root, ("og:site_name", "application-name")) or None


def _meta(root: lxml.html.HtmlElement, names: tuple[str, ...]) -> str:
    return next((value for value in _metas(root, names) if value), "")


def _metas(root: lxml.html.HtmlElement, names: tuple[str, ...]) -> list[str]:
    """Return the contents of the metas of these names, in the names' order."""
    found: dict[str, list[str]] = {}
    for one in root.iter("meta"):
        name = (one.get("property") or one.get("name") or one.get("itemprop") or "").strip().casefold()
        content = _words(one.get("content") or "")
        if name and content:
            found.setdefault(name, []).append(content)
    return [value for name in names for value in found.get(name, ())]


def language_of(root: lxml.html.HtmlElement) -> str | None:
    """Return the language that the page states, as in "en"; BCP 47's further parts are left off."""
    stated = str(root.get("lang") or root.get("xml:lang") or "").strip().split("-")[0].lower()
    return stated if re.fullmatch("[a-z]{2,3}", stated) else None


def states_paywall(root: lxml.html.HtmlElement) -> bool:
    """Return whether the page says that it is not free to read."""
    return any(str(node.get("isAccessibleForFree")).lower() == "false" for node in linked_data(root))


def _text(value: object) -> str:
    return _words(value) if isinstance(value, str) else ""


def _words(text: str) -> str:
    return " ".join(text.split())


def _key(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
