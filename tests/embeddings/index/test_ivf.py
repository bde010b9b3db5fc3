"""The index of a large library: what it finds is held against brute force, whatever happened to it before."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import faiss
import numpy as np
import pytest
from sqlalchemy import Connection, select, update

from bot.bench.corpus import write_new
from embeddings.encoding.backends.base import Vectors
from embeddings.encoding.paragraphs import EncodedParagraph, from_blob, to_blob
from embeddings.index import ivf, snapshot, training
from embeddings.index.flat import view_ids
from embeddings.index.vectors import VectorIndex
from embeddings.library import DATABASE_FILE, INDEX_FOLDER, Library
from embeddings.store import articles, metadata, paragraph_rows, paragraphs
from embeddings.store.sqlite import SqliteDatabase
from embeddings.store.tables import MIGRATIONS, SCHEMA, paragraph
from embeddings.types import LOCAL_TEAM, Article, Paragraph
from tests.conftest import article
from tests.hashed import HashedEncoder

pytestmark = pytest.mark.slow


DIM, EXACT, EACH = 32, 300, 5


MODEL = metadata.Model("clustered", DIM, "c" * 64)


CENTRES = np.random.default_rng(0).normal(size=(40, DIM)).astype(np.float32)


class Folder:
    """A library's folder that holds clustered vectors, with the index that a process would have of it."""

    def __init__(self, path: Path, filled: Path, directions: int = DIM) -> None:
        """The vectors use so many directions."""
        self.path, self._filled, self._directions = path, filled, directions
        self.used = np.linalg.qr(CENTRES[:DIM].T)[0][:, :directions]
        self.database = SqliteDatabase(path / DATABASE_FILE, MIGRATIONS, SCHEMA)
        self.chance = np.random.default_rng(5)
        self.indexes: list[VectorIndex] = []
        self._written = 0

    def close(self) -> None:
        for index in self.indexes:
            index.stop()
        self.database.close()

    def clustered(self, count: int) -> Vectors:
        rows = CENTRES[self.chance.integers(len(CENTRES), size=count)]
        rows = rows + self.chance.normal(scale=0.5, size=rows.shape).astype(np.float32)
        if self.used.shape[1] < DIM:
            rows = rows @ self.used @ self.used.T
        unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit

    def add(self, count: int) -> None:
        if self._written:
            self._write(count)
        else:
            self._begin(count)

    def _begin(self, count: int) -> None:
        """Fill the empty database, or take a copy of one that another test has filled with as many."""
        database, kept = self.path / DATABASE_FILE, self._filled / f"{count}-{self._directions}.db"
        drawn = kept.with_suffix(".json")
        if kept.exists():
            self.database.close()
            shutil.copyfile(kept, database)
            self.chance.bit_generator.state = json.loads(drawn.read_text())
            self._written = count
        else:
            self._write(count)
            self.database.close()  # all of it in the one file
            shutil.copyfile(database, kept)
            drawn.write_text(json.dumps(self.chance.bit_generator.state))
        self.database = SqliteDatabase(database, MIGRATIONS, SCHEMA)

    def _write(self, count: int) -> None:
        fresh = []
        for _ in range(count):
            self._written += 1
            rows = [encoded(self.clustered(2)) for _ in range(EACH)]
            one = Article("t", (Paragraph("x"),) * EACH, name=f"a{self._written}")
            fresh.append((one, rows))
        with self.database.writing() as connection:
            metadata.claim(connection, MODEL)
            write_new(connection, fresh, LOCAL_TEAM, "2026-01-01T00:00:00+00:00")

    def remove(self, numbers: Sequence[int]) -> None:
        with self.database.writing() as connection:
            for number in numbers:
                key = articles.key_of(connection, f"a{number}", [LOCAL_TEAM])
                assert key is not None
                articles.remove(connection, key, paragraph_rows.ids_of(connection, key))

    def change(self, ids: Sequence[int]) -> None:
        with self.database.writing() as connection:
            revision = metadata.next_revision(connection)
            for number in ids:
                values = {"views": to_blob(self.clustered(2)), "revision": revision}
                connection.execute(update(paragraph).where(paragraph.c.id == number).values(**values))

    def index(self, *, beside: bool = True) -> VectorIndex:
        """Another process's index; not `beside`, it builds in `sync` itself."""
        with self.database.reading() as connection:
            library = metadata.read(connection, "library") or ""
        reading = self.database.reading if beside else None
        index = VectorIndex(self.path / INDEX_FOLDER, library, MODEL, reading, EXACT)
        self.indexes.append(index)
        self.sync(index)
        return index

    def sync(self, index: VectorIndex) -> None:
        with self.database.reading() as connection:
            index.sync(connection)

    def vectors(self) -> dict[int, Vectors]:
        with self.database.reading() as connection:
            rows = connection.execute(select(paragraph.c.id, paragraph.c.views)).all()
        views = from_blob(b"".join(own for _, own in rows), DIM).reshape(-1, 2, DIM)
        return dict(zip((number for number, _ in rows), views, strict=True))

    def check(self, index: VectorIndex, allowed: np.ndarray | None = None) -> None:
        """The index finds what numpy finds, in that order, for ten questions."""
        self.sync(index)
        vectors = self.vectors()
        assert index.paragraphs == len(vectors)
        if allowed is not None:
            vectors = {number: vectors[number] for number in allowed.tolist() if number in vectors}
        with self.database.reading() as connection:
            for question in self.clustered(10):
                found = index.search(question, 10, allowed, connection)
                assert_nearest(vectors, question, found)


