"""What is printed and written: no control character raw, files whole and their owner's alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.console.session import print_json, say, written_whole
from embeddings.exporter import lines
from embeddings.library import Library
from tests.conftest import article

HOSTILE = "a\x1b[2Jb\x9b31mc\u202ed\u2066e\u200ff\u2028g"
RAW = set("\x1b\x9b\u202e\u2066\u200f\u2028")


def test_no_control_character_is_printed_raw(capsys: pytest.CaptureFixture[str], library: Library) -> None:
    print_json({"title": HOSTILE})
    shown = capsys.readouterr().out
    assert not RAW & set(shown)
    assert json.loads(shown) == {"title": HOSTILE}, "the value is the same"
    say(HOSTILE)
    assert not RAW & set(capsys.readouterr().out)
    library.local.add(article(HOSTILE, f"A crane {HOSTILE} stands."))
    for line in lines(library.local):
        assert not RAW & set(line)
        assert json.loads(line)["title"] == HOSTILE


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "export.jsonl"
    (tmp_path / ".export.jsonl.part").write_text("left by a killed export")
    with written_whole(file) as out:
        out.write("whole")
        assert not file.exists()
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("whole", 0o600)
    with pytest.raises(ZeroDivisionError), written_whole(file) as out:
        out.write("half" * (1 // 0))
    assert file.read_text() == "whole"
    assert [path.name for path in tmp_path.iterdir()] == ["export.jsonl"]
