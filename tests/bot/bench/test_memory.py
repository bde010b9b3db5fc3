"""The memory that is measured is that of a bot that answers over a library."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.bench import memory
from bot.bench.memory import measure
from bot.config import Settings
from embeddings.encoding.encoder import SentenceTransformerEncoder
from embeddings.errors import TopicbotError
from embeddings.library import Library
from tests.conftest import article

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="memory is read from /proc")]


def test_a_running_bot_is_asked_and_measured(tmp_path: Path, tiny_model: Path) -> None:
    settings = Settings(data_dir=tmp_path, embedding_model=str(tiny_model))
    with Library(tmp_path, SentenceTransformerEncoder(str(tiny_model), cache=settings.models_folder)) as library:
        library.local.add(article("Crane", "A crane. A dog."))
    found = measure(tmp_path, settings, 1, [f"is there a crane {number}" for number in range(5)])
    assert (found.paragraphs, found.questions) == (1, 5)
    assert 30 < found.started_own < found.started < 2000
    assert found.own < found.resident <= found.peak < 2000


def test_a_bot_that_does_not_start_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_SECONDS", 60.0)
    settings = Settings(data_dir=tmp_path, embedding_model=str(tmp_path / "no-model"))
    (tmp_path / "library.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(TopicbotError, match="did not start"):
        measure(tmp_path, settings, 1, ["is there a crane"])