def assert_nearest(vectors: dict[int, Vectors], question: Vectors, found: Sequence[int]) -> None:
    nearness = (np.array(list(vectors.values())).reshape(-1, 2, DIM) @ question).max(axis=1)
    scores = dict(zip(vectors, nearness.tolist(), strict=True))
    best = sorted(scores.values(), reverse=True)[:10]
    assert len(set(found)) == len(found)
    assert [scores[number] for number in found] == pytest.approx(best, abs=1e-6)


def encoded(views: Vectors) -> EncodedParagraph:
    return EncodedParagraph("x", None, None, False, None, "x", "", b"", b"", b"", to_blob(views), b"")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Databases that a test has filled, for the next one that begins with as many articles."""
    return tmp_path_factory.mktemp("filled")


@pytest.fixture
def folder(
    tmp_path: Path, filled: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Folder]:
    """With a parameter, its vectors use this many directions, and the index has smaller codes for that."""
    monkeypatch.setattr(training, "_TRIED_FROM", 3000)
    monkeypatch.setattr(ivf, "_BY_FINE_CODES", 2000)  # so few directions are denser than any text
    one = Folder(tmp_path, filled, getattr(request, "param", DIM))
    yield one
    one.close()


def matrix_of(index: VectorIndex) -> Vectors | None:
    """What turns vectors into the numbers that the codes are of; `None` where these are the vectors' own."""
    held = index._held
    assert held is not None
    assert isinstance(held.content, ivf.Approximate)
    return held.content.base.matrix


