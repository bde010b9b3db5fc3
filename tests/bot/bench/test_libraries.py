"""The bench's libraries are real ones, and its figures are right where they can be known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.bench.corpus import Material, fill, material
from bot.bench.libraries import Measurement, bench
from bot.bench.page import rich_table
from bot.bench.report import measurements, plot_stages
from bot.console.session import print_rich
from embeddings.importer import add_sources
from embeddings.library import Library
from embeddings.scope import Scope
from embeddings.text.terms import terms
from tests.hashed import HashedEncoder

pytestmark = pytest.mark.slow


EXAMPLES = Path(__file__).parents[3] / "examples"


SIZE = 300


@contextmanager
def silent(_title: str) -> Iterator[Callable[[int, int], None]]:
    yield lambda _done, _of: None


@pytest.fixture
def given(tmp_path: Path) -> Material:
    with Library(tmp_path / "small", HashedEncoder()) as library:
        add_sources(library.local, [EXAMPLES / "articles"], None, lambda *_: None)
        return material(library)


def test_a_filled_library_is_a_real_one(tmp_path: Path, given: Material) -> None:
    with Library(tmp_path / "filled", HashedEncoder()) as library:
        fill(library, given, SIZE, lambda _done, _of: None)
        assert library.check() == []
        assert library.local.stats().paragraphs == SIZE
        assert len(library.local.stories()) == SIZE // 10
        article = library.local.article("article-7")
        answer = library.local.ask(article.paragraphs[3].text[:200], limit=SIZE)
        first = answer.passages[0]
        assert first.text[first.highlight.start : first.highlight.end].strip()
        assert any(passage.text == article.paragraphs[3].text for passage in answer.passages)
        inside = library.local.ask(article.paragraphs[3].text[:200], Scope(collections=("thousandth",)))
        assert {passage.citation.article_id for passage in inside.passages} == {"article-0"}
        measured = library.local.measure(article.paragraphs[3].text[:200])
        assert measured is not None
        texts = library.places()
        for one in measured.candidates[:5]:
            assert one.term_hashes  # and they are those of the text's own terms:
            assert len(terms(texts[one.id][2])) <= len(one.term_hashes) // 4


@pytest.mark.parametrize(("exact", "kind"), [(10_000, "exact"), (100, "approximate")])
def test_the_bench_gives_right_figures(exact: int, kind: str, tmp_path: Path) -> None:
    questions, articles = EXAMPLES / "questions.jsonl", [EXAMPLES / "articles"]
    (one,) = bench(questions, articles, [SIZE], HashedEncoder(), silent, exact)
    assert isinstance(one, Measurement)
    assert (one.paragraphs, one.index) == (SIZE, kind)
    assert one.recall_at_10 == 1.0
    assert one.filtered_recall == {"thousandth": 1.0, "hundredth": 1.0, "tenth": 1.0}
    assert all(times.p50 > 0 for times in one.filtered.values())
    assert [stage for stage in one.stages if stage != "abbreviations"] == [
        "beginning", "scope", "correction", "keywords", "rows", "encoding", "vectors",
        "features", "ranking", "passages",
    ]  # fmt: skip
    assert all(0 < times.p50 <= times.p95 <= times.p99 for times in one.stages.values())
    assert min(one.add_ms, one.remove_ms, one.open_ms, one.fill_seconds, one.build_seconds) > 0
    assert one.database_bytes > one.index_bytes > SIZE * 2 * 64
    print_rich(rich_table(measurements([one])))
    plot_stages([one, replace(one, plain=one.repeated, txtai=one.repeated)], tmp_path / "stages.png")
    assert (tmp_path / "stages.png").read_bytes().startswith(b"\x89PNG")
