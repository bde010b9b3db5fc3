"""Many questions at once: searched one after the other, encoded beside each other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from embeddings.encoding.backends.base import Vectors
from embeddings.library import Library
from embeddings.types import Article, Paragraph
from tests.hashed import HashedEncoder
from tests.waiting import eventually

CRANE = Article("Crane", (Paragraph("A crane slept by the river."),), "crane")
ASKED = [f"what slept by the river {number}?" for number in range(5)]


class Beginning(HashedEncoder):
    """Notes which questions it begins to encode."""

    def __init__(self) -> None:
        super().__init__()
        self.begun: list[str] = []

    def begin_question(self, text: str) -> Callable[[], Vectors]:
        """Note it."""
        self.begun.append(text)
        return lambda: self.encode([text])


def test_one_question_is_searched_at_a_time_and_the_others_are_encoded_meanwhile(tmp_path: Path) -> None:
    encoder, lock = Beginning(), threading.Lock()
    searched: list[str] = []
    most = 0

    @contextmanager
    def stage(name: str) -> Iterator[None]:
        nonlocal most
        with lock:
            searched.append(name)
            most = max(most, len(searched))
        if name == "keywords":
            assert eventually(lambda: len(encoder.begun) == len(ASKED))
        yield
        with lock:
            searched.remove(name)

    with Library(tmp_path, encoder, timing=stage) as library:
        library.local.add(CRANE)
        with ThreadPoolExecutor(len(ASKED)) as threads:
            answers = list(threads.map(library.local.ask, ASKED))
    assert [one.passages[0].citation.article_id for one in answers] == ["crane"] * len(ASKED)
    assert most == 1
    assert sorted(encoder.begun) == ASKED
