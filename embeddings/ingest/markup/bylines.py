"""Lines that people read above an article: who wrote it, and on which day. They are for pages whose head says
neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

import lxml.html
from lxml import etree

from embeddings.ingest.markup.noise import ZONE, is_dateline
from embeddings.text.dates import read_date

_HOLDERS = frozenset("p div span li small time td font em i b strong address abbr h3 h4 h5 h6 dd".split())
_INLINE = frozenset("span time font em i b strong abbr small".split())
_AROUND = frozenset(("nav", "footer", "aside", "form", "table", "select"))
_LINE, _BEFORE, _AFTER, _PREFIX, _OWN = 140, 12, 60, 70, 30
_OWN_ZONE = re.compile(r"byline|dateline|meta|author|date|publish|posted|time|info|credit", re.IGNORECASE)
_PUBLISHED = re.compile(
    r"\b(?:published|posted|date|veröffentlicht|erstellt|vom|publiée?|publicado|pubblicato|gepubliceerd"
    r"|opublikowano|written|on)\b|^(?:by|von|par|por|di|door|av|af)\s",
    re.IGNORECASE,
)
_CHANGED = re.compile(
    r"\b(?:updated|modified|changed|reviewed|edited|accessed|retrieved|aktualisiert|geändert|mis à jour|modifié"
    r"|actualizado|atualizado|aggiornato|bijgewerkt|zaktualizowano|expires?|due|deadline)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_WORD = r"[A-ZÀ-ÖØ-ÞĀ-Ž][\w.'’-]*"
_FULL_NAME = rf"{_WORD}(?: (?:{_WORD}|de|van|von|der|den|di|da|del|la|le|bin|al|ten))" + "{0,3}" + rf" {_WORD}"
_BYLINE = re.compile(
    r"(?i:by|von|par|por|di|door|av|af|autor|auteur|author|text|words by|written by|texte|redazione)\s*:?\s+"
    rf"({_FULL_NAME}(?:(?:, | and | und | et | y | e | en | og | och | & |, and ){_FULL_NAME})*)"
    r"(?=$|\s*[|·•–—,/(-]|\s+(?:\d|on\b|in\b|published|posted|updated|publié|am\b|il\b|el\b|le\b))"
)
_DASH = re.compile(r"(?<!\s)\s+[–—-]{1,2}\s|\s?—")


def stated_days(root: lxml.html.HtmlElement) -> Iterator[str]:
    """Yield the dates, ISO 8601, of lines near the title that say when the article was published; those that say
    when it was changed come last.
    """
    changed: list[str] = []
    for element, line in _lines(root):
        text = element.get("title") or line if element.tag == "abbr" else line
        if not _YEAR.search(text):
            prefix = ""
        elif is_dateline(text) or (not _ends_as_prose(text) and _is_of_dates(element, text)):
            prefix = text
        else:
            prefix = _place_and_day(element, text)
        day = read_date(prefix, month_first=_month_first(root)) if prefix else None
        if day is None:
            continue
        if _CHANGED.search(text) and not _PUBLISHED.search(text):
            changed.append(day)
        else:
            yield day
    yield from changed


def bylines(root: lxml.html.HtmlElement) -> Iterator[str]:
    """Yield the names that lines like "By Ada Wills and Tom Reed" near the title give."""
    for _, line in _lines(root):
        if found := _BYLINE.match(line):
            yield found[1]


def _is_of_dates(element: etree._Element, text: str) -> bool:
    marks = f"{element.get('class') or ''} {element.get('id') or ''}"
    return bool(_OWN_ZONE.search(marks) or _PUBLISHED.search(text[:40]))


def _ends_as_prose(text: str) -> bool:
    return bool(re.search(r"[^\W\d_]{3}[.!?]$", text))


def _place_and_day(element: etree._Element, text: str) -> str:
    """Return what a press release begins with: "PORT QUINT, 7 September 2022 – "."""
    dash = _DASH.search(text, 0, _PREFIX) if element.tag in ("p", "div") and text[:1].isupper() else None
    prefix = text[: dash.start()] if dash is not None else ""
    return prefix if re.match(r"[^\W\d_]", prefix) and "," in prefix and _YEAR.search(prefix) else ""


def _month_first(root: lxml.html.HtmlElement) -> bool | None:
    stated = str(root.get("lang") or "").casefold()
    if stated in ("en-us", "en_us"):
        return True
    return None if stated in ("", "en") else False


def _lines(root: lxml.html.HtmlElement) -> Iterator[tuple[etree._Element, str]]:
    """Yield the short lines a little above the title, then those below it; without menus, lists of links and
    comments.
    """
    body = next(root.iter("body"), root)
    every = list(islice(body.iter(etree.Element), 6000))
    heads = [place for place, one in enumerate(every) if one.tag == "h1"]
    start = heads[-1] if heads else 0
    near = [*every[start : start + _AFTER * 2], *every[max(0, start - _BEFORE) : start]]
    count = 0
    for one in near:
        if one.tag not in _HOLDERS or _is_around(one) or _is_in_prose(one):
            continue
        words = " ".join("".join(one.itertext()).split())
        if not words:
            continue
        count += 1
        if count > _AFTER:
            return
        if len(words) <= _LINE or one.tag == "p":
            yield one, words


def _is_in_prose(element: etree._Element) -> bool:
    """Return whether the element is a part of a sentence."""
    parent = element.getparent()
    if element.tag not in _INLINE or parent is None:
        return False
    own = " ".join(" ".join([parent.text or "", *(one.tail or "" for one in parent)]).split())
    return len(own) > _OWN or _is_in_prose(parent)


def _is_around(element: etree._Element) -> bool:
    for above in (element, *element.iterancestors()):
        if above.tag in ("body", "main", "article"):
            return False
        marks = f"{above.get('class') or ''} {above.get('id') or ''}"
        if above.tag in _AROUND or (ZONE.search(marks) and not _OWN_ZONE.search(marks)):
            return True
    return False
