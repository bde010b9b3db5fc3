"""Which act an utterance is, measured on a list that was written before the rules."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.asking.conversation import questions_in, with_name
from bot.dialogue.model import Act, act_of, corrected, is_plain_question, without_markup
from tests.bot.dialogue.utterances import ALL, DEVELOP, REPORT

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.mark.parametrize("part", [DEVELOP, REPORT], ids=["develop", "report"])
def test_acts_are_told_apart(part: tuple[tuple[str, str], ...]) -> None:
    wrong = [(text, act, str(act_of(text, "UBOT1"))) for text, act in part if act_of(text, "UBOT1") != act]
    assert len(wrong) / len(part) <= 0.05, wrong


def test_every_act_is_measured() -> None:
    assert {act for _, act in ALL} == set(Act)


@pytest.mark.parametrize("name", ["questions.jsonl", "office-questions.jsonl"])
def test_no_real_question_is_taken_for_anything_else(name: str) -> None:
    lines = (EXAMPLES / name).read_text(encoding="utf-8").splitlines()
    asked = [json.loads(line)["question"] for line in lines]
    assert [one for one in asked if act_of(one, "UBOT1", addressed=True) is not Act.QUESTION] == []


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        (":wave: who was fined :thinking_face: ?", "who was fined ?"),
        ("<@UBOB> who was fined in <#C1|news>?", "who was fined in ?"),
        ("what is `rm -rf`?", "what is ?"),
        ("&gt; Alibaba paid\nhow much?", "Alibaba paid how much?"),
        ("at 10:30:15 who spoke?", "at 10:30:15 who spoke?"),
    ],
)
def test_markup_is_no_word_of_a_question(text: str, bare: str) -> None:
    assert without_markup(text) == bare


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("no, I meant Xiaomi", ("Xiaomi", None)),
        ("I meant BYD, not Xiaomi", ("BYD", "Xiaomi")),
        ("not Alibaba, Tencent", ("Tencent", "Alibaba")),
        ("no, that's wrong", None),
        ("what did he mean?", None),
    ],
)
def test_a_correction_names_who_was_meant(text: str, found: tuple[str, str | None] | None) -> None:
    assert corrected(text) == found


def test_a_corrected_name_replaces_the_wrong_one() -> None:
    assert with_name("what did Alibaba pledge?", "Alibaba", "Xiaomi", None) == "what did Xiaomi pledge?"
    assert with_name("did BYD beat Tesla?", "BYD", "Xiaomi", "tesla") == "did BYD beat Xiaomi?"
    assert with_name("who was fined?", "", "Xiaomi", None) == "who was fined, Xiaomi?"


def test_two_questions_are_parted_and_one_is_not() -> None:
    assert questions_in("Hi! Who was fined here? When did that happen? Thanks!") == [
        "Who was fined here?",
        "When did that happen?",
    ]
    assert questions_in("I read the report. What did Alibaba pledge?") == [
        "I read the report. What did Alibaba pledge?"
    ]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("who was fined?", True),
        ("and in 2024?", True),
        ("how many cars", True),
        ("it was Alibaba", False),
        ("wer zahlte die Strafe", True),
        ("und wie hoch war die Strafe", True),
        ("in welcher Stadt ist das Gericht", True),
        ("combien de voitures ont été vendues", True),
        ("dónde está el cráter", True),
        ("come si chiama il direttore della banca", True),
        ("quem é o diretor do banco", True),
        ("waar is het kantoor", True),
        ("¿y Tesla", True),
        ("誰が払いましたか？", True),
        ("come here please", False),
        ("war and peace", False),
        ("die Strafe ist hoch", False),
        ("je le dis à Bob", False),
    ],
)
def test_a_question_has_its_form(text: str, plain: bool) -> None:
    assert is_plain_question(text) is plain
