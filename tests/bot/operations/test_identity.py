"""The bot knows its library again: another one, or an empty one in its place, is refused in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from bot.cli import app
from bot.config import Settings
from bot.operations.doctor import examine_all
from bot.operations.health import Health
from bot.resources import open_store
from bot.server.run import serve
from bot.store.lost import LibraryLostError, remember
from embeddings import Database
from embeddings.library import Library
from embeddings.store.metadata import library_id, write
from embeddings.store.tables import article as articles
from tests.conftest import article
from tests.hashed import HashedEncoder

NOW = datetime(2026, 5, 1, 9, tzinfo=UTC)

pytestmark = pytest.mark.slow


@dataclass
class Place:
    """A library and the bot's memory of it, in files or on a server."""

    settings: Settings
    library: Library
    store: Database

    def lose(self) -> None:
        """Another library is there, as after a server's new disk and a fresh start of `topicbot add`."""
        with self.library.database.writing() as connection:
            connection.execute(articles.delete())
            write(connection, "library", "another")

    def found(self) -> tuple[bool, str]:
        """What doctor says."""
        checks = {check.name: check for check in examine_all(self.settings)}
        return checks["identity"].ok, checks["identity"].finding


@pytest.fixture
def place(tmp_path: Path, database_url: str | None) -> Iterator[Place]:
    """Four articles, which the bot has seen; on both stores."""
    settings = Settings(data_dir=tmp_path, database_url=SecretStr(database_url) if database_url else None)
    with (
        Library(tmp_path, HashedEncoder(), database_url=database_url) as library,
        closing(open_store(tmp_path, database_url)) as store,
    ):
        for number in range(4):
            library.local.add(article(f"Crane {number}", f"The crane number {number} is in the harbour."))
        remember(store, library, NOW)
        yield Place(settings, library, store)


def test_another_library_stops_the_start_and_is_accepted_only_on_purpose(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    health = Health(place.settings, place.library, place.store, team="T1")
    assert health.checks()["database"].ok
    place.lose()
    words = r"holds another library, with 0 articles.*2026-05-01 09:00 UTC, which held 4.*--accept-library"
    with pytest.raises(LibraryLostError, match=words):
        serve(place.settings, place.library, address=None)
    ready = health.checks()["database"]
    assert (ready.ok, "another library" in ready.finding) == (False, True)
    ok, finding = place.found()
    assert (ok, "which held 4" in finding) == (False, True)
    monkeypatch.setenv("TOPICBOT_DATA_DIR", str(place.settings.data_dir))
    if place.settings.database is not None:
        monkeypatch.setenv("TOPICBOT_DATABASE_URL", place.settings.database)
    CliRunner().invoke(app, ["doctor", "--accept-library"])
    assert place.found()[0]


def test_a_library_that_lost_most_of_its_articles_is_reported(place: Place) -> None:
    assert place.found() == (True, "the library is the one that the bot works with")
    for number in range(3):
        place.library.local.remove(f"crane-{number}")
    assert place.found() == (False, "the library holds 1 articles, and held 4 at 2026-05-01 09:00 UTC")


def test_a_library_without_an_article_is_nobodys_yet(tmp_path: Path) -> None:
    with Library(tmp_path, HashedEncoder()) as library, closing(open_store(tmp_path)) as store:
        remember(store, library, NOW)
        with library.database.writing() as connection:
            library_id(connection)
        remember(store, library, NOW)
        assert Health(Settings(data_dir=tmp_path), library, store).checks()["database"].ok
