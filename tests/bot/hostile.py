"""Text as nobody should send it, and the library's objects made of it: hypothesis strategies."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from embeddings.types import Citation, Paragraph, StoredArticle

Text = st.SearchStrategy[str]


modest = settings(max_examples=min(60, settings().max_examples))
"""For tests that draw whole messages; the profile `quick` takes fewer."""


CHARACTERS = st.characters(exclude_categories=["Cs"])


MARKUP = "<!channel> <@U1> <#C1> <!here|x> <https://evil.example|ok> *bold* _i_ `code` & < > &lt; @here :smile:"


DIRECTIONS = "\u202eevil\u202c \u2067rtl\u2069 \u200fmark\u200e \u061cletter"


UNSEEN = frozenset("\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff")
"""What turns the reading direction or takes no room, and has no business in a line."""


CONTROLS = "\x00\x07\x1b\x9f"


BREAKS = "one\rtwo\x0bthree\x0cfour\x1cfive\x1dsix\x1eseven\x1feight\x85nine"


HOSTILE = (
    MARKUP,
    DIRECTIONS,
    CONTROLS,
    BREAKS,
    "".join(sorted(UNSEEN)),
    "zero\u200bwidth\ufeff\u200d joined",
    "bell\x07 escape\x1b[31m null\x00 next\x85 line\u2028",
    "مرحبا بالعالم שלום עולם",
    "family 👨\u200d👩\u200d👧 flag 🇫🇷 thumb 👍🏽",
    "```\n<!everyone>\n```",
    "line one\n\nline two\ttabbed\r\nline three",
    " | > ]( http://evil.example )",
)


UNITS = ("word ", "x", "\x00", "\r", "&", "<", ">", "😀", "\u202e", "a\n", "longer words follow, ", MARKUP + " ")


EDGES = (1, 74, 75, 76, 149, 150, 151, 300, 1000, 1001, 2399, 2400, 2401, 2800, 3000, 3499, 3501, 20_000, 30_000)


ADDRESSES = (
    None,
    "",
    "https://example.org/report",
    "http://example.org/?a=1&b=2#part",
    "https://example.org/" + "a" * 2980,
    "https://example.org/" + "a" * 2981,
    "https://example.org/" + "a" * 3980,
    "https://example.org/a|b",
    "https://example.org/a>b<c",
    "https://example.org/a b",
    "https://example.org/a\nb",
    "https://example.org/a\n",
    "https://example.org/a\x85",
    "https://",
    "javascript:alert(1)",
    "data:text/html,<b>x</b>",
    "mailto:someone@example.org",
    "//example.org",
    "file:///etc/passwd",
)


def repeated(unit: str, length: int) -> str:
    return (unit * (length // len(unit) + 1))[:length]


def texts(most: int = 30_000) -> Text:
    """Anything without half characters, from nothing to `most` characters."""
    units = st.sampled_from(UNITS) | st.text(CHARACTERS, min_size=1, max_size=12)
    lengths = st.sampled_from([edge for edge in EDGES if edge <= most]) | st.integers(0, most)
    long = st.builds(repeated, units, lengths)
    ended = st.builds(lambda body, end: (end + " " + body + end)[-most:], long, st.sampled_from(HOSTILE))
    short = st.sampled_from(HOSTILE).map(lambda text: text[:most])
    return st.one_of(st.text(CHARACTERS, max_size=min(most, 60)), short, long, ended)


def ordinary(least: int) -> Text:
    """At least `least` characters of words of ordinary length, with one blank between them."""
    few = st.lists(st.integers(1, 15), min_size=1, max_size=30)
    return few.map(lambda lengths: " ".join("w" * n for n in lengths)).map(
        lambda line: " ".join([line] * (least // len(line) + 1))
    )


def addresses() -> st.SearchStrategy[str | None]:
    return st.sampled_from(ADDRESSES) | st.text(CHARACTERS, max_size=20).map(
        lambda rest: f"https://example.org/{rest}"
    )


def citations(**fixed: st.SearchStrategy[Any]) -> st.SearchStrategy[Citation]:
    dates = st.sampled_from([None, "2024-05-01", "2024-05-01T10:00:00+00:00"]) | texts(100)
    fields = {
        "article_id": st.sampled_from(["a1", "a:b:c", "é" * 300, "x" * 1900, "<!channel>"]),
        "title": texts(3000),
        "url": addresses(),
        "source": st.none() | texts(500),
        "author": st.none() | texts(500),
        "published_at": dates,
    }
    return st.builds(Citation, **{**fields, **fixed})


@st.composite
def articles(draw: st.DrawFn) -> StoredArticle:
    """An article of 1 to 400 paragraphs, some of which look alike."""
    heading = st.none() | texts(500)
    few = draw(st.lists(st.builds(Paragraph, texts(), heading), min_size=1, max_size=6))
    count = draw(st.integers(1, 400))
    return StoredArticle(draw(citations()), "2024-05-01T10:00:00+00:00", tuple((few * 400)[:count]))


def own_links(*cited: Citation) -> set[str]:
    """How the citations' own web addresses may show up among a message's live parts."""
    return {f"link {one.url}" for one in cited if one.url and one.url.startswith(("http://", "https://"))}
