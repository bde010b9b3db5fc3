"""The same text at two addresses is one article with two links; an export brings all of it back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from embeddings.exporter import lines
from embeddings.ingest.files import read
from embeddings.ingest.jsonl import subscriptions
from embeddings.library import Library
from embeddings.subscriptions.service import Sources
from embeddings.types import Article, Outcome, Paragraph
from tests.conftest import NOON
from tests.feeds import lay_feed, lay_news, words
from tests.hashed import HashedEncoder
from tests.site import LOCAL, Site

TEXT = " ".join(words(f"sentence {number}", 9) for number in range(4))


MAIN = Article(
    "Road opens",
    (Paragraph(TEXT), Paragraph(words("two"))),
    "road",
    "https://a.example/road",
    url="https://a.example/road",
    source="A",
)


COPY = replace(
    MAIN, title="Road opens - B", origin="https://b.example/x", url="https://b.example/x?utm_source=a", source="B"
)


def test_a_copy_at_another_address_is_a_link(library: Library) -> None:
    main = library.local.add(MAIN)
    assert library.local.add(COPY).article_id == main.article_id
    assert library.local.add(COPY).outcome is Outcome.UNCHANGED
    (article,) = library.local.articles()
    stored = library.local.article(article.citation.article_id)
    assert [(one.url, one.title, one.source) for one in stored.also_at] == [(COPY.url, COPY.title, "B")]
    passage = library.local.ask(TEXT.split()[0]).passages[0]
    assert [(one.article_id, one.url) for one in passage.also_in] == [(main.article_id, COPY.url)]


def test_another_layout_of_the_same_words_is_a_copy(library: Library) -> None:
    library.local.add(MAIN)
    whole = replace(COPY, paragraphs=(Paragraph(f"{TEXT.upper()} — {words('two')}"),))
    assert library.local.add(whole).outcome is Outcome.UPDATED
    assert len(library.local.articles()) == 1


def test_a_copy_that_says_something_else_becomes_an_article(library: Library) -> None:
    library.local.add(MAIN)
    library.local.add(COPY)
    library.local.add(replace(COPY, paragraphs=(Paragraph(TEXT + words("and more")),)))
    assert len(library.local.articles()) == 2
    assert [library.local.article(one.citation.article_id).also_at for one in library.local.articles()] == [(), ()]


@pytest.mark.parametrize(
    "other",
    [
        replace(COPY, origin="file:///b.txt"),
        replace(COPY, id="given"),
        replace(COPY, paragraphs=(*COPY.paragraphs, Paragraph(words("three")))),
    ],
)
def test_files_named_articles_and_edited_texts_stay_apart(library: Library, other: Article) -> None:
    library.local.add(MAIN)
    assert library.local.add(other).outcome is Outcome.ADDED


def test_short_texts_stay_apart(library: Library) -> None:
    short = (Paragraph("The page moved."),)
    library.local.add(replace(MAIN, paragraphs=short))
    assert library.local.add(replace(COPY, paragraphs=short)).outcome is Outcome.ADDED


def test_merging_can_be_switched_off(tmp_path: Path) -> None:
    with Library(tmp_path, HashedEncoder(), merge_copies=False) as library:
        library.local.add(MAIN)
        assert library.local.add(COPY).outcome is Outcome.ADDED


def test_lightly_edited_copies_are_one_story_and_two_articles(library: Library) -> None:
    library.local.add(MAIN)
    library.local.add(replace(COPY, paragraphs=(*COPY.paragraphs, Paragraph("Our reporter was there."))))
    (story,) = library.local.stories()
    assert len(story.articles) == 2
    assert len(story.copies) == 1


def test_links_go_with_their_article(library: Library) -> None:
    library.local.remove(library.local.add(MAIN).article_id)
    library.local.add(MAIN)
    library.local.add(COPY)
    library.local.remove(library.local.articles()[0].citation.article_id)
    assert library.local.add(COPY).outcome is Outcome.ADDED


@pytest.fixture
def full(library: Library, site: Site) -> Library:
    """A library with all that an export has to bring back."""
    library.local.add(replace(MAIN, language="en", author="Ann", published_at="2027-01-02", collection="roads"))
    library.local.add(COPY)
    library.local.add(
        Article(
            "From a PDF",
            (Paragraph("One.", "Head", 1), Paragraph("Two\n\nwith a gap.", None, 2)),
            "pdf",
            "file:///x.pdf",
        )
    )
    library.local.add(Article("With an id", (Paragraph("Given."),), "x", id="own-id"))
    sources = Sources(library.local, LOCAL)
    source, _ = sources.add(
        lay_feed(site, "/feed", "Quint", lay_news(site, "n", 2)), collection="news", keep_days=9000
    )
    sources.check(source)
    return library


def test_an_export_comes_back_without_loss(full: Library, tmp_path: Path, site: Site) -> None:
    path = tmp_path / "all.jsonl"
    path.write_text("\n".join(lines(full.local)), encoding="utf-8")
    with Library(tmp_path / "other", HashedEncoder(), now=lambda: NOON) as other:
        sources = Sources(other.local, LOCAL)
        for _ in range(2):  # and twice is once
            came = [other.local.add(found) for found in read(path) if isinstance(found, Article)]
            assert len(came) == 5
            for one in subscriptions(path):
                sources.restore(one, [added.article_id for added in came if added.outcome is Outcome.ADDED])
        assert list(lines(other.local)) == list(lines(full.local))
        site.asked.clear()
        (source,) = sources.every()
        assert sources.check(source).counts[Outcome.ADDED] == 0
        assert [asked for asked, _ in site.asked] == ["/robots.txt", "/feed"]
        assert len(other.local.articles()) == len(full.local.articles()) == 5
        assert other.local.add(COPY).outcome is Outcome.UNCHANGED


def test_an_export_added_to_its_own_library_changes_nothing(full: Library, tmp_path: Path) -> None:
    path = tmp_path / "all.jsonl"
    before = list(lines(full.local))
    path.write_text("\n".join(before), encoding="utf-8")
    outcomes = [full.local.add(found).outcome for found in read(path) if isinstance(found, Article)]
    assert outcomes == [Outcome.UNCHANGED] * 5
    assert list(lines(full.local)) == before
