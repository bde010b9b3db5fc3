"""What is read of stories takes as long as the story is, however much came after it."""

from __future__ import annotations

from pathlib import Path

from bot.bench.corpus import write_new
from embeddings.encoding.paragraphs import encode_paragraphs
from embeddings.library import open_database
from embeddings.scope import Scope
from embeddings.store import metadata, stories
from embeddings.types import LOCAL_TEAM, Article, Paragraph
from tests.hashed import HashedEncoder

ARTICLES = 3000


def test_what_came_later_in_other_stories_is_not_read(tmp_path: Path) -> None:
    encoder, fresh = HashedEncoder(dim=8), []
    for number in range(ARTICLES):
        day = f"{2000 + number // 300}-01-{number % 28 + 1:02}"
        article = Article(f"Title {number}", (Paragraph("A crane."),), name=f"a{number}", published_at=day)
        fresh.append((article, encode_paragraphs(article.title, article.paragraphs, encoder)))
    database = open_database(tmp_path)
    with database.writing() as connection:
        metadata.claim(connection, metadata.Model(encoder.name, encoder.dim, encoder.fingerprint))
        write_new(connection, fresh, LOCAL_TEAM, "2026-01-01T00:00:00+00:00")
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 100

    with database.reading() as connection:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        raw.set_progress_handler(count, 100)
        (own,) = stories.later_in(connection, Scope().of(LOCAL_TEAM), 1)
    database.close()
    assert own["title"] == "Title 0"
    assert steps < ARTICLES
