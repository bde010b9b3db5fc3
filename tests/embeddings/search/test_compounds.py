"""Nouns made of a verb and a particle agree with the verb, and only with the two of them together."""

from __future__ import annotations

import pytest

from embeddings.library import Library
from embeddings.search.compounds import compounds, with_nouns
from embeddings.search.pipeline import order
from embeddings.search.question import parse
from embeddings.types import Article, Paragraph


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("layoffs", "Norvik lays off 900 workers."),
        ("the layoff", "Norvik laid 900 workers off."),
        ("layoffs", "The lay-offs began in May."),
        ("a takeover", "Selm took over its rival."),
        ("a takeover", "Its rival was taken over."),
        ("the buyout", "The chief bought the owners out."),
        ("their breakup", "The two broke up in June."),
        ("the shutdown", "They shut the plant down."),
        ("the rollout", "It is rolling out new trains."),
        ("the bailouts", "The state bailed out two banks."),
        ("a walkout", "Nurses walk out on Friday."),
        ("the handover", "He hands over the keys."),
        ("a crackdown", "Police cracked down on fraud."),
        ("the kickoff", "They kick off at noon."),
        ("the spinoff", "Rovex spins off its mill."),
        ("the spinoff", "The spin-off was approved."),
        ("the teardown", "Workers tore down the bridge."),
    ],
)
def test_a_noun_is_said_with_its_verb_in_any_form(question: str, text: str) -> None:
    (noun,) = compounds(parse(question))
    assert noun.is_said_in(text)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("layoffs", "The mill lay on the river."),
        ("a takeover", "It takes an hour to cross by boat over the lake."),
        ("a takeover", "The repairs took over 40 days."),
        ("the rollout", "They rolled it down the hill, and found the way back and out."),
        ("the setup", "She set the table and went to look upon the lake."),
    ],
)
def test_a_verb_without_its_particle_is_another_word(question: str, text: str) -> None:
    (noun,) = compounds(parse(question))
    assert not noun.is_said_in(text)


@pytest.mark.parametrize(
    "question", ["a button", "Robin", "scouts", "to recover", "a group", "what about the soup"]
)
def test_a_word_that_only_ends_like_one_is_none(question: str) -> None:
    assert compounds(parse(question)) == []


@pytest.mark.parametrize(
    ("question", "noun"),
    [
        ("whom did Norvik lay off?", "layoff"),
        ("whom has Norvik laid off?", "layoff"),
        ("who lays 900 workers off?", "layoff"),
        ("lay-offs at Norvik", "layoff"),
        ("who took over the mill?", "takeover"),
        ("why did the pair break up?", "breakup"),
        ("the spin-off of the mill", "spinoff"),
        ("how do I sign-up?", "signup"),
    ],
)
def test_a_question_with_the_verb_fits_the_noun(question: str, noun: str) -> None:
    assert any(noun in forms for forms in with_nouns(parse(question)).forms)


@pytest.mark.parametrize(
    "question", ["did the pair take part in talks over tax?", "who walked to the mill on Monday?"]
)
def test_a_preposition_is_no_particle(question: str) -> None:
    assert with_nouns(parse(question)) == parse(question)


def test_a_passage_holds_the_noun_where_it_has_the_verb_with_its_particle(library: Library) -> None:
    library.local.add(
        Article(
            "Works",
            (
                Paragraph("Norvik laid off 900 workers at its northern works in May."),
                Paragraph("Its owner laid the first stone of the northern works in 1911."),
                Paragraph("The layoffs at the northern works were the first for a decade."),
            ),
            "works",
        )
    )
    measured = library.local.measure("how many layoffs were there?")
    assert measured is not None
    place = measured.question.terms.index("layoff")
    held = {one.candidate.id: bool(measured.features.in_sentence[one.row, place]) for one in order(measured)}
    assert [held[key] for key in sorted(held)] == [True, False, True]