def test_beyond_the_switch_the_index_is_approximate_and_finds_the_same(folder: Folder) -> None:
    folder.add(EXACT // EACH)
    index = folder.index()
    assert index.kind == "exact"
    folder.check(index)
    folder.add(400)
    folder.sync(index)
    folder.check(index)  # while it is built
    index.wait()
    assert index.kind == "approximate"
    folder.check(index)


def test_few_lists_are_looked_at_and_most_is_found(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.add(3000)
    index = folder.index(beside=False)
    monkeypatch.setattr(ivf, "MIN_SCANNED_VECTORS", 6000)  # of 30,000
    vectors = folder.vectors()
    ids = np.array(list(vectors))
    views = np.stack(list(vectors.values()))
    found = 0
    with folder.database.reading() as connection:
        for question in folder.clustered(50):
            best = ids[np.argsort(-(views @ question).max(axis=1))[:10]]
            found += len(set(best.tolist()) & set(index.search(question, 10, None, connection)))
    assert found >= 0.97 * 500


@pytest.mark.parametrize("share", [0.9, 0.5, 0.05, 0.002, 0.0])
def test_filters_leave_nothing_out(folder: Folder, share: float, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.add(1000)
    index = folder.index(beside=False)
    folder.add(50)
    folder.remove(range(1, 40))
    ids = np.array(list(folder.vectors()))
    allowed = np.sort(folder.chance.choice(ids, int(len(ids) * share), replace=False))
    folder.check(index, allowed)
    for name in ("MIN_SCANNED_VECTORS", "MAX_SCANNED_VECTORS"):
        monkeypatch.setattr(ivf, name, 100)
    monkeypatch.setattr(ivf, "_MAX_PASSED", 800)
    with folder.database.reading() as connection:
        found = index.search(CENTRES[0] / np.linalg.norm(CENTRES[0]), 10, allowed, connection)
    assert set(found) <= set(allowed.tolist())
    assert len(found) == min(10, len(allowed))


@pytest.mark.parametrize("folder", [DIM, 8], indirect=True)
def test_what_is_added_changed_and_removed_shows_at_once_and_after_merging(folder: Folder) -> None:
    folder.add(400)
    index = folder.index(beside=False)
    assert (matrix_of(index) is not None) == (folder.used.shape[1] < DIM)
    files = set(folder.path.glob("index/vectors-*"))
    folder.add(10)
    folder.remove([3, 8, 405])
    folder.change([1, 2, 100, 2003])
    folder.check(index)
    folder.change([1, 2004])
    folder.remove([407, 9])
    folder.check(index)
    assert set(folder.path.glob("index/vectors-*")) == files  # nothing was written for so little
    folder.add(150)
    folder.check(index)
    merged = set(folder.path.glob("index/vectors-*"))
    assert merged != files
    assert len(merged) == 1
    folder.check(index)
    folder.remove([1, 500])
    folder.change([600])
    folder.check(index)
    folder.add(1500)  # its centroids are too few by now
    folder.check(index)
    folder.remove(range(600, 2050))
    folder.check(index)
    folder.check(folder.index())


@pytest.mark.parametrize("folder", [8], indirect=True)
def test_codes_are_made_anew_for_texts_that_use_other_directions(folder: Folder) -> None:
    folder.add(400)
    index = folder.index(beside=False)
    before = matrix_of(index)
    folder.used = np.eye(DIM, dtype=np.float32)
    folder.add(150)
    folder.check(index)
    after = matrix_of(index)
    assert before is not None
    assert after is None or after.shape != before.shape or not np.allclose(after, before)


def test_a_start_takes_the_base_from_its_file_and_the_rest_from_the_database(folder: Folder) -> None:
    folder.add(400)
    folder.index(beside=False).save()
    folder.add(10)
    folder.remove([5])
    index = folder.index()
    assert (index.kind, index.rebuilt) == ("approximate", False)
    folder.check(index)


@pytest.mark.parametrize("folder", [DIM, 8], indirect=True)
def test_many_changes_are_kept_beside_the_base(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "_UNSAVED", 20)
    folder.add(400)
    index = folder.index(beside=False)
    base = list(folder.path.glob("index/vectors-*"))
    folder.add(20)
    folder.remove([5, 410])
    folder.change([50, 2010])
    folder.sync(index)
    index.save()
    (recent,) = folder.path.glob("index/recent-*")
    assert list(folder.path.glob("index/vectors-*")) == base
    folder.remove([6, 411])
    again = folder.index()
    assert not again.rebuilt
    folder.check(again)
    recent.write_bytes(recent.read_bytes()[:-40])
    folder.check(folder.index())


DAMAGES = ["missing", "torn", "overwritten", "no views", "torn views", "foreign", "card", "older", "another model"]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_noticed_and_made_anew(folder: Folder, damage: str) -> None:
    folder.add(400)
    folder.index(beside=False)
    (saved,) = folder.path.glob("index/vectors-*")
    (views,) = folder.path.glob("index/views-*")
    named = folder.path / INDEX_FOLDER / "index.json"
    fields = json.loads(named.read_text())
    if damage == "missing":
        saved.unlink()
    elif damage == "torn":
        saved.write_bytes(saved.read_bytes()[: saved.stat().st_size // 2])
    elif damage == "overwritten":
        saved.write_bytes(saved.read_bytes()[:-8] + b"\x01" * 8)
    elif damage == "no views":
        views.unlink()
    elif damage == "torn views":
        views.write_bytes(views.read_bytes()[: views.stat().st_size // 2])
    elif damage == "foreign":
        named.write_text(json.dumps({**fields, "library": "another"}))
    elif damage == "card":
        named.write_text("{")
    elif damage == "older":
        named.write_text(json.dumps({**fields, "revision": fields["revision"] + 5}))
    else:
        named.write_text(json.dumps({**fields, "fingerprint": "d" * 64}))
    index = folder.index()
    assert index.rebuilt
    index.wait()
    assert index.kind == "approximate"
    folder.check(index)


def test_the_index_of_an_earlier_version_answers_until_it_is_made_anew(folder: Folder) -> None:
    folder.add(400)
    index = folder.index(beside=False)
    made_by_an_earlier_version(folder, index)
    with snapshot.writing(folder.path / INDEX_FOLDER) as alone:  # so that nothing is made anew yet
        assert alone
        index = folder.index()
        index.wait()
        assert (index.kind, index.rebuilt) == ("approximate", False)
        folder.add(10)
        folder.remove([5])
        folder.change([50])
        folder.check(index)
        folder.check(index, np.arange(100, 300))
        assert not list(folder.path.glob("index/views-*"))
    folder.sync(index)
    index.wait()
    assert index.kind == "approximate"
    folder.check(index)
    assert len(list(folder.path.glob("index/views-*"))) == 1
    assert len(list(folder.path.glob("index/*.faiss"))) == 2
    again = folder.index()
    assert not again.rebuilt
    folder.check(again)


def made_by_an_earlier_version(folder: Folder, index: VectorIndex) -> None:
    """Put an index of 8-bit codes, with the manifest of its time, in the place of this one."""
    vectors = folder.vectors()
    rows = np.concatenate(list(vectors.values()))
    earlier = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(DIM), DIM, 4, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    )
    earlier.train(rows)
    earlier.add_with_ids(rows, view_ids(np.array(list(vectors))))
    file = folder.path / INDEX_FOLDER / "vectors-earlier.faiss"
    faiss.write_index(earlier, str(file))
    named = file.with_name("index.json")
    fields = json.loads(named.read_text())
    for later in (fields.pop("views"), fields["file"]):
        (file.parent / later).unlink()
    del fields["views_digest"]
    named.write_text(json.dumps({**fields, "file": file.name, "digest": snapshot.digest(file)}))


def test_candidates_are_put_in_order_by_their_stored_vectors(folder: Folder) -> None:
    folder.add(1000)
    index = folder.index(beside=False)
    vectors = folder.vectors()
    for question in folder.clustered(10):  # by their codes alone several of the ten would be others
        assert_nearest(vectors, question, index.search(question, 10, None))


def test_what_is_gone_is_gone_from_the_stored_vectors_with_the_next_base(folder: Folder) -> None:
    folder.add(400)
    index = folder.index(beside=False)
    folder.remove(range(1, 100))
    folder.sync(index)
    (views,) = folder.path.glob("index/views-*")
    rows = np.frombuffer(views.read_bytes(), dtype="<f2").astype(np.float32).reshape(-1, 2, DIM)
    assert {int(number) for number in np.flatnonzero(rows.any(axis=(1, 2)))} == set(folder.vectors())
    folder.check(index)


def test_a_rare_filter_ends_the_search_once_there_are_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MIN_SCANNED_VECTORS", "MAX_SCANNED_VECTORS"):
        monkeypatch.setattr(ivf, name, 100)
    monkeypatch.setattr(ivf, "_MAX_PASSED", 800)
    nearness = np.linspace(1, 0, 100, dtype=np.float32)
    sizes = np.full(100, 50)
    counts = np.full(100, 1)
    counts[3] = 0
    everything = ivf.nearest_lists(nearness, counts, sizes, 1000)
    assert everything.tolist() == [number for number in range(100) if number != 3]
    assert ivf.nearest_lists(nearness, counts, sizes, 30).tolist() == [*range(3), *range(4, 31)]
    assert ivf.nearest_lists(nearness, counts, sizes, 5).tolist() == [*range(3), *range(4, 17)]
    assert ivf.nearest_lists(nearness, sizes, sizes, 5).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("vectors", "scanned"), [(50_000, 50_000), (200_000, 80_000), (1_200_000, 150_000), (20_000_000, 240_000)]
)
def test_a_larger_library_has_more_of_it_compared(vectors: int, scanned: int) -> None:
    lists = vectors // 1000
    sizes = np.full(lists, 1000)
    chosen = ivf.nearest_lists(np.linspace(1, 0, lists, dtype=np.float32), sizes, sizes, 600)
    assert len(chosen) * 1000 == scanned


def test_a_file_whose_ids_are_not_the_librarys_is_made_anew(folder: Folder) -> None:
    folder.add(400)
    folder.index(beside=False)
    with folder.database.writing() as connection:
        connection.execute(paragraph.delete().where(paragraph.c.id == 7))  # behind the back of `removal`
    index = folder.index()
    assert index.rebuilt
    index.wait()
    folder.check(index)


def test_questions_are_answered_from_the_database_while_there_is_no_index(folder: Folder) -> None:
    folder.add(400)
    with snapshot.writing(folder.path / INDEX_FOLDER) as alone:  # another process is building
        assert alone
        index = folder.index()
        index.wait()
        assert index.kind == "database"
        folder.check(index)
        folder.check(index, np.arange(100, 140))
    folder.sync(index)
    index.wait()
    assert index.kind == "approximate"
    folder.check(index)


def test_two_processes_share_a_folder(folder: Folder) -> None:
    folder.add(400)
    first = folder.index()
    first.wait()
    second = folder.index()
    folder.add(150)
    folder.sync(first)
    first.wait()
    (file,) = folder.path.glob("index/vectors-*")
    folder.check(first)
    folder.check(second)  # its base is gone from the folder and still there for it
    second.wait()
    second.save()
    folder.check(second)
    assert list(folder.path.glob("index/vectors-*")) == [file]  # it took over what the first had made
    folder.check(folder.index())


def test_changes_and_questions_while_it_is_built(folder: Folder) -> None:
    folder.add(2000)
    index = folder.index()
    rounds = 0
    while index.kind == "database" or rounds < 3:
        rounds += 1
        folder.add(5)
        folder.remove([rounds])
        folder.check(index)
    index.wait()
    folder.check(index)


def test_closing_breaks_off_the_building(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go = threading.Event(), threading.Event()
    real = paragraphs.tally

    def waiting(connection: Connection) -> tuple[int, int, int]:
        if threading.current_thread().name == "index":
            begun.set()
            go.wait(300)
        return real(connection)

    monkeypatch.setattr(paragraphs, "tally", waiting)
    with Library(tmp_path, HashedEncoder(), exact=10) as library:
        for number in range(12):
            library.local.add(
                article(f"Article {number}", f"storm {number}", f"harbour {number}", id=f"a{number}")
            )
        assert library.local.ask("storm 3").passages[0].citation.article_id == "a3"
        assert begun.wait(300)
        threading.Timer(0.2, go.set).start()
    assert not [one for one in threading.enumerate() if one.name == "index"]
    assert not list(tmp_path.glob("index/draft-*"))
    with Library(tmp_path, HashedEncoder(), exact=10) as library:
        assert library.local.ask("storm 3").passages[0].citation.article_id == "a3"
