"""The library as a program uses it: mappings, dates of any kind, and wrong arguments in plain words."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from embeddings import Article, InvalidInputError, Library
from tests.hashed import HashedEncoder


@pytest.fixture
def local(tmp_path: Path) -> Any:
    with Library(tmp_path, HashedEncoder()) as library:
        yield library.local


def test_a_mapping_is_an_article(local: Any) -> None:
    fields: dict[str, Any] = {
        "title": "Harbour",
        "text": "The harbour opened.\n\nIt has two piers.",
        "published_at": date(2024, 5, 1),
    }
    added = local.add(fields)
    stored = local.article(added.article_id)
    assert [one.text for one in stored.paragraphs] == ["The harbour opened.", "It has two piers."]
    assert stored.citation.published_at == "2024-05-01"
    assert local.add(Article.from_text(**fields)).outcome == "unchanged"


def test_an_answer_is_a_dict_and_shows_itself_in_a_notebook(local: Any) -> None:
    local.add({"title": "<b>Piers</b>", "text": "It rained. The harbour has two piers & a crane."})
    answer = local.ask("how many piers has the harbour?", k=1)
    assert json.loads(json.dumps(answer.to_dict()))["passages"][0]["title"] == "<b>Piers</b>"
    passage = answer.passages[0]
    assert passage.sentence == passage.text[passage.highlight.start : passage.highlight.end]
    page = answer._repr_html_()
    assert "<mark>" in page
    assert "&lt;b&gt;Piers" in page
    assert "<b>Piers" not in page


@pytest.mark.parametrize("since", ["2024-05-01", date(2024, 5, 1), datetime(2024, 5, 1, tzinfo=UTC)])
def test_a_period_may_be_given_in_any_of_the_usual_types(local: Any, since: Any) -> None:
    local.add({"title": "Old", "text": "The harbour has one pier.", "published_at": "2023-01-01"})
    local.add(
        {"title": "New", "text": "The harbour has two piers.", "published_at": "2024-05-01", "collection": "c"}
    )
    found = local.ask("harbour piers", k=5, since=since)
    assert [one.citation.title for one in found.passages] == ["New"]
    assert local.ask("harbour piers", k=5, until="2024-05-01", since=since, collection="c").passages


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda local: local.add("a text"), "Pass an Article or a mapping"),
        (lambda local: local.add({"title": "x"}), "has no 'text'"),
        (lambda local: local.add({"title": "x", "text": "y", "date": "2024"}), "which no article has"),
        (lambda local: local.add({"title": 3, "text": "y"}), "'title' is 3, which is not text"),
        (lambda local: local.add({"title": "x", "text": " "}), "'text' is empty"),
        (lambda local: local.add({"title": "x", "text": "y", "published_at": "May"}), "'May' is not a date"),
        (lambda local: local.add({"title": "x", "text": "y", "published_at": 7}), "7 is not a date"),
        (lambda local: local.ask("piers", k=0), "'k' is 0"),
        (lambda local: local.ask("piers", since="soon"), "'soon', which is not a date"),
        (lambda local: local.ask("piers", since=5), "5, which is not a date"),
        (lambda local: local.ask("piers", since="2024-02-01", until="2024-01-01"), "is after 'until'"),
        (lambda local: local.ask(None), "'question' is None"),
    ],
)
def test_a_wrong_argument_is_named_in_plain_words(local: Any, call: Any, said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        call(local)
