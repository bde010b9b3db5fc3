"""Questions with known answers: how they are read, and which passages are right."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from embeddings.errors import SourceError
from embeddings.evaluate.questions import LabelledQuestion, read_questions
from embeddings.ingest.files import read, sources
from embeddings.types import Article
from tests.conftest import EXAMPLES

GOOD = '{"question": "Who?", "article": "a", "paragraph": 3, "answers": ["Liu He", "the premier"]}'


def write(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "questions.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_questions_are_read_line_by_line(tmp_path: Path) -> None:
    unanswerable = '{"question": "Why?", "article": null, "paragraph": null, "answers": []}'
    found = read_questions(write(tmp_path, GOOD, "", unanswerable, '{"question": "How?", "article": "b"}'))
    assert found == [
        LabelledQuestion("Who?", "a", 3, ("Liu He", "the premier")),
        LabelledQuestion("Why?", None),
        LabelledQuestion("How?", "b"),
    ]


def test_a_question_on_an_article_that_does_not_answer_it_counts_as_unanswerable(tmp_path: Path) -> None:
    fields = '"question": "Who?", "article": "a", "paragraph": 0, "answers": []'
    found = read_questions(
        write(tmp_path, f'{{{fields}, "answerable": false}}', f'{{{fields}, "answerable": true}}')
    )
    assert found == [LabelledQuestion("Who?", None), LabelledQuestion("Who?", "a", 0)]


@pytest.mark.parametrize(
    "line",
    [
        "{oops",
        "[]",
        "5",
        '{"question": "Who?"}',
        '{"article": "a"}',
        '{"question": "Who?", "article": "a", "answerable": "no"}',
    ],
)
def test_a_line_that_is_no_question_is_named(tmp_path: Path, line: str) -> None:
    path = write(tmp_path, GOOD, "", line)
    with pytest.raises(SourceError, match=r"questions\.jsonl, line 3: is not a question") as caught:
        read_questions(path)
    assert caught.value.source == f"{path}, line 3"


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nowhere\.jsonl: can't be read: .*Check the path"):
        read_questions(tmp_path / "nowhere.jsonl")


def test_a_file_that_is_not_utf_8_is_told(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_bytes(b'{"question": "Caf\xe9?", "article": null}')
    with pytest.raises(SourceError, match=r"questions\.jsonl, line 1: is not a question"):
        read_questions(path)


def test_a_file_without_questions_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"questions\.jsonl: holds no questions"):
        read_questions(write(tmp_path, "", "  ", ""))


def test_the_labelled_paragraph_is_right_whatever_it_says() -> None:
    question = LabelledQuestion("Who?", "a", 3, ("Liu He",))
    assert question.is_right("a", 3, "Someone else.")
    assert not question.is_right("a", 4, "It was Liu He.")
    assert not question.is_right("b", 3, "It was Liu He.")


def test_paragraph_0_is_a_paragraph_like_any_other() -> None:
    question = LabelledQuestion("Who?", "a", 0, ("Liu He",))
    assert question.is_right("a", 0, "Someone else.")
    assert not question.is_right("a", 1, "It was Liu He.")


def test_without_a_paragraph_each_that_holds_an_answer_is_right() -> None:
    question = LabelledQuestion("Who?", "a", None, ("Liu He", "the premier"))
    assert question.is_right("a", 1, "It was LIU HE.")
    assert question.is_right("a", 9, "It was the premier.")
    assert not question.is_right("a", 1, "It was Li Wei.")
    assert not question.is_right("b", 1, "It was Liu He.")


def test_no_passage_is_right_for_a_question_without_answer() -> None:
    assert not LabelledQuestion("Why?", None).is_right("a", 0, "Because.")


def test_the_sample_answers_stand_in_the_sample_articles_where_they_are_labelled() -> None:
    articles = [found for path in sources(EXAMPLES / "articles") for found in read(path)]
    paragraphs = {a.id or a.name: [p.text for p in a.paragraphs] for a in articles if isinstance(a, Article)}
    questions = read_questions(EXAMPLES / "questions.jsonl")
    answerable = [q for q in questions if q.article is not None]
    assert (len(questions), len(answerable), len(paragraphs)) == (60, 44, 15)
    for question in answerable:
        assert question.article is not None
        assert question.paragraph is not None
        text = paragraphs[question.article][question.paragraph]
        assert any(answer in text for answer in question.answers), question.question


@pytest.mark.parametrize(
    "wrong",
    [
        {"answers": "Liu He"},
        {"answers": [5]},
        {"question": None},
        {"article": 5},
        {"paragraph": "3"},
    ],
)
def test_ill_typed_fields_are_told(tmp_path: Path, wrong: dict[str, object]) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text(json.dumps({"question": "who?", "article": "a", "paragraph": 0, "answers": ["x"], **wrong}))
    with pytest.raises(SourceError, match="line 1"):
        read_questions(path)


def test_a_line_separator_inside_a_question_does_not_part_it(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    line = json.dumps({"question": "who\u2028came?", "article": None}, ensure_ascii=False)
    path.write_bytes(b"\xef\xbb\xbf" + line.encode())
    assert [one.question for one in read_questions(path)] == ["who\u2028came?"]
