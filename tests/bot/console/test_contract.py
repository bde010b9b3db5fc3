"""What `--json` prints is what the published schema says, in every key and type."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from bot.cli import app
from bot.console.contract import PRINTED, AnswerJson, check, schema
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
    assert set(found["required"]) == {"question", "answered", "confidence", "passages", "took_ms"}
    assert found["additionalProperties"] is False
    assert found["description"]
