"""A benchmark writes its tables into a page and leaves the prose alone."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.bench.page import Grid, PageError, check_page, conditions, markdown, write_page
from bot.bench.running import Wanted, run_parts
from bot.config import Settings
from embeddings.errors import TopicbotError
from tests.conftest import EXAMPLES

PAGE = """# Speed
By hand.
<!-- bench: libraries -->
old
<!-- /bench: libraries -->
Between.
<!-- bench: web -->
<!-- /bench: web -->
At the end \\1.
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "performance.md"
    path.write_text(PAGE, encoding="utf-8")
    return path


def test_a_section_is_written_anew_and_all_else_stays(page: Path) -> None:
    for text in ("first", "| a | \\1 |"):
        write_page(page, {"libraries": f"\n{text}\n"})
        assert page.read_text(encoding="utf-8") == PAGE.replace("old", text)


def test_a_table_is_markdown_with_indented_rows_and_bars_escaped() -> None:
    grid = Grid(["Paragraphs", "1,000"], [["asking", "1 / 2"], ["  rows", "a|b"]])
    lines = markdown(grid).splitlines()
    assert lines == ["| Paragraphs | 1,000 |", "| -- | --: |", "| asking | 1 / 2 |", "| &nbsp; rows | a\\|b |"]


def test_a_page_without_the_place_is_refused_with_the_lines_to_write(page: Path) -> None:
    check_page(page, ["libraries", "web"])
    with pytest.raises(PageError, match="<!-- bench: memory -->"):
        check_page(page, ["memory"])
    page.write_text(PAGE + PAGE, encoding="utf-8")
    with pytest.raises(PageError, match="once"):
        check_page(page, ["web"])
    with pytest.raises(PageError, match="can't be read"):
        check_page(page.with_name("none.md"), ["web"])


def test_what_was_run_when_and_where_is_said() -> None:
    said = conditions("topicbot bench a b", datetime(2026, 2, 3, tzinfo=UTC))
    assert "2026-02-03" in said
    assert "`topicbot bench a b`" in said
    assert f"{os.cpu_count()} cores" in said


def test_nothing_is_measured_when_page_or_disk_will_not_do(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = Wanted(EXAMPLES / "questions.jsonl", (EXAMPLES / "articles",), (50,), ("memory",), page=page)
    with pytest.raises(PageError):
        run_parts(wanted, Settings(data_dir=page.parent), None)
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 10**9}))
    with pytest.raises(TopicbotError, match="--sizes"):
        run_parts(replace(wanted, parts=("web",)), Settings(data_dir=page.parent), None)


@pytest.mark.slow
def test_one_command_writes_tables_and_picture(
    page: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(data_dir=page.parent / "own", embedding_model=str(tiny_model))
    questions = page.with_name("questions.jsonl")  # each is asked some twenty times
    lines = (EXAMPLES / "questions.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    questions.write_text("".join(lines[:20]), encoding="utf-8")
    wanted = Wanted(
        questions,
        (EXAMPLES / "articles",),
        (50, 100),
        ("libraries", "web"),
        baseline=True,
        page=page,
        command="topicbot bench of a test",
    )
    shape = json.loads(json.dumps(run_parts(wanted, settings, None)))
    assert [one["paragraphs"] for one in shape["sizes"]] == [50, 100]
    assert [one["paragraphs"] for one in shape["web"]] == [50, 100]
    text = page.read_text(encoding="utf-8")
    assert text.count("topicbot bench of a test") == 2
    assert "| Paragraphs | 50 | 100 |" in text
    assert "| the plain way |" in text
    assert "](asking.png)" in text
    assert "old" not in text.split("Between.")[0].split("-->")[1]
    assert page.with_name("asking.png").read_bytes().startswith(b"\x89PNG")
    assert "Filling 100" in capsys.readouterr().err
