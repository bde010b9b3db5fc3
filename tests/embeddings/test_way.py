"""The way of a question from the library to FAISS, the way of an article into it, and the wall between teams."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import faiss
import pytest
from sqlalchemy import Engine, event

import embeddings
from bot.metrics import TimedEncoder
from embeddings.encoding.backends.base import Vectors
from embeddings.errors import QuestionError
from embeddings.library import Library
from embeddings.scope import Scope
from embeddings.store import articles, copies
from embeddings.team import TeamLibrary
from embeddings.types import Outcome
from tests.conftest import article
from tests.hashed import HashedEncoder

OURS = str(Path(embeddings.__file__).parent)
MOST_FRAMES = 5


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path, HashedEncoder()) as opened:
        yield opened


def our_frames(frame: FrameType | None) -> list[str]:
    """The functions of our own on the stack, innermost first."""
    found = []
    while frame is not None:
        if frame.f_code.co_filename.startswith(OURS):
            found.append(frame.f_code.co_qualname)
        frame = frame.f_back
    return found


def test_a_question_comes_to_faiss_in_five_frames(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    library.local.add(article("Storm", "The storm closed the harbour.", "Ships wait."))
    real, stacks = faiss.IndexIDMap2.search, []

    def search(self: Any, *given: Any, **more: Any) -> Any:
        stacks.append(our_frames(sys._getframe()))
        return real(self, *given, **more)

    monkeypatch.setattr(faiss.IndexIDMap2, "search", search)
    assert library.local.ask("storm harbour").passages
    (stack,) = stacks
    assert stack[-1] == "TeamLibrary.ask"
    assert len(stack) <= MOST_FRAMES, stack


def test_an_approximate_index_is_reached_in_as_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, stacks = faiss.IndexIVFPQFastScan.search_preassigned_c, []

    def search(self: Any, *given: Any) -> Any:
        stacks.append(our_frames(sys._getframe()))
        return real(self, *given)

    monkeypatch.setattr(faiss.IndexIVFPQFastScan, "search_preassigned_c", search)
    with Library(tmp_path, HashedEncoder(), exact=2) as library:
        for number in range(60):
            library.local.add(article(f"Storm {number}", f"The storm closed harbour {number}.", "Ships wait."))
        library.warm()
        assert library.index.kind == "approximate"
        assert library.local.ask("storm harbour").passages
    assert stacks
    for stack in stacks:
        assert stack[-1] == "TeamLibrary.ask"
        assert len(stack) <= MOST_FRAMES, stack


class Noting(HashedEncoder):
    """Notes when it begins a question and when somebody waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[str] = []

    def begin_question(self, text: str) -> Callable[[], Vectors]:
        self.events.append(f"begun: {text}")

        def wait() -> Vectors:
            self.events.append("waited for")
            return self.encode([text])

        return wait


def test_the_words_are_searched_while_the_question_is_encoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Noting()
    with Library(tmp_path, TimedEncoder(own)) as library:
        library.local.add(article("Storm", "The storm closed the harbour.", "Ships wait."))
        real = library.index.keywords

        def keywords(*given: Any) -> Any:
            own.events.append("words searched")
            return real(*given)

        monkeypatch.setattr(library.index, "keywords", keywords)
        assert library.local.ask("what closed the harbour?").passages
        assert own.events == ["begun: what closed the harbour?", "words searched", "waited for"]
        own.events.clear()
        assert library.local.ask("what closed the harbour?", k=2).passages
        assert own.events == ["words searched"], "its vector is known"


def test_a_question_is_encoded_before_anything_is_read_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Noting()
    with Library(tmp_path, own) as library:
        library.local.add(article("Storm", "The storm closed the harbour.", "Ships wait."))
        real = library.database.reading

        def reading() -> Any:
            own.events.append("read")
            return real()

        monkeypatch.setattr(library.database, "reading", reading)
        assert library.local.ask("what closed the harbour?").passages
        assert own.events[0] == "begun: what closed the harbour?"
        assert own.events[1] == "read"
        own.events.clear()
        with pytest.raises(QuestionError):
            library.local.ask("?")
        assert not own.events, "what can't be asked is not encoded"


