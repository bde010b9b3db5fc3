"""The FAISS cache: right against brute force, and never trusted over the database."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import faiss
import numpy as np
import pytest
from sqlalchemy import select

from embeddings.encoding.paragraphs import from_blob
from embeddings.index import vectors as module
from embeddings.index.base import Pause
from embeddings.index.snapshot import digest
from embeddings.index.vectors import VectorIndex
from embeddings.library import DATABASE_FILE, INDEX_FOLDER, Library
from embeddings.store import metadata
from embeddings.store.sqlite import SqliteDatabase
from embeddings.store.tables import MIGRATIONS, SCHEMA, VIEWS, paragraph
from tests.conftest import article
from tests.hashed import HashedEncoder

WORDS = "river bank crane dog harbour ship pier storm light night summer market price bread wine".split()


def fill(folder: Path, articles: int = 12) -> None:
    chance = np.random.default_rng(7)
    with Library(folder, HashedEncoder()) as library:
        for number in range(articles):
            texts = [" ".join(chance.choice(WORDS, 6)) + f" {number}." for _ in range(4)]
            library.local.add(article(f"Article {number}", *texts, id=f"a{number}"))
        library.local.ask("river bank")


@contextmanager
def opened(folder: Path) -> Iterator[tuple[VectorIndex, dict[int, np.ndarray]]]:
    """The index as a start would find it, synced, with the vectors that the database holds."""
    database = SqliteDatabase(folder / DATABASE_FILE, MIGRATIONS, SCHEMA)
    with database.reading() as connection:
        model = metadata.model(connection)
        assert model is not None
        index = VectorIndex(folder / INDEX_FOLDER, metadata.read(connection, "library") or "", model)
        index.sync(connection)
        rows = connection.execute(select(paragraph.c.id, paragraph.c.views)).all()
        yield index, {number: from_blob(views, model.dim) for number, views in rows}
    database.close()


def nearest(vectors: dict[int, np.ndarray], question: np.ndarray) -> list[int]:
    return sorted(vectors, key=lambda number: -float((vectors[number] @ question).max()))


def test_search_gives_what_brute_force_gives(tmp_path: Path) -> None:
    fill(tmp_path)
    question = HashedEncoder().encode(["storm over the harbour at night"])[0]
    with opened(tmp_path) as (index, vectors):
        found = index.search(question, 10, None)
        best = nearest(vectors, question)
        scores = [float((vectors[number] @ question).max()) for number in found]
        assert scores == pytest.approx([float((vectors[n] @ question).max()) for n in best[:10]], abs=1e-6)
        allowed = np.array(sorted(vectors)[5:9])
        assert set(index.search(question, 10, allowed)) == set(allowed.tolist())


def test_an_untouched_index_is_used_as_it_was_saved(tmp_path: Path) -> None:
    fill(tmp_path)
    with opened(tmp_path) as (index, _):
        assert not index.rebuilt


def test_an_index_of_an_earlier_version_is_taken_over(tmp_path: Path) -> None:
    fill(tmp_path)
    folder = tmp_path / INDEX_FOLDER
    saved, card = next(folder.glob("vectors-*.faiss")), folder / "index.json"
    former = faiss.read_index(str(saved))
    flat = faiss.IndexIDMap2(faiss.IndexFlatIP(former.d))
    rows = faiss.downcast_index(former.index).reconstruct_n(0, former.ntotal)
    flat.add_with_ids(rows, faiss.vector_to_array(former.id_map))
    faiss.write_index(flat, str(saved))
    card.write_text(json.dumps({**json.loads(card.read_text()), "digest": digest(saved)}))
    library = Library(tmp_path, HashedEncoder())
    library.local.add(article("Late", "zebra quagga okapi"))
    library.local.remove("a3")
    del library  # as if killed
    with opened(tmp_path) as (index, vectors):
        assert not index.rebuilt
        question = HashedEncoder().encode(["storm over the harbour at night"])[0]
        found = index.search(question, 10, None)
        scores = [float((vectors[number] @ question).max()) for number in found]
        assert scores == pytest.approx(sorted(float((v @ question).max()) for v in vectors.values())[:-11:-1])


@pytest.mark.parametrize("damage", ["missing", "torn", "foreign", "card", "older"])
def test_a_damaged_index_is_built_anew(tmp_path: Path, damage: str) -> None:
    fill(tmp_path)
    folder = tmp_path / INDEX_FOLDER
    saved = next(folder.glob("vectors-*.faiss"))
    card = folder / "index.json"
    if damage == "missing":
        saved.unlink()
    elif damage == "torn":
        saved.write_bytes(saved.read_bytes()[: saved.stat().st_size // 2])
    elif damage == "foreign":
        fields = json.loads(card.read_text())
        card.write_text(json.dumps({**fields, "library": "another"}))
    elif damage == "card":
        card.write_text("{")
    else:
        fields = json.loads(card.read_text())
        card.write_text(json.dumps({**fields, "revision": fields["revision"] + 5}))
    with opened(tmp_path) as (index, vectors):
        assert index.rebuilt
        assert index.paragraphs == len(vectors)
        question = HashedEncoder().encode(["river bank"])[0]
        assert index.search(question, 1, None) == nearest(vectors, question)[:1]


def test_what_was_added_after_the_index_was_saved_is_repaired_at_start(tmp_path: Path) -> None:
    fill(tmp_path)
    library = Library(tmp_path, HashedEncoder())
    library.local.add(article("Late", "zebra quagga okapi"))
    library.local.remove("a3")
    del library  # as if killed: the index on disk stays as it was
    with opened(tmp_path) as (index, vectors):
        assert not index.rebuilt
        assert index.paragraphs == len(vectors)
        assert index.search(HashedEncoder().encode(["zebra quagga okapi"])[0], 1, None) == [max(vectors)]
    assert VIEWS == 2


def test_an_index_of_another_history_is_built_anew(tmp_path: Path) -> None:
    database, older = tmp_path / DATABASE_FILE, tmp_path / "older.db"
    with Library(tmp_path, HashedEncoder()) as library:
        library.local.add(article("First", "river bank crane"))
    shutil.copy(database, older)
    with Library(tmp_path, HashedEncoder()) as library:
        library.local.add(article("Second", "storm over the harbour"))
        library.local.ask("storm")
    shutil.copy(older, database)
    with Library(tmp_path, HashedEncoder()) as library:
        library.local.add(article("Third", "bread and wine at the market"))
        assert library.warm()
    with opened(tmp_path) as (index, vectors):
        question = HashedEncoder().encode(["storm over the harbour"])[0]
        assert index.search(question, 2, None) == nearest(vectors, question)[:2]


def test_stopping_does_not_wait_long_for_what_waits_for_another_writer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.01)
    fill(tmp_path)
    database = SqliteDatabase(tmp_path / DATABASE_FILE, MIGRATIONS, SCHEMA)
    waits, may_write, left_out = threading.Event(), threading.Event(), threading.Event()

    def built(pause: Pause) -> None:
        waits.set()
        assert may_write.wait(30)
        try:
            pause()
        except Exception:
            left_out.set()
            raise

    with database.reading() as connection:
        model = metadata.model(connection)
        assert model is not None
        index = VectorIndex(tmp_path / INDEX_FOLDER, "", model, database.reading, 10, built)
        index.sync(connection)
    assert waits.wait(30)
    index.stop()
    assert not left_out.is_set()
    may_write.set()
    index.wait()
    assert left_out.is_set()
    database.close()
