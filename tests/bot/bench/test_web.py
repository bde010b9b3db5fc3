"""Asking over HTTP is measured beside asking the library, and every one of many requests at once is answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.bench.web import CONCURRENT, measure
from bot.config import Settings
from embeddings.library import Library
from tests.hashed import HashedEncoder


@pytest.mark.slow
def test_both_ways_are_timed_and_two_hundred_at_once_answered(tmp_path: Path) -> None:
    with Library(tmp_path, HashedEncoder()) as library:
        for number in range(30):
            library.local.add({"title": f"Pier {number}", "text": f"Pier {number} has {number} cranes."})
        questions = [f"how many cranes has pier {number}?" for number in range(20)]
        found = measure(library, Settings(data_dir=tmp_path), questions)
    assert found.paragraphs == 30
    assert found.answered == CONCURRENT
    assert found.ratio == pytest.approx(found.web.p50 / found.library.p50)
    assert 0 < found.library.p50 <= found.library.p95
