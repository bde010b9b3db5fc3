"""`topicbot backup`, `restore`, `export --user` and `purge`, as an operator runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.asking import service as asking
from bot.cli import app
from bot.workspace.workspace import Place
from tests.bot.conftest import workspace_in
from tests.conftest import article


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder in which somebody has asked something."""
    monkeypatch.setenv("TOPICBOT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TOPICBOT_EMBEDDING_MODEL", str(tiny_model))
    monkeypatch.chdir(tmp_path)
    with workspace_in(tmp_path / "data") as workspace:
        workspace.library.local.add(article("Crane", "The crane stands by the river.", id="crane"))
        asking.ask(workspace, "first", "who built the tower?", Place("UANN", "CNEWS"))
    return tmp_path


def told(*arguments: str, code: int = 0) -> str:
    ran = CliRunner().invoke(app, arguments)
    assert ran.exit_code == code, ran.output
    return ran.output


def test_a_backup_goes_out_and_comes_back(folder: Path) -> None:
    said = told("backup", "one.tar")
    assert "Wrote one.tar" in said
    assert "1 articles, 0 sources, 1 questions, 0 digests" in said
    assert "holds a library already" in told("restore", "one.tar", code=1)
    said = told("restore", "one.tar", "--force")
    assert "start `topicbot run`" in said
    (aside,) = folder.glob("data.before-restore-*")
    assert str(aside) in said.replace("\n", "")
    shape = json.loads(told("backup", "two.tar", "--json"))
    assert shape["members"]["library.db"]["rows"]["article"] == 1
    assert "is there already" in told("backup", "two.tar", code=1)
    assert "is no backup" in told("restore", "data/library.db", "--force", code=1)
    assert told("articles", "list")


def test_what_is_kept_of_people_is_printed_written_and_purged(folder: Path) -> None:
    assert (
        json.loads(told("export", "--user", "UANN"))["users"][0]["questions"][0]["text"] == "who built the tower?"
    )
    told("export", "ann.json", "--user", "UANN", "--user", "UBOB")
    found = json.loads((folder / "ann.json").read_text())["users"]
    assert [(one["user"], len(one["questions"])) for one in found] == [("UANN", 1), ("UBOB", 0)]
    assert (folder / "ann.json").stat().st_mode & 0o777 == 0o600
    assert "UANN: removed 1 questions" in told("purge", "--user", "UANN")
    assert json.loads(told("export", "-", "--user", "UANN"))["users"][0]["questions"] == []
    assert json.loads(told("purge", "--user", "UANN", "--json"))["users"][0]["questions"] == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["export"],
        ["export", "--user", "ann"],
        ["purge"],
        ["purge", "--user", "UANN", "--expired"],
        ["purge", "--source", "x", "--hand-over-to", "UADA"],
        ["purge", "--user", "UANN", "--hand-over-to", "@ada"],
    ],
)
def test_what_is_not_clear_is_asked_for(arguments: list[str]) -> None:
    assert told(*arguments, code=2)


_READER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN")
connection.execute("SELECT count(*) FROM question").fetchall()
print("reading", flush=True)
sys.stdin.read()
"""


@pytest.mark.slow
def test_a_purge_says_when_another_process_keeps_the_text_in_the_log(folder: Path) -> None:
    file = folder / "data" / "bot.db"

    def holds_text() -> bool:
        return any(b"who built the tower?" in path.read_bytes() for path in file.parent.glob("bot.db*"))

    command = [sys.executable, "-c", _READER, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout
        assert reader.stdin
        assert reader.stdout.readline() == "reading\n"
        said = " ".join(told("purge", "--user", "UANN").split())
        assert "removed 1 questions" in said
        assert "the removed text is still in its write-ahead log" in said
        assert holds_text()
        reader.stdin.close()
    assert "write-ahead log" not in told("purge", "--user", "UANN")
    assert not holds_text()
