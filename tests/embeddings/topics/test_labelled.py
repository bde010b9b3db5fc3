"""Names, figures that differ and what points back, on labelled sentences written for it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from embeddings.encoding.encoder import SentenceTransformerEncoder
from embeddings.topics.differ import Claim, differing, is_correction
from embeddings.topics.names import joined, names_of
from embeddings.topics.references import Kind, bracketed, reference, resolve
from tests.conftest import EXAMPLES


def labelled(name: str) -> list[dict[str, Any]]:
    lines = (EXAMPLES / "summaries" / name).read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_names_of_labelled_paragraphs_are_found() -> None:
    right = found = wanted = 0
    for row in labelled("names.jsonl"):
        own = {name.text for name in names_of([row["text"]])[0]}
        right += len(own & set(row["names"]))
        found, wanted = found + len(own), wanted + len(row["names"])
    precision, recall = right / found, right / wanted
    assert 2 * precision * recall / (precision + recall) >= 0.85


def test_aliases_are_joined() -> None:
    from collections import Counter

    alias = joined(Counter({"Alibaba": 3, "Alibaba Group": 1, "Daniel Zhang": 1, "Zhang": 4}))
    assert alias["Alibaba Group"] == alias["Alibaba"] == "Alibaba"
    assert alias["Zhang"] == alias["Daniel Zhang"] == "Daniel Zhang"


def test_a_family_name_that_is_first_counts_for_the_whole_name() -> None:
    from collections import Counter

    alias = joined(
        Counter(
            {"Liu": 4, "Liu He": 1, "Xi": 2, "Xi Jinping": 3, "Li": 2, "Li Auto": 5, "Tesla": 3, "Tesla Motors": 1}
        )
    )
    assert (alias["Liu"], alias["Xi"], alias["Li"]) == ("Liu He", "Xi Jinping", "Li")
    two = joined(Counter({"Liu": 4, "Liu He": 1, "Liu Qiangdong": 1}))
    assert two["Liu"] == "Liu"


def test_figures_that_differ_are_told_from_traps(model: SentenceTransformerEncoder) -> None:
    rows = labelled("figures.jsonl")
    vectors = model.encode([text for row in rows for text in (row["one"], row["other"])])
    right = said = wanted = 0
    for number, row in enumerate(rows):
        claims = [Claim(row["one"], "one"), Claim(row["other"], "other")]
        differ = bool(differing(claims, vectors[2 * number : 2 * number + 2]))
        right += differ and row["differ"]
        said, wanted = said + differ, wanted + row["differ"]
    assert (len(rows), wanted) == (80, 40)
    assert right / said >= 0.9
    assert right / wanted >= 0.8


def test_a_group_of_differing_figures_goes_from_old_to_new() -> None:
    claims = [
        Claim("The Norvik theft affected 1.9 million customers.", "b", "2025-03-02"),
        Claim("The theft at Norvik affected 1.2 million customers.", "a", "2025-03-01"),
        Claim("Norvik has 900 branches.", "c", "2025-03-03"),
    ]
    assert differing(claims) == [[1, 0]]
    assert is_correction("The figure was revised from 1.2 million.")


@pytest.mark.parametrize(
    ("before", "sentence", "shown"),
    [
        (
            "Daniel Zhang spoke first.",
            "He said that merchants came first.",
            "[Daniel Zhang] said that merchants came first.",
        ),
        (
            "Alibaba Group opened an office.",
            "The e-commerce giant has since pledged $15 billion.",
            "The e-commerce giant [Alibaba Group] has since pledged $15 billion.",
        ),
        (
            "Norvik Bank lost a case.",
            "Its shares fell by 4 per cent.",
            "[Norvik Bank’s] shares fell by 4 per cent.",
        ),
    ],
)
def test_a_name_in_brackets_says_what_is_meant(before: str, sentence: str, shown: str) -> None:
    mark = reference(sentence)
    assert mark is not None
    name = resolve(mark, names_of([before, sentence])[:1])
    assert name is not None
    found = bracketed(sentence, mark, name.text)
    assert sentence[: found.start] + found.shown + sentence[found.end :] == shown


@pytest.mark.parametrize(
    "sentence",
    [
        "The success made up for a painful failure.",
        "One of those segments was struck by a speck of dust.",
        "Two days on, Karin Warholt ran the hurdles in 45 seconds.",
        "Norvik Bank bought it for one pound.",
        "The contract is worth 1.1 million euros a year.",
    ],
)
def test_what_points_back_without_a_pronoun_is_quoted_with_the_sentence_before(sentence: str) -> None:
    mark = reference(sentence)
    assert mark is not None
    assert mark.kind is Kind.SAID


@pytest.mark.parametrize(
    "sentence",
    [
        "The financial watchdog, BaFin, came in for criticism.",
        "The decision to put the Games back was taken in March.",
        "Three days after the ruling the regulator called in 34 firms.",
        "One of the world's largest ships ran aground.",
        "Norvik Bank, which nobody trusted, said that the minister told it to sell.",
        "It is estimated that the market will grow.",
        "This year's conference was about trade.",
        "The German payments company Wirecard filed for insolvency.",
        "In his speech, Vice Premier Liu spoke of trade.",
    ],
)
def test_what_stands_alone_points_back_at_nothing(sentence: str) -> None:
    assert reference(sentence) is None
