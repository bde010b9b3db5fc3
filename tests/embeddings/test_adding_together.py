"""Short articles are encoded, and written, together; what comes of each is as if it were added alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from embeddings.encoding.backends.base import Vectors
from embeddings.encoding.paragraphs import GROUP, grouped
from embeddings.importer import add_sources
from embeddings.library import Library
from embeddings.store.tables import paragraph
from tests.hashed import HashedEncoder

SILENT = lambda *_: None  # noqa: E731


class Counting(HashedEncoder):
    """Counts how often it is called for several texts."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.calls += len(texts) > 1
        return super().encode(texts)


def briefs(folder: Path, count: int, start: int = 0) -> Path:
    """A file of short articles."""
    path = folder / f"briefs-{start}.jsonl"
    lines = (
        {
            "title": f"Pier {number}",
            "text": f"Pier {number} has a crane. It is {number} m high.",
            "id": f"pier-{number}",
        }
        for number in range(start, start + count)
    )
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return path


def rows(library: Library) -> list[tuple[object, ...]]:
    with library.database.reading() as connection:
        columns = (paragraph.c.text, paragraph.c.views, paragraph.c.sentence_vectors, paragraph.c.term_hashes)
        found = connection.execute(paragraph.select().with_only_columns(*columns).order_by(paragraph.c.text))
        return [tuple(row) for row in found]


def test_thirty_short_articles_take_one_call_of_the_encoder(tmp_path: Path) -> None:
    encoder = Counting()
    with Library(tmp_path / "own", encoder) as library:
        report = add_sources(library.local, [briefs(tmp_path, 30)], None, SILENT)
        assert (report.added, report.paragraphs, encoder.calls) == (30, 30, 1)
        assert library.check() == []
        assert library.local.ask("how high is pier 17?").passages[0].citation.article_id == "pier-17"
        encoder.encoded.clear()
        again = add_sources(library.local, [tmp_path / "briefs-0.jsonl"], None, SILENT)
        assert (again.unchanged, again.added, encoder.encoded) == (30, 0, [])


def test_what_is_stored_is_what_adding_one_by_one_stores(tmp_path: Path) -> None:
    path = briefs(tmp_path, 7)
    with Library(tmp_path / "together", HashedEncoder()) as together:
        add_sources(together.local, [path], None, SILENT)
        with Library(tmp_path / "alone", HashedEncoder()) as alone:
            for line in path.read_text("utf-8").splitlines():
                alone.local.add(json.loads(line))
            assert rows(together) == rows(alone)


def test_the_same_article_twice_among_those_encoded_together_is_kept_once(tmp_path: Path) -> None:
    path = briefs(tmp_path, 2)
    path.write_text(f"{path.read_text('utf-8')}\n{path.read_text('utf-8')}", encoding="utf-8")
    with Library(tmp_path / "own", HashedEncoder()) as library:
        report = add_sources(library.local, [path], None, SILENT)
        assert (report.added, report.unchanged) == (2, 2)
        assert library.local.stats().articles == 2


def test_a_long_article_is_not_encoded_together_with_short_ones() -> None:
    sizes = [3, 40, 5_000, 2, 30, 50, GROUP, 1]
    assert list(grouped(sizes, int)) == [[3, 40], [5_000], [2, 30], [50], [GROUP], [1]]
    assert list(grouped([0] * 5, int, 2)) == [[0, 0], [0, 0], [0]]


def test_broken_off_in_a_long_article_the_short_ones_before_it_are_kept(tmp_path: Path) -> None:
    class Interrupted(HashedEncoder):
        def encode(self, texts: Sequence[str]) -> Vectors:
            if any("Chapter" in text for text in texts):
                raise KeyboardInterrupt
            return super().encode(texts)

    path = briefs(tmp_path, 7)
    book = {"title": "Book", "text": "\n\n".join(f"Chapter {number} is long." for number in range(300))}
    path.write_text(f"{path.read_text('utf-8')}\n{json.dumps(book)}", encoding="utf-8")
    with Library(tmp_path / "own", Interrupted()) as library:
        report = add_sources(library.local, [path], None, SILENT)
        assert report.stopped is not None
        assert report.added == 7 == library.local.stats().articles


def test_broken_off_the_articles_of_the_groups_before_are_kept(tmp_path: Path) -> None:
    class Interrupted(HashedEncoder):
        def encode(self, texts: Sequence[str]) -> Vectors:
            if any("Pier 100 " in text for text in texts):
                raise KeyboardInterrupt
            return super().encode(texts)

    with Library(tmp_path / "own", Interrupted()) as library:
        report = add_sources(library.local, [briefs(tmp_path, 200)], None, SILENT)
        assert report.stopped is not None
        assert report.added == GROUP == library.local.stats().articles
        assert library.check() == []
    with Library(tmp_path / "own", HashedEncoder()) as library:
        report = add_sources(library.local, [tmp_path / "briefs-0.jsonl"], None, SILENT)
        assert (report.added, report.unchanged) == (200 - GROUP, GROUP)
