"""What `--json` prints is what the published schema says, in every key and type."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from bot.cli import app
from bot.console.contract import PRINTED, AnswerJson, TopicJson, check, schema
from bot.console.shapes import topic_json
from embeddings.types import Antecedent, Citation, Highlight, Passage, Point, TopicSummary
from tests.hashed import HashedEncoder

CRANES = {"title": "Cranes", "text": "A crane flew over the harbour.\n\nIt landed at dusk.", "source": "The Port"}


@pytest.fixture
def printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what a command prints with `--json`, over a library of two articles."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOPICBOT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(
        "embeddings.encoding.encoder.SentenceTransformerEncoder", lambda model, **_: HashedEncoder("hashed")
    )

    def run(*arguments: str, text: str | None = None) -> Any:
        result = CliRunner().invoke(app, [*arguments, "--json"], input=text)
        assert result.exit_code == 0, result.output
        return [json.loads(line) for line in result.stdout.splitlines()] if text else json.loads(result.stdout)

    articles = [{**CRANES, "id": "a"}, {**CRANES, "id": "b", "url": "https://example.org/b"}]
    Path("cranes.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in articles))
    run("add", "cranes.jsonl")
    return run


@pytest.mark.parametrize("command", PRINTED)
def test_each_command_prints_what_its_schema_says(command: str, printed: Any) -> None:
    words = command.removeprefix("topicbot ").removesuffix(" --json")
    arguments = words.replace("QUESTION", "where did the crane fly?").replace("SUBJECT", "crane")
    given = [{"ID": "a"}.get(word, word) for word in words.split()]
    if words.startswith(("ask", "topic ")):
        given = arguments.split(" ", 1)
    check(PRINTED[command], printed(*given))


def test_what_only_some_articles_have_is_in_the_schema_too() -> None:
    cited = Citation("a", "Cranes", published_at="2027-01-02")
    plain = Point("It fell by 3 percent.", cited, 0, 0, 21, "2027-01-03T00:00:00+00:00")
    meant = replace(plain, antecedent=Antecedent(0, 2, "[The crane]"))
    figures = ((plain, meant),)
    passage = Passage(
        1, 0.5, cited, 0, "A row.", Highlight(0, 6), page=2, label="ii", table=True, also_in=(cited,)
    )
    summary = TopicSummary("crane", True, (meant,), figures, (), (), (cited,), (), (passage,), 1.0)
    check(TopicJson, topic_json(summary, None))


def test_each_line_of_many_questions_is_an_answer_also_where_it_could_not_be_asked(printed: Any) -> None:
    found = printed("ask", "-", text="where did the crane fly?\n \n")
    assert len(found) == 2
    assert "error" in found[1]
    for one in found:
        check(AnswerJson, one)


def test_a_key_that_the_schema_does_not_have_is_noticed(printed: Any) -> None:
    with pytest.raises(ValidationError):
        check(AnswerJson, {**printed("ask", "crane"), "extra": 1})


def test_the_schema_says_what_each_key_means_and_which_must_be_there() -> None:
    found = schema(AnswerJson)
    assert set(found["properties"]) - set(found["required"]) == {"error"}
    assert found["additionalProperties"] is False
    assert found["description"]
