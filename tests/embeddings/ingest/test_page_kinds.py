# ruff: noqa: E501  # markup and words, a case a line
"""Kinds of pages that lost a part of their text: each keeps all of it, in the right paragraphs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from embeddings.ingest.files import decode
from embeddings.ingest.html import read_page
from embeddings.types import Article, Paragraph

ONE = "The library of Port Quint opens its new reading room on Monday, the head of the library told reporters."
TWO = "About forty thousand books were moved there in the summer, and each of them was wiped by hand before."
THREE = "The old room becomes a workshop for children, who may print, saw and solder there in the afternoon."
FOUR = "A ticket for a year costs nine euros, of which the town gives six back to those who have no income."
ALL = (ONE, TWO, THREE, FOUR)
PS = "".join(f"<p>{text}</p>" for text in ALL)


def page(body: str, head: str = "", title: str = "Library opens reading room") -> Article:
    html = f'<!doctype html><html lang="en"><head><title>{title}</title>{head}</head><body>{body}</body></html>'
    return read_page(html, Path("library.html"))


def texts(found: Article) -> list[str]:
    return [one.text for one in found.paragraphs]


def under(found: Article, text: str) -> str | None:
    return next(one.heading for one in found.paragraphs if one.text == text)


@pytest.mark.parametrize(
    "mark", ["<!-- -->", "<!--react-text: 3-->", "<?php echo 1 ?>", "<!---->", "<!-- a --><!-- b -->"]
)
def test_text_after_a_comment_is_kept(mark: str) -> None:
    found = page(
        f"<article><p>The ticket costs ${mark}90 in the evening, {mark}and less for children.</p>{PS}</article>"
    )
    assert texts(found)[0] == "The ticket costs $90 in the evening, and less for children."


def test_control_characters_and_hidden_hyphens_are_no_part_of_a_word() -> None:
    body = "<p>The harb\u00adour mas&shy;ter of Port\u200b Quint\x00 is pleased\x0b with the\x01 new read&#173;ing room.</p>"
    assert texts(page(f"<article>{body}{PS}</article>"))[0] == (
        "The harbour master of Port Quint is pleased with the new reading room."
    )


def test_a_heading_right_below_a_heading_is_kept() -> None:
    found = page(
        f"<article><h1>Rules</h1><h2>Visitors</h2><h3>Phones</h3><p>{ONE}</p><p>{TWO}</p><h3>Bags</h3><p>{THREE}</p></article>"
    )
    assert [one.heading for one in found.paragraphs] == [
        "Rules › Visitors › Phones", "Rules › Visitors › Phones", "Rules › Visitors › Bags",
    ]  # fmt: skip


def test_headings_that_link_to_themselves_and_those_at_the_end_are_kept() -> None:
    parts = "".join(f'<h4><a href="#p{n}">Part {n}</a></h4><p>{text}</p>' for n, text in enumerate(ALL))
    found = page(
        f'<main><h1><a href="#top">The whole</a></h1><pre>x = 1</pre>{parts}<h2>SEE ALSO</h2><ul><li><a href="/x">x(1)</a></li></ul></main>'
    )
    assert [one.heading for one in found.paragraphs if one.text in ALL] == [
        f"The whole › Part {n}" for n in range(4)
    ]
    assert under(found, "x(1)") == "The whole › SEE ALSO"


def test_a_lead_that_is_set_as_a_heading_is_text() -> None:
    found = page(f"<article><h1>Library opens reading room</h1><h2>{ONE}</h2><p>{TWO}</p><p>{THREE}</p></article>")
    assert texts(found) == [ONE, TWO, THREE]


def test_questions_without_answers_are_kept() -> None:
    found = page(
        "<main><h2>May I bring food?</h2><p>No. Only water in closed bottles is allowed in the reading room.</p>"
        "<h2>Who pays for lost books?</h2><h2>Is there a lift?</h2><p>Yes, it is beside the entrance, on the left.</p></main>"
    )
    assert "Who pays for lost books?" in texts(found)
    assert under(found, "Yes, it is beside the entrance, on the left.") == "Is there a lift?"


@pytest.mark.parametrize(
    "body",
    [
        "".join(f"<ul><li>{text}</li></ul>" for text in ALL),
        f"<p><b>What is new</b></p><ul>{''.join(f'<li>{text}</li>' for text in ALL)}</ul>",
        f"<div><aside class='content'>{PS}</aside></div>",
        f"<dl><dt>Opening</dt><dd>{ONE}</dd><dt>Books</dt><dd>{TWO}</dd><dt>Room</dt><dd>{THREE}</dd><dt>Fees</dt><dd>{FOUR}</dd></dl>",
        "".join(f"<details><summary>Part {n}</summary><p>{text}</p></details>" for n, text in enumerate(ALL)),
        f"<news-body>{''.join(f'<news-p>{text}</news-p>' for text in ALL)}</news-body>",
        f"<article>{''.join(f'<span style=display:block>{text}</span>' for text in ALL)}</article>",
        f"<x-app><template shadowrootmode=open>{PS}</template></x-app>",
        f"<article><noscript>{PS}</noscript></article>",
        f"<table role=presentation><tr><td>{PS}</td><td>Menu</td></tr></table>",
        f"<article><div class=body>{PS[: len(PS) // 2 // 107 * 107]}</div></article><article>{PS}</article>",
    ],
)
def test_text_is_found_wherever_it_is_set(body: str) -> None:
    found = texts(page(body))
    assert [one for one in found if one in ALL] == list(ALL)


def test_questions_on_buttons_that_open_their_answers_are_headings() -> None:
    found = page(
        "<main><h1>Questions</h1><div><button aria-expanded=false>Is it free?</button><div style='display:none'>"
        f"<p>Yes, it is free for all who live in the town.</p></div></div><div><h3><button>Who may come?</button></h3><p>{ONE}</p>"
        "</div><button>Send</button></main>"
    )
    assert [(one.heading, one.text) for one in found.paragraphs] == [
        ("Questions › Is it free?", "Yes, it is free for all who live in the town."), ("Questions › Who may come?", ONE),
    ]  # fmt: skip


def test_marks_at_the_end_of_a_heading_are_no_part_of_it() -> None:
    found = page(
        f"<article><p>{ONE}</p><h2>Use<a class=headerlink href='#u'>¶</a></h2><p>{TWO}</p><div><h2>Cost</h2>"
        f"<span>[<a href='/e'>edit</a>]</span></div><p>{THREE}</p></article>"
    )
    assert [one.heading for one in found.paragraphs] == [None, "Use", "Cost"]


def test_what_is_below_related_stories_is_left_out() -> None:
    teaser = "<p><a href='/x'>The old library becomes a workshop, and everyone is pleased with that.</a> It is near.</p>"
    found = page(
        f"<main><h1>Library opens</h1>{PS}<h2>Related stories</h2>{teaser}<h2>Comments</h2><p>{ONE} I agree.</p></main>"
    )
    assert texts(found) == list(ALL)


def test_code_keeps_its_lines() -> None:
    code = "def late(x):\n    fee = 0\n\n    for day in x:\n        fee += day\n    return fee"
    found = page(f"<article><p>{ONE}</p><pre><code>{code}</code></pre><p>{TWO}</p><p>{THREE}</p></article>")
    assert code.replace("\n\n", "\n") in texts(found)


@pytest.mark.parametrize(
    "note",
    [
        "Advertisement", "Werbung", "Publicité", "Lire aussi : les livres de l'été", "Lesen Sie auch: Bücher des Sommers",
        "Leer también: libros", "Leggi anche: libri dell'estate", "Lees ook: boeken", "Reklama", "Читайте также: книги",
        "Sign up for our weekly newsletter", "Share this article on Facebook", "___", "* * *", "By Ann Lee",
        "Von Anna Lehmann", "06.05.2023, 10:00 Uhr", "Published on 6 May 2023 at 10:00", "Publié le 6 mai 2023", "Par Anne Lefèvre", "Läs också: böcker", "Czytaj także: książki",
    ],
)  # fmt: skip
def test_notes_between_the_paragraphs_are_left_out(note: str) -> None:
    found = page(f"<article><p>{ONE}</p><p>{note}</p><p>{TWO}</p><p>{THREE}</p></article>")
    assert texts(found) == [ONE, TWO, THREE]


@pytest.mark.parametrize(
    "text",
    [
        "By the way, the café on the first floor stays closed until May.",
        "Share prices of the builder fell by four per cent on Tuesday.",
        "Comments that insult others were removed by the library on Friday.",
        "Werbung für Bücher ist in der Bibliothek verboten, sagt die Leiterin.",
    ],
)
def test_sentences_that_begin_like_a_note_are_kept(text: str) -> None:
    assert text in texts(page(f"<article><p>{ONE}</p><p>{text}</p><p>{TWO}</p><p>{THREE}</p></article>"))


def test_a_short_list_stays_with_the_line_above_it() -> None:
    names = "".join(f"<li>{name} Bank</li>" for name in ("North", "South", "Harbour", "Mill", "Town", "Field"))
    found = page(f"<article><p>{ONE}</p><p>{TWO}</p><p>The banks are</p><ul>{names}</ul><p>{THREE}</p></article>")
    assert "The banks are\nNorth Bank\nSouth Bank\nHarbour Bank\nMill Bank\nTown Bank\nField Bank" in texts(found)


def rows(table: str) -> list[Paragraph]:
    found = page(f"<article><h2>Figures</h2><p>{ONE}</p>{table}<p>{TWO}</p><p>{THREE}</p></article>")
    return [one for one in found.paragraphs if one.table]


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (
            "<caption>People</caption><tr><th></th><th>2024</th><th>2023</th></tr>"
            "<tr><th>Staff</th><td>512</td><td>498</td></tr><tr><th>Guests</th><td>90</td><td>81</td></tr>",
            ["Staff · 2024: 512 · 2023: 498", "Guests · 2024: 90 · 2023: 81"],
        ),
        (
            "<tr><td>Year</td><td>Loans</td></tr><tr><td>2023</td><td>1,204</td></tr><tr><td>2024</td><td>1,311</td></tr>",
            ["Year: 2023 · Loans: 1,204", "Year: 2024 · Loans: 1,311"],
        ),
        (
            "<tr><th>Phone</th><td>0123 456</td></tr><tr><th>Room</th><td>12 b</td></tr>",
            ["Phone: 0123 456", "Room: 12 b"],
        ),
        (
            "<thead><tr><th rowspan=2>Branch</th><th colspan=2>2024</th></tr><tr><th>Q1</th><th>Q2</th></tr></thead>"
            "<tr><td>Quay</td><td>7</td><td>9</td></tr>",
            ["Branch: Quay · 2024 Q1: 7 · 2024 Q2: 9"],
        ),
        (
            "<tr><th>Day</th><th>Room</th></tr><tr><td rowspan=2>Monday</td><td>Blue</td></tr><tr><td>Green</td></tr>",
            ["Day: Monday · Room: Blue", "Day: Monday · Room: Green"],
        ),
    ],
)
def test_rows_of_tables_explain_themselves(table: str, expected: list[str]) -> None:
    found = rows(f"<table>{table}</table>")
    assert [one.text for one in found] == expected
    assert all((one.heading or "").startswith("Figures") for one in found)


def test_a_page_of_tables_without_a_sentence_is_an_article() -> None:
    html = (
        "<html><head><title>Fees</title></head><body><nav><ul><li><a href=/>Home</a></ul></nav><h1>Fees</h1>"
        "<table><tr><td>Berth</td><td>12 €</td></tr><tr><td>Slip</td><td>9 €</td></tr><tr><td>Crane</td><td>80 €</td></tr>"
        "</table><footer><p>Imprint</p></footer></body></html>"
    )
    assert texts(read_page(html, Path("fees.html"))) == ["Berth: 12 €", "Slip: 9 €", "Crane: 80 €"]


def test_an_empty_row_among_the_heads_is_no_head() -> None:
    found = rows(
        "<table><thead><tr><th>Zone<th>Fee<tr></thead><tbody><tr><td>Harbour<td>4 €<tr><td>Hill<td>7 €</tbody></table>"
    )
    assert [one.text for one in found] == ["Zone: Harbour · Fee: 4 €", "Zone: Hill · Fee: 7 €"]


def test_a_caption_and_a_line_across_a_table_are_in_the_path() -> None:
    found = rows(
        "<table><caption>Fees</caption><tr><th>Who</th><th>Day</th><th>Year</th></tr><tr><td colspan=3>Adults</td></tr>"
        "<tr><td>Resident</td><td>2 €</td><td>9 €</td></tr></table>"
    )
    assert [(one.heading, one.text) for one in found] == [
        ("Figures › Fees › Adults", "Who: Resident · Day: 2 € · Year: 9 €")
    ]


@pytest.mark.parametrize(
    ("title", "body", "expected"),
    [
        ("Library opens - Quint Daily", "<h1>Library opens</h1>", "Library opens"),
        ("Library - Wikipedia", "<h1>Library</h1>", "Library"),
        ("Quint Daily | Library opens", "<h1>Library opens</h1>", "Library opens"),
        ("Library opens its reading room | Quint Daily", "<h1>Quint Daily</h1>", "Library opens its reading room"),
        ("Library opens: a report from the coast", "", "Library opens: a report from the coast"),
    ],
)
def test_the_title_is_the_heading_without_the_site_s_name(title: str, body: str, expected: str) -> None:
    found = page(f"<header>Menu</header><article>{body}{PS}</article>", title=title)
    assert found.title == expected


@pytest.mark.parametrize(
    ("head", "body", "author"),
    [
        ('<meta name="author" content="Quint Broadcasting Corporation">', '<p>By <a rel="author" href="/a">Ann Lee</a></p>', "Ann Lee"),
        ('<script type="application/ld+json">{"@type":"NewsArticle","author":[{"name":"Ann Lee"},{"name":"Bo Ek"}]}</script>', "", "Ann Lee, Bo Ek"),
        ('<meta name="author" content="By Ann Lee">', "", "Ann Lee"),
    ],
)  # fmt: skip
def test_the_author_is_a_person(head: str, body: str, author: str) -> None:
    assert page(f"<article>{body}{PS}</article>", head).author == author


@pytest.mark.parametrize(
    ("head", "body", "date"),
    [
        ('<meta name="publishdate" content="20230402">', "", "2023-04-02"),
        ('<meta name="dc.date.issued" content="2023/04/02">', "", "2023-04-02"),
        ('<meta property="og:published_time" content="Sun, 02 Apr 2023 10:00:00 GMT">', "", "2023-04-02T10:00:00+00:00"),
        ('<script type="application/ld+json">{"@graph":[{"@type":"WebPage","mainEntity":{"@type":"Article",'
         '"description":"one\ntwo","datePublished":"2023-04-02"}}]}</script>', "", "2023-04-02"),
        ("", '<div class="meta"><time datetime="2023-04-02T08:00:00+02:00">2 April</time></div>', "2023-04-02T08:00:00+02:00"),
        ('<script type="application/ld+json">{"@type":"Article","datePublished":"2023-04-01T23:30:00Z"}</script>'
         '<meta property="article:published_time" content="2023-04-02T01:30:00+02:00">', "", "2023-04-02T01:30:00+02:00"),
        ('<script type="application/ld+json">{"@type":"Article","datePublished":"0001-01-01T00:00:00"}</script>', "", None),
    ],
)  # fmt: skip
def test_the_date_is_read_where_pages_state_it(head: str, body: str, date: str | None) -> None:
    assert page(f"<article><h1>Library opens</h1>{body}{PS}</article>", head).published_at == date


def test_a_page_whose_text_is_in_linked_data_alone_is_read() -> None:
    stated = json.dumps({"@type": "NewsArticle", "articleBody": "\n".join(ALL)})
    assert texts(page(f'<div id=root></div><script type="application/ld+json">{stated}</script>')) == list(ALL)


def test_latin_1_is_read_as_browsers_read_it() -> None:
    text = decode("<meta charset=iso-8859-1><p>“Quotes” – and 5 €</p>".encode("cp1252"), "x.html")
    assert "“Quotes” – and 5 €" in text
