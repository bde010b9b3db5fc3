"""Summaries of an article alone and of those in it, with the real model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.bench.corpus import write_new
from embeddings.encoding.encoder import SentenceTransformerEncoder
from embeddings.encoding.paragraphs import encode_paragraphs
from embeddings.errors import NotFoundError, QuestionError
from embeddings.evaluate.summaries import measure_summaries, read_labelled
from embeddings.library import Library
from embeddings.types import LOCAL_TEAM, Article, Paragraph, TopicSummary
from tests.conftest import EXAMPLES, NOON, article
from tests.hashed import HashedEncoder

FORUM = (
    "Big lenders have promised cheaper loans for small farms at the 2024 Nordic Harvest Forum in Lund.",
    "Opening the forum, Farm Minister Tove Brandt urged banks to share the risk of bad harvests.",
    "Speaking at the forum, Agrovia Group CEO Karin Holt Lind said that lenders should “grow with their farmers”.",
    "She said that when small farms do well, whole villages do. The farm lender, which was fined a record "
    "45 million "
    "euros for its fees in spring, has since pledged 300 million euros for young farmers.",
    "Echoing Lind’s words, Ola Berg, CEO of Swedish tractor maker Trakta, called for longer loans.",
    "According to a report published at the forum, 38 per cent of Nordic farms have debts that they cannot pay.",
    "This year’s forum put the spotlight on drought. In her closing speech, Minister Brandt said that water would "
    "decide the next decade.",
    "After a review of the machine maker Rovex, Solvia’s chief Nils Aune told the forum that the company "
    "had opened a "
    "seed bank in Umea for 2,000 kinds of grain.",
    "“At Solvia, we are glad that seeds get the attention they deserve,” he said, adding: “Our seed bank is "
    "open to "
    "every farmer… I believe that seeds should belong to all who sow them.”",
    "If you have any further questions, please contact the forum’s office.",
)


@pytest.fixture(scope="module")
def forum(model: SentenceTransformerEncoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with Library(tmp_path_factory.mktemp("forum"), model) as library:
        library.local.add(article("Lenders promise cheaper loans for small farms", *FORUM, id="forum"))
        yield library


def said(found: TopicSummary) -> str:
    for point in found.points:
        assert FORUM[point.paragraph][point.start : point.end] == point.text
    return "\n".join(point.shown for point in found.points)


def test_a_firms_points_follow_what_points_back_at_it(forum: Library) -> None:
    found = said(forum.local.topic("Agrovia"))
    assert "pledged 300 million euros" in found
    assert "fined a record 45 million" in found
    assert "The farm lender [Agrovia Group]" in found or "[Karin Holt Lind] said" in found
    assert "grow with their farmers" in found
    assert not any(other in found for other in ("Trakta", "Solvia", "debts", "drought"))


def test_an_events_points_are_what_happened_there(forum: Library) -> None:
    found = said(forum.local.topic("Harvest Forum"))
    assert "promised cheaper loans" in found
    assert "Opening the forum" in found
    assert "fined" not in found


def test_a_quotation_of_several_sentences_is_one_point_with_its_speaker(forum: Library) -> None:
    found = said(forum.local.topic("Solvia"))
    assert "seed bank in Umea" in found
    assert "[Nils Aune] said, adding" in found
    assert "belong to all who sow them.”" in found
    assert "Trakta" not in found


def test_an_article_alone_is_summarised_in_its_order(forum: Library) -> None:
    summary = forum.local.summary("forum")
    found = said(summary)
    assert 4 <= len(summary.points) <= 7
    assert all(part in found for part in ("cheaper loans", "300 million euros", "38 per cent", "seed bank"))
    assert "further questions" not in found
    places = [(point.paragraph, point.start) for point in summary.points]
    assert places == sorted(places)
    with pytest.raises(NotFoundError):
        forum.local.summary("nowhere")


def test_of_a_removed_article_nothing_is_said(model: SentenceTransformerEncoder, tmp_path: Path) -> None:
    with Library(tmp_path, model) as library:
        library.local.add(article("Lenders promise cheaper loans for small farms", *FORUM, id="forum"))
        library.local.remove("forum")
        assert not library.local.topic("Agrovia").enough


@pytest.mark.parametrize(
    "subject",
    ["x", "the of and", "Volkswagen", "zzz " * 200, "drought water " * 250, "Wetter in Hamburg", "农业论坛"],
)
def test_of_odd_subjects_nothing_is_said(forum: Library, subject: str) -> None:
    with suppress(QuestionError):  # a text without words, or longer than any question
        assert not forum.local.topic(subject).enough


def test_an_article_that_contradicts_itself_is_summarised_and_its_figures_differ(
    model: SentenceTransformerEncoder, tmp_path: Path
) -> None:
    with Library(tmp_path, model) as library:
        library.local.add(
            article(
                "Fire at Norvik mill",
                "The fire at the Norvik mill killed 14 workers on Monday, the police said.",
                "Nobody had been warned, and the doors of the mill were locked from outside.",
                "The fire at the Norvik mill killed 41 workers on Monday, according to the police.",
                id="mill",
            )
        )
        found = library.local.summary("mill")
    assert found.points[0].text.startswith("The fire at the Norvik mill")
    assert [[point.paragraph for point in group] for group in found.conflicts] == [[0, 2]]


@pytest.mark.slow
def test_five_thousand_articles_on_one_subject_are_summarised(tmp_path: Path) -> None:
    dated, undated = [norvik(number) for number in range(0, 5000, 10)], []
    for one in (norvik(number) for number in range(5000) if number % 10):
        undated.append((one, encode_paragraphs(one.title, one.paragraphs, HashedEncoder())))
    with Library(tmp_path, HashedEncoder()) as library:
        library.local.add_encoded([(one, None) for one in dated])
        with library.database.writing() as connection:  # at once: none of them has a place in a story
            write_new(connection, undated, LOCAL_TEAM, NOON.isoformat())
        assert library.local.stats().articles == 5000
        found = library.local.topic("Norvik")
    assert 1 <= len(found.points) <= 7


def norvik(number: int) -> Article:
    """An article of the subject like every other; one in ten is dated, for only those are placed in stories."""
    day = None if number % 10 else str(date(2024, 1, 1) + timedelta(days=number % 300))
    text = f"Norvik built {number} houses in district {number} on the orders of its council."
    return Article(f"Norvik {number}", (Paragraph(text),), f"n{number}", published_at=day)


def test_labelled_facts_are_within_seven_points(samples: Library) -> None:
    found = measure_summaries(samples, read_labelled(EXAMPLES / "summaries" / "subjects.jsonl"))
    assert found.coverage >= 0.75
    assert (found.dangling, found.boilerplate) == (0, 0)


def test_facts_of_articles_that_nothing_was_chosen_on(model: SentenceTransformerEncoder, tmp_path: Path) -> None:
    with Library(tmp_path, model) as library:
        for line in (EXAMPLES / "summaries" / "unseen-articles.jsonl").read_text("utf-8").splitlines():
            library.local.add(json.loads(line))
        found = measure_summaries(library, read_labelled(EXAMPLES / "summaries" / "unseen.jsonl"))
        assert found.coverage >= 0.7
        assert (found.dangling, found.boilerplate) == (0, 0)
        for name, lead in (
            ("mayor-1", "resigned on Wednesday"),
            ("ferry-1", "ran onto a reef"),
            ("batt-1", "opened"),
        ):
            points = library.local.summary(name).points
            assert lead in points[0].text, "an article's first sentence says what it is about"
            assert len(points) == 7


def test_a_summary_of_an_article_has_its_amounts(samples: Library) -> None:
    (wuzhen,) = [one.citation.article_id for one in samples.local.articles() if "Wuzhen" in one.citation.title]
    shown = "\n".join(point.shown for point in samples.local.summary(wuzhen).points)
    assert "The e-commerce giant [Alibaba] had pledged" in shown
    assert "39.2 trillion yuan" in shown


WORKS = (
    "Norvik lays off 900 workers at its northern works after orders for its lifts fell by a third.",
    "Workers who were laid off will be paid for six months and may train as welders in Tarnby.",
    "The last time that the maker of lifts laid people off was in the spring of 2009.",
)
HANDBOOK = (
    "Every employee has 27 days of paid annual leave in a calendar year.",
    "Ask for annual leave in the staff portal at least two weeks before the first day.",
    "Your manager approves annual leave within three working days of the request.",
    "Up to five days of unused leave may be carried over to the end of March.",
    "Parents are entitled to 14 weeks of parental leave after a birth or an adoption.",
    "The kitchen on the second floor is cleaned every evening, so please label your food.",
    "Laptops are replaced every four years, and the old ones are wiped by the service desk.",
)


@pytest.mark.parametrize("subject", ["layoffs", "Norvik layoffs", "lays off", "lay-offs at Norvik"])
def test_a_noun_finds_what_is_said_with_its_verb(
    model: SentenceTransformerEncoder, tmp_path: Path, subject: str
) -> None:
    with Library(tmp_path, model) as library:
        library.local.add(article("Hard times in the valley", *WORKS, id="works"))
        library.local.add(article("Rules for the house", *HANDBOOK, id="handbook"))
        found = library.local.topic(subject)
    assert "lays off 900 workers" in " ".join(point.text for point in found.points)
    assert {point.citation.article_id for point in found.points} == {"works"}


def test_one_sentence_with_the_name_and_all_that_is_asked_is_enough(
    model: SentenceTransformerEncoder, tmp_path: Path
) -> None:
    with Library(tmp_path, model) as library:
        library.local.add(article("Hard times in the valley", WORKS[0], id="works"))
        found = library.local.topic("Norvik layoffs")
    assert [point.text for point in found.points] == [WORKS[0]]


def test_a_summary_on_leave_has_the_number_of_days(model: SentenceTransformerEncoder, tmp_path: Path) -> None:
    with Library(tmp_path, model) as library:
        library.local.add(article("Staff handbook", *HANDBOOK, id="handbook"))
        library.local.add(article("Hard times in the valley", *WORKS, id="works"))
        said = {subject: library.local.topic(subject) for subject in ("leave", "annual leave")}
    for subject, found in said.items():
        assert any("27 days" in point.text for point in found.points), subject
