"""Saved web pages: the article without what surrounds it, and only the dates that the page states."""

from __future__ import annotations

from pathlib import Path

import lxml.html
import pytest

from embeddings.errors import SourceError
from embeddings.ingest.html import read_page, stated_date
from embeddings.types import Article
from tests.conftest import EXAMPLES

ARTICLES = EXAMPLES / "articles"


TEXTS = [
    "The World Internet Conference opened in Wuzhen on 26 September 2021, and leaders of the country's largest "
    "firms spoke about small businesses and their needs.",
    "Alibaba said that it would invest 100 billion yuan by 2025 in what it called common prosperity, while "
    "others promised loans, training and cheaper cloud services.",
    "Officials told the audience that the digital economy had reached 39.2 trillion yuan in the year before, "
    "and that rules on data would be made clearer.",
]


def page(head: str = "", above: str = "", below: str = "", body: str = "", title: str = "Summit opens") -> Article:
    """A small page: `above` and `below` stand outside the article, `body` at its beginning."""
    paragraphs = "".join(f"<p>{text}</p>" for text in TEXTS)
    html = (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>{head}</head>'
        f"<body>{above}<article><h1>{title}</h1>{body}{paragraphs}</article>{below}</body></html>"
    )
    return read_page(html, Path("wuzhen-2021.html"))


def texts(found: Article) -> list[str]:
    return [paragraph.text for paragraph in found.paragraphs]


def linked_data(json: str) -> str:
    return f'<script type="application/ld+json">{json}</script>'


def sample(name: str) -> Article:
    path = ARTICLES / name
    return read_page(path.read_text(encoding="utf-8"), path)


def test_a_saved_page_is_cited_by_its_title_author_and_date() -> None:
    found = sample("black-hole-image.html")
    assert found.title == "Astronomers show the first picture of a black hole"
    assert (found.author, found.published_at) == ("topicbot samples", "2019-04-10T15:00:00+00:00")
    assert found.name == "black-hole-image"


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("black-hole-image.html", "Astronomers revealed the first picture", "27,000 light years away."),
        ("webb-images.html", "The first full-colour images from", "stretched-out glow of the earliest galaxies."),
    ],
)
def test_menus_notes_and_footers_are_left_out(name: str, first: str, last: str) -> None:
    found = texts(sample(name))
    assert len(found) == 9
    assert found[0].startswith(first)
    assert found[-1].endswith(last)
    for word in ("cookie", "Home", "Front page", "Privacy", "Contact", "menuOpen", "background"):
        assert word not in " ".join(found)


def test_paragraphs_are_the_page_s_own_words_in_order() -> None:
    assert texts(page()) == TEXTS


def test_markup_inside_a_paragraph_is_dropped() -> None:
    body = f"<p>It was <b>very</b>\n <em>warm</em> &amp; <a href='/x'>dry</a>, said Li&nbsp;Wei. {TEXTS[0]}</p>"
    assert texts(page(body=body))[0] == f"It was very warm & dry, said Li Wei. {TEXTS[0]}"


def test_headings_stand_above_their_paragraphs() -> None:
    found = page(body=f"<p>{TEXTS[1]} Once.</p><h2>The money</h2><p>{TEXTS[2]} Twice.</p>")
    assert [paragraph.heading for paragraph in found.paragraphs] == [None, *["The money"] * 4]


def test_a_page_tells_its_address_and_its_site() -> None:
    found = page(
        '<link rel="canonical" href="https://example.org/wuzhen">'
        '<meta property="og:site_name" content="Example News"><meta name="author" content="Li Wei">'
    )
    assert (found.url, found.source, found.author) == ("https://example.org/wuzhen", "Example News", "Li Wei")


def test_without_a_title_the_name_of_the_file_is_made_readable() -> None:
    assert page(title="").title == "wuzhen 2021"


@pytest.mark.parametrize(
    "head",
    [
        '<meta property="article:published_time" content="2021-09-26">',
        '<meta itemprop="datePublished" content="2021-09-26">',
        '<meta name="date" content="2021-09-26">',
        '<meta name="DC.date.issued" content="2021-09-26">',
        linked_data('{"@type": "NewsArticle", "datePublished": "2021-09-26"}'),
        linked_data('[{"@type": "NewsArticle", "datePublished": "2021-09-26"}]'),
        linked_data('{"@graph": [{"@type": "WebPage"}, {"datePublished": "2021-09-26"}]}'),
        '<meta name="date" content="last Sunday">' + linked_data('{"datePublished": "2021-09-26"}'),
    ],
)
def test_a_date_stated_in_the_head_is_taken(head: str) -> None:
    assert page(head).published_at == "2021-09-26"


@pytest.mark.parametrize("mark", ["pubdate", 'itemprop="datePublished"'])
def test_a_time_marked_as_that_of_publication_is_taken(mark: str) -> None:
    body = f'<p><time {mark} datetime="2021-09-26T10:00:00+08:00">last Sunday</time></p>'
    assert page(body=body).published_at == "2021-09-26T10:00:00+08:00"


@pytest.mark.parametrize("broken", ["{oops", "[]", '"2021-09-26"', '{"datePublished": "soon"}', "[1, null]"])
def test_broken_linked_data_states_no_date(broken: str) -> None:
    found = page(linked_data(broken))
    assert found.published_at is None
    assert texts(found) == TEXTS


def test_a_year_in_the_footer_is_no_date() -> None:
    found = page(below="<footer><p>© 2019 Example News. Last changed on 2020-05-01.</p></footer>")
    assert found.published_at is None


def test_a_date_in_the_text_is_no_date_of_publication() -> None:
    found = page(body='<p>The fair opened on <time datetime="2018-03-04">4 March 2018</time>, long before.</p>')
    assert found.published_at is None


def test_a_date_in_the_address_is_that_of_publication() -> None:
    assert page('<link rel="canonical" href="https://example.org/2021/09/26/wuzhen">').published_at == "2021-09-26"
    assert page('<link rel="canonical" href="https://example.org/2021/99/26/wuzhen">').published_at is None


@pytest.mark.parametrize(
    "html",
    [
        '<html><body><nav><a href="/">Home</a> <a href="/b">Business</a></nav></body></html>',
        "<html><body></body></html>",
        "<script>var article = 1;</script>",
    ],
)
def test_a_page_without_an_article_is_told(html: str) -> None:
    with pytest.raises(SourceError, match=r"^menu\.html: holds no article"):
        read_page(html, Path("menu.html"))


@pytest.mark.parametrize(
    "script", ['{"datePublished": null}', '{"datePublished": 2021}', '{"@graph": null}', "[" * 100_000, "[[1]]"]
)
def test_odd_linked_data_is_passed_over(script: str) -> None:
    page = f'<html><head><script type="application/ld+json">{script}</script></head><body><p>x</p></body></html>'
    assert stated_date(lxml.html.document_fromstring(page)) is None


def test_a_graph_of_one_node_states_its_date() -> None:
    script = '{"@graph": {"datePublished": "2021-09-26"}}'
    page = f'<html><head><script type="application/ld+json">{script}</script></head><body></body></html>'
    assert stated_date(lxml.html.document_fromstring(page)) == "2021-09-26"
