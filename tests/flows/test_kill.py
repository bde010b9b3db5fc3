"""Killed at any moment while adding: the next start serves exactly the articles whose adding had returned."""

from __future__ import annotations

import json
import random
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from embeddings.ingest.files import read
from embeddings.library import Library
from embeddings.store.tables import VIEWS
from embeddings.types import Article
from tests.children import Child
from tests.hashed import HashedEncoder

pytestmark = pytest.mark.kill


ARTICLES = 200


KILLS = 20


def add_all(wire: Connection, folder: Path, source: Path) -> None:
    """In the child: tell each article's id after its adding has returned; wait for the parent before it begins."""
    with Library(folder, HashedEncoder()) as library:
        wire.send("ready")
        wire.recv()
        for article in read(source):
            assert isinstance(article, Article)
            wire.send(library.local.add(article).article_id)


def write_articles(path: Path, count: int = ARTICLES) -> None:
    lines = []
    for number in range(count):
        paragraphs = [f"Article {number} tells in part {part} of matter {number * 7 + part}." for part in range(3)]
        lines.append(json.dumps({"id": f"a{number}", "title": f"Title {number}", "text": "\n\n".join(paragraphs)}))
    path.write_text("\n".join(lines))


def add_and_kill(folder: Path, source: Path, after: int) -> set[str]:
    """Run the child, kill it some moments after it told `after` articles; gives what it had told by then."""
    child = Child(add_all, folder, source)
    assert child.read(1) == ["ready"]
    child.wire.send("go")
    told = child.read(after)
    child.kill()
    told += child.read()
    child.end()
    return set(told)


def test_killed_while_adding_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    chance = random.Random(20)
    source = tmp_path / "articles.jsonl"
    write_articles(source)
    folder = tmp_path / "library"
    kept: set[str] = set()
    for _ in range(KILLS):
        unknown_before = ARTICLES - len(kept)
        told = add_and_kill(folder, source, after=len(kept) + chance.randint(0, max(unknown_before // 8, 1)))
        with Library(folder, HashedEncoder()) as library:
            held = {summary.citation.article_id: summary.paragraphs for summary in library.local.articles()}
            assert told <= held.keys(), "an article whose adding had returned is gone"
            assert len(held.keys() - told - kept) <= 1, "more than the one article in work appeared"
            assert set(held.values()) <= {3}, "an article is there in part"
            assert library.check() == []
            if held:
                last = max(held, key=lambda article_id: int(article_id[1:]))
                assert library.local.ask(f"what does article {last[1:]} tell?").passages
                assert library.local.stats().paragraphs * VIEWS == 3 * VIEWS * len(held)
            kept = set(held)
    assert kept, "no article was ever added: the test has tested nothing"
