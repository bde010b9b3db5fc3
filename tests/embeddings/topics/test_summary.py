"""Summaries with the real model: points to the letter, none twice, nothing where there is nothing."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from embeddings.encoding.encoder import SentenceTransformerEncoder
from embeddings.library import Library
from embeddings.scope import Scope
from embeddings.topics.figures import agree, figures
from embeddings.topics.names import names
from embeddings.topics.points import MOST, span, term_hashes
from embeddings.topics.summary import coverage
from embeddings.types import Citation, TopicSummary
from tests.conftest import article


def subjects(library: Library) -> list[str]:
    """Every name in the samples' titles and first paragraphs, and every title."""
    found = set()
    for one in library.local.articles():
        found.add(one.citation.title)
        found.update(names(library.local.article(one.citation.article_id).paragraphs[0].text))
    return sorted(found)


def test_every_point_stands_in_its_paragraph_and_none_says_the_same(samples: Library) -> None:
    texts = {
        (one.citation.article_id, number): paragraph.text
        for one in samples.local.articles()
        for number, paragraph in enumerate(samples.local.article(one.citation.article_id).paragraphs)
    }
    enough = 0
    for subject in subjects(samples):
        found = samples.local.topic(subject)
        enough += found.enough
        assert found.enough == (len(found.points) > 0)
        assert len(found.points) <= MOST
        for one in found.points:
            assert texts[one.citation.article_id, one.paragraph][one.start : one.end] == one.text
        for one, other in combinations(found.points, 2):
            shared = term_hashes(one.text) & term_hashes(other.text)
            assert 2 * len(shared) < len(term_hashes(one.text) | term_hashes(other.text)), (one.text, other.text)
            assert not agree(figures(one.text), figures(other.text), 1e6), (one.text, other.text)
        dates = [one.citation.published_at or "" for one in found.points]
        assert dates == sorted(dates, reverse=True), "newest state first"
        assert {one.citation for one in found.points} <= set(found.sources)
    assert enough > 20


def test_the_pledge_and_the_fine_are_among_the_points_of_alibaba(samples: Library) -> None:
    said = " ".join(one.text for one in samples.local.topic("Alibaba").points)
    assert "pledged earlier in September to put 100 billion yuan" in said
    assert "fined Alibaba 18.2 billion yuan" in said


@pytest.mark.parametrize("subject", ["Tencent", "quantum computing", "气候变化", "zzz"])
def test_of_what_is_not_there_nothing_is_said(samples: Library, subject: str) -> None:
    found = samples.local.topic(subject)
    assert (found.enough, found.points, found.timeline, found.sources) == (False, (), (), ())
    assert len(found.passages) > 0


def test_timeline_names_and_scope(samples: Library) -> None:
    found = samples.local.topic("Alibaba")
    assert [one.date for one in found.timeline] == ["2021-04-10", "2021-09-26"]
    assert found.named[0].name == "Daniel Zhang"
    assert "Alibaba" not in [one.name for one in found.named]
    elsewhere = samples.local.topic("Alibaba", Scope(collections=("science-briefs",)))
    assert (elsewhere.enough, elsewhere.sources) == (False, ())


def conflicting(model: SentenceTransformerEncoder, folder: Path, *amounts: str) -> TopicSummary:
    with Library(folder, model) as library:
        for number, amount in enumerate(amounts):
            text = f"Velora said that rebuilding its burnt factory in Gdansk would cost {amount} in all."
            more = f"Velora's workers in Gdansk are at home, union leader {'AB'[number]} said on Monday."
            last = "The harbour of Gdansk is the largest on the Polish coast of the Baltic Sea."
            date = f"2025-03-1{number}"
            library.local.add(
                article(f"Velora counts the cost, part {number}", text, more, last, published_at=date)
            )
        return library.local.topic("Velora")


def test_figures_that_differ_are_shown_together_with_their_dates(
    model: SentenceTransformerEncoder, tmp_path: Path
) -> None:
    (group,) = conflicting(model, tmp_path, "$15 billion", "$10 billion").conflicts
    assert [("$15" in one.text, one.citation.published_at) for one in group] == [
        (True, "2025-03-10"),
        (False, "2025-03-11"),
    ]


def test_figures_that_are_only_rounded_do_not_differ(model: SentenceTransformerEncoder, tmp_path: Path) -> None:
    assert conflicting(model, tmp_path, "$2.75 billion", "$2.8 billion").conflicts == ()


@pytest.mark.parametrize(
    ("dates", "starts"),
    [
        (["2025-03-01", "20250303T1200"], ["2025-03-01", "2025-03-02", "2025-03-03"]),
        (["2025-W10-1", "2025-04-10T23:59:59+09:00"], ["2025-03-03", "2025-03-10", "2025-03-17", "2025-03-24"]),
        (["2024-11-30", "2025-07-01"], ["2024-11-01", "2024-12-01", "2025-01-01"]),
        (["2015-06-01", "2025-07-01"], ["2015-01-01", "2016-01-01"]),
    ],
)
def test_coverage_by_day_week_month_and_year(dates: list[str], starts: list[str]) -> None:
    found = coverage([Citation(str(n), "T", published_at=date) for n, date in enumerate([*dates, None])])
    assert [one.start for one in found][: len(starts)] == starts
    assert (found[0].articles, found[-1].articles, sum(one.articles for one in found)) == (1, 1, 2)


@pytest.mark.parametrize(
    ("sentence", "point"),
    [
        ("However, the bank raised its forecast for the year.", "the bank raised its forecast for the year."),
        ("Did the bank really raise its forecast for the year?", None),
        ("The bank raised its forecast", None),
        ('"We raised our forecast for the year, he said on Monday.', None),
        ("It rose.", None),
    ],
)
def test_what_may_be_a_point(sentence: str, point: str | None) -> None:
    found = span(f"x {sentence}", 2, 2 + len(sentence))
    assert (f"x {sentence}"[found[0] : found[1]] if found else None) == point
