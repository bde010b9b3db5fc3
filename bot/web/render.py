"""Templates to pages. Everything that an article says is escaped; links lead to the web alone."""

from __future__ import annotations

import re
from functools import cache
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from bot.locale.library import translated
from bot.locale.texts import format_date, gettext, language, ngettext
from bot.wording import confidence_words, health_words
from embeddings.types import Passage

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy of each page: what comes from elsewhere, or is written into the page, never runs."""

_REFERRER = "same-origin"
"""With "no-referrer", which other answers have, a browser sends a page's own forms with `Origin: null`."""

_EDGE_WORDS = 5


def page(name: str, *, status: int = 200, headers: dict[str, str] | None = None, **values: Any) -> HTMLResponse:
    """Return the page that the template makes of these values."""
    html = _environment().get_template(name).render(**values)
    safe = {"Content-Security-Policy": POLICY, "Referrer-Policy": _REFERRER, "Vary": "Accept-Language"}
    return HTMLResponse(html, status, {**safe, **(headers or {})})


def local_path(wanted: str) -> str:
    """Return a path of this site; what would lead elsewhere becomes the first page."""
    return wanted if re.fullmatch(r"/(?![/\\])[^\s\\]*", wanted) else "/"


def reader_path(passage: Passage) -> str:
    """Return the reader's address of a passage, its sentence marked."""
    mark = f"{passage.paragraph}-{passage.highlight.start}-{passage.highlight.end}"
    return f"/articles/{quote(passage.citation.article_id, safe='')}?mark={mark}#p{passage.paragraph}"


def original(url: str | None, sentence: str = "") -> str | None:
    """Return a link to the original with a text fragment that scrolls to the sentence; `None` without a page.

    https://wicg.github.io/scroll-to-text-fragment/: "-" and "," mean something in a fragment.
    """
    if url is None or not url.lower().startswith(("http://", "https://")):
        return None
    words = sentence.split()
    if not words:
        return url
    ends = [words] if len(words) <= 2 * _EDGE_WORDS else [words[:_EDGE_WORDS], words[-_EDGE_WORDS:]]
    fragment = ",".join(quote(" ".join(part), safe="").replace("-", "%2D") for part in ends)
    return f"{url}{'' if '#' in url else '#'}:~:text={fragment}"


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("bot.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    made.filters |= {
        "original": original,
        "reader": reader_path,
        "sureness": confidence_words,
        "health": health_words,
        "day": format_date,
        "said": translated,
        "path": lambda text: quote(text, safe=""),
    }
    made.globals |= {"_": gettext, "ngettext": ngettext, "language": language}
    return made