def test_a_question_with_a_slip_is_encoded_as_it_is_read(tmp_path: Path) -> None:
    own = Noting()
    with Library(tmp_path, own) as library:
        library.local.add(article("Storm", "The storm closed the harbour.", "Ships wait."))
        answer = library.local.ask("what closed the harbuor?")
        assert answer.corrected == {"harbuor": "harbour"}
    assert own.events[-2:] == ["begun: what closed the harbour?", "waited for"]
    assert own.events.count("waited for") == 1


def test_no_passage_is_read_twice_for_an_answer(library: Library) -> None:
    for number in range(6):
        library.local.add(article(f"Storm {number}", f"The storm closed harbour {number}.", "Ships wait."))
    library.local.ask("to warm up the storm")
    said: list[str] = []
    with library.database.reading() as connection:
        engine = connection.engine

    def listen(driver: Any, *_: Any) -> None:
        driver.set_trace_callback(lambda statement: said.append(" ".join(statement.split())))

    event.listen(engine, "checkout", listen)
    assert library.local.ask("what closed the harbour?").passages
    event.remove(engine, "checkout", listen)
    assert sum("sentence_spans" in one for one in said) == 1
    assert not any("FROM setting" in one for one in said)  # they are remembered while nobody writes


def test_adding_looks_an_article_up_once_and_hashes_it_once(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts: Counter[str] = Counter()

    def counting(module: Any, name: str) -> None:
        real = getattr(module, name)

        def counted(*given: Any) -> Any:
            counts[name] += 1
            return real(*given)

        monkeypatch.setattr(module, name, counted)

    for module, name in ((articles, "find"), (articles, "content_hash"), (copies, "text_hash")):
        counting(module, name)
    once = {"find": 1, "content_hash": 1, "text_hash": 1}
    for title, outcome in (("Storm", Outcome.ADDED), ("Storm", Outcome.UNCHANGED), ("Gale", Outcome.UPDATED)):
        counts.clear()
        assert library.local.add(article(title, "The storm closed the harbour.", id="storm")).outcome is outcome
        assert counts == once, outcome


def test_adding_asks_for_the_article_s_row_once(library: Library) -> None:
    said: list[str] = []
    event.listen(_engine(library), "checkout", lambda raw, *_: raw.set_trace_callback(said.append))
    library.local.add(article("Storm", "The storm closed the harbour."))
    one_line = [" ".join(one.split()) for one in said]
    asked = [one for one in one_line if one.startswith("SELECT article.") and "article.content_hash =" in one]
    assert len(asked) == 1


def test_no_article_pays_for_building_statements(library: Library) -> None:
    """SQLAlchemy's work on them takes longer than SQLite's: a third of adding, two thirds of removing."""
    library.local.add(article("Calm", "The first article says whose model the library has."))
    built: list[str] = []
    event.listen(_engine(library), "before_cursor_execute", lambda *given: built.append(given[2]))
    for text in ("The storm closed the harbour.", "It closed.", "It closed.\n\nAgain."):
        library.local.add(article("Storm", text, id="storm"))
    library.local.add(article("Gale", "The gale closed the harbour."))
    library.local.remove("storm")
    assert built == []


def _engine(library: Library) -> Engine:
    with library.database.reading() as connection:
        return connection.engine


def test_an_article_that_another_writer_added_in_between_is_not_added_twice(
    library: Library, tmp_path: Path
) -> None:
    """The other writer comes while the text is encoded."""
    with Library(tmp_path, HashedEncoder()) as other:
        one = article("Storm", "The storm closed the harbour.", id="storm")

        def between(done: int, total: int) -> None:
            if done == total:
                other.local.add(one)

        assert library.local.add(one, progress=between).outcome is Outcome.UNCHANGED
        assert [len(each.local.articles()) for each in (library, other)] == [1, 1]


def test_nobody_reads_articles_without_saying_whose() -> None:
    for name in (
        "ask",
        "topic",
        "stories",
        "lead",
        "article",
        "articles",
        "collections",
        "stats",
        "add",
        "remove",
    ):
        assert hasattr(TeamLibrary, name)
        assert not hasattr(Library, name)
    with pytest.raises(TypeError):
        Scope(team="T1")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Library.of(None)  # type: ignore[call-arg, arg-type]


def test_the_package_s_names_load_nothing_heavy_until_they_are_used() -> None:
    script = (
        "import sys; from embeddings import Article, Database, Scope, SourceError, TopicbotError;"
        "print(*sorted({'torch', 'faiss', 'transformers', 'sentence_transformers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
    for name in embeddings.__all__:
        assert getattr(embeddings, name) is not None
