"""Papers of a series, and times that are part of a question: which paper comes first, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from embeddings.encoding.encoder import SentenceTransformerEncoder
from embeddings.errors import QuestionError
from embeddings.library import Library
from embeddings.team import TeamLibrary
from embeddings.types import Article, Paragraph, Scope

NOW = datetime(2025, 2, 3, 12, tzinfo=UTC)
MONTHS = "January February March April May June July August September October November December".split()
MATTERS = (
    "a new crane for the north quay|the night ferry to Skagen|repairs of the breakwater|the fish market's roof"
    "|berths for sailing boats|dredging of the inner basin|the pilot's salary|a shed for the rowing club"
    "|lamps along the pier|the price of mooring|a second tugboat|the winter closing of the lock"
).split("|")


def minutes(number: int) -> Article:
    month, matter = MONTHS[number], MATTERS[number]
    texts = (
        "The harbour committee met in the town hall with nine members present and approved the agenda.",
        f"The committee decided to spend {number + 3},000 crowns on {matter}, by six votes to three.",
        "The chair thanked the members and closed the meeting at nine in the evening.",
    )
    title = f"Minutes of the harbour committee, meeting {number + 1}, {month} 2024"
    day = datetime(2024, number + 1, 12).date().isoformat()
    return Article(title, tuple(map(Paragraph, texts)), name=title, origin=f"m{number}", published_at=day)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, model: SentenceTransformerEncoder) -> Iterator[TeamLibrary]:
    whole = Library(tmp_path_factory.mktemp("series"), model, now=lambda: NOW)
    made = whole.local
    for number in range(12):
        made.add(minutes(number))
    for version, text in (
        ("2.2", "Reading is faster."),
        ("2.3", "Search knows synonyms."),
        ("2.10", "Dark mode."),
    ):
        title = f"Release notes {version}"
        made.add(Article(title, (Paragraph(f"In this release: {text}"),), name=title, origin=version))
    for year, sum_ in (("2023", "4.1"), ("2024", "5.2")):
        title = f"Annual report {year}"
        said = Paragraph(f"The port earned {sum_} million crowns from its customers over the whole year.")
        made.add(Article(title, (said,), name=title, origin=title, published_at=f"{int(year) + 1}-02-01"))
    yield made
    whole.close()


def first(library: TeamLibrary, question: str) -> str:
    return library.ask(question, zone=UTC).passages[0].citation.title


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("What did the harbour committee decide in March?", "March"),
        ("What was decided at the harbour committee's meeting of July 2024?", "July"),
        ("How much did the committee spend according to the minutes of October?", "October"),
        ("What did the committee approve in meeting 5?", "May"),
        ("What did the harbour committee decide in May?", "May"),
        ("Who closed the seventh meeting of the committee?", "July"),
        ("What was spent in the December minutes of the harbour committee?", "December"),
        ("the harbour committee in January: what did it decide?", "January"),
        ("What did the 2nd meeting of the harbour committee decide?", "February"),
        ("How did the harbour committee vote in September 2024?", "September"),
        ("When did the committee's November meeting close?", "November"),
    ],
)
def test_the_meeting_that_a_question_names_comes_first(library: TeamLibrary, question: str, named: str) -> None:
    assert f", {named} 2024" in first(library, question)


def test_versions_are_named_and_counted_by_their_numbers(library: TeamLibrary) -> None:
    assert first(library, "What is new in version 2.3?") == "Release notes 2.3"
    assert first(library, "What do the latest release notes say?") == "Release notes 2.10"


def test_the_newest_of_a_series_is_preferred_where_it_is_asked_for(library: TeamLibrary) -> None:
    found = library.ask("What did the harbour committee decide at its latest meeting?", zone=UTC)
    assert "December 2024" in found.passages[0].citation.title
    assert any("2024-12-12" in note for note in found.notes)


def test_one_that_is_not_there_is_said_with_those_that_are(library: TeamLibrary) -> None:
    found = library.ask("What do the release notes of version 3.1 say?", zone=UTC)
    assert any("isn't here" in note and "Release notes 2.3" in note for note in found.notes)


def test_an_old_paper_says_that_there_is_a_newer_one(library: TeamLibrary) -> None:
    found = library.ask("What did the harbour committee decide about the night ferry to Skagen?", zone=UTC)
    assert "February 2024" in found.passages[0].citation.title
    assert any("2024-02-12" in note and "newer" in note for note in found.notes)


def test_a_year_in_a_question_shuts_nothing_out(library: TeamLibrary) -> None:
    found = library.ask("How much did the port earn in 2024?", zone=UTC)
    assert found.asked is not None
    assert (found.asked.strict, f"{found.asked.since:%Y-%m-%d}") == (False, "2024-01-01")
    assert found.passages[0].citation.title == "Annual report 2024"
    assert len(found.passages) == 5


def test_a_strict_period_without_articles_says_so(library: TeamLibrary) -> None:
    found = library.ask("What did the harbour committee decide in the past 24 hours?", zone=UTC)
    assert found.asked is not None
    assert found.asked.strict
    assert found.passages == ()
    assert any("since 2 February 2025" in note for note in found.notes)
    later = library.ask("What was decided since 2030-01-01?", zone=UTC)
    assert any("still to come" in note for note in later.notes)


def test_a_scope_weighs_more_than_words(library: TeamLibrary) -> None:
    since = datetime(2024, 6, 1, tzinfo=UTC)
    found = library.ask("What did the harbour committee decide since Monday?", Scope(since=since), zone=UTC)
    assert found.asked is not None
    assert found.asked.since == since


def test_an_old_report_says_that_a_newer_one_tells_the_same_story(
    tmp_path: Path, model: SentenceTransformerEncoder
) -> None:
    first = "The ferry Skagerak ran aground off Port Quint on Monday with 214 passengers on board."
    second = (
        "The ferry Skagerak, which ran aground off Port Quint with 214 passengers, was pulled free by two tugs."
    )
    whole = Library(tmp_path, model, now=lambda: NOW)
    for day, title, said in (
        ("2025-01-06", "Ferry Skagerak runs aground off Port Quint", first),
        ("2025-01-08", "Ferry Skagerak pulled free off Port Quint", second),
    ):
        tail = "Nobody was hurt, the harbour master of Port Quint said; the Skagerak sails for Nordlinie."
        paragraphs = tuple(map(Paragraph, (said, tail)))
        whole.local.add(Article(title, paragraphs, name=title, origin=day, published_at=day, source="Quint Daily"))
    assert len(whole.local.stories()) == 1
    old = whole.local.ask("On which weekday did the ferry Skagerak run aground?", zone=UTC)
    assert old.passages[0].citation.published_at == "2025-01-06"
    assert old.notes == (
        "The first passage is of 2025-01-06; a newer article tells the same story: "
        "“Ferry Skagerak pulled free off Port Quint” (2025-01-08).",
    )
    new = whole.local.ask("Who pulled the ferry Skagerak free?", zone=UTC)
    assert (new.passages[0].citation.published_at, new.notes) == ("2025-01-08", ())
    whole.close()


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("What was decided until 2019 since 2024?", "since 2024-01-01 is after until 2019-12-31"),
        ("What was decided between 2024-05-10 and 2024-05-01?", "Turn them round"),
        ("What was decided from 2024 to 2019?", "Turn them round"),
        ("What was decided in the last 99999999 years?", "longer than the calendar"),
    ],
)
def test_a_period_that_can_t_be_is_refused_in_words(library: TeamLibrary, question: str, said: str) -> None:
    with pytest.raises(QuestionError, match=said):
        library.ask(question, zone=UTC)
