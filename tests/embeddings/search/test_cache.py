"""Answers with the real model: right, cited, marked, and honest about not knowing."""

from __future__ import annotations

import pytest

from embeddings.evaluate.questions import read_questions
from embeddings.evaluate.report import judge, report
from embeddings.library import Library
from embeddings.scope import Scope
from embeddings.types import Answer
from tests.conftest import EXAMPLES


def marked(answer: Answer) -> str:
    best = answer.passages[0]
    return best.text[best.highlight.start : best.highlight.end]


@pytest.mark.parametrize(
    ("question", "article", "paragraph", "sentence"),
    [
        ("what did Alibaba pledge?", "wuzhen-2021", 3, "The e-commerce giant had pledged earlier in September"),
        ("who is the chairman of China Mobile?", "wuzhen-2021", 7, "China Mobile's chairman, Yang Jie"),
        ("how long did the first helicopter flight on Mars last?", "perseverance-landing", 6, "39 seconds"),
        ("what did HSBC pay for the UK business of Silicon Valley Bank?", "svb-collapse", 6, "one pound"),
        ("how far from Earth is the Webb observatory?", "webb-images", 4, "1.5 million kilometres"),
    ],
)
def test_the_right_sentence_is_marked_in_the_right_paragraph(
    samples: Library, question: str, article: str, paragraph: int, sentence: str
) -> None:
    answer = samples.local.ask(question)
    best = answer.passages[0]
    assert answer.answered
    assert (best.citation.article_id, best.paragraph) == (article, paragraph)
    assert sentence in marked(answer)
    assert best.text == samples.local.article(article).paragraphs[paragraph].text


@pytest.mark.parametrize(
    "question",
    [
        "What did Tencent pledge?",
        "what did tencent pledge?",
        "How much did UBS pay for Credit Suisse?",
        "Who won the football match?",
        "What is the capital of Peru?",
        "What did Jack Ma say at the Wuzhen summit?",
    ],
)
def test_what_the_articles_don_t_hold_is_not_answered(samples: Library, question: str) -> None:
    answer = samples.local.ask(question)
    assert not answer.answered
    assert answer.passages, "the nearest passages are still shown"


def test_the_sample_questions_are_answered_as_well_as_the_docs_say(samples: Library) -> None:
    figures = report(judge(samples.local, read_questions(EXAMPLES / "questions.jsonl")))
    assert figures.hit_at_1 >= 0.7
    assert figures.hit_at_5 >= 0.95
    assert figures.answered >= 0.85


def test_passages_are_ranked_and_scored_from_best_to_worst(samples: Library) -> None:
    passages = samples.local.ask("what caused the bank run?", limit=8).passages
    scores = [passage.score for passage in passages]
    assert [passage.rank for passage in passages] == list(range(1, 9))
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_asking_twice_gives_the_same(samples: Library) -> None:
    first, second = (samples.local.ask("who opened the conference in Wuzhen?") for _ in range(2))
    assert (first.passages, first.confidence) == (second.passages, second.confidence)


def test_a_collection_hides_the_rest(samples: Library) -> None:
    passages = samples.local.ask(
        "what did Alibaba pledge?", Scope(collections=("science-briefs",)), limit=50
    ).passages
    assert {passage.citation.article_id for passage in passages} == {"philae-landing", "gravitational-waves"}


def test_a_question_in_capitals_finds_the_same_passage(samples: Library) -> None:
    assert samples.local.ask("WHAT DID ALIBABA PLEDGE?").passages[0].paragraph == 3
