"""What the running bot tells of itself while its database goes and comes."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from time import monotonic

from bot.config import Settings
from bot.operations.health import Health
from bot.resources import open_store
from embeddings.library import Library
from tests.conftest import article
from tests.hashed import HashedEncoder
from tests.postgres import PostgresServer


def test_a_database_that_is_away_is_told_at_once_and_comes_back_by_itself(
    postgres: PostgresServer, postgres_url: str, tmp_path: Path
) -> None:
    with (
        Library(tmp_path, HashedEncoder(), database_url=postgres_url) as library,
        closing(open_store(tmp_path, postgres_url)) as store,
    ):
        library.local.add(article("Tower", "The tower crane stands in the harbour."))
        health = Health(Settings(data_dir=tmp_path), library, store, team="T1", is_warm=True)
        assert health.checks()["database"].ok
        assert health.checks()["digests"].ok
        postgres.stop()
        try:
            began = monotonic()
            checks = health.checks()
            assert monotonic() - began < 5, "a probe is not kept waiting as a question is"
            assert not checks["database"].ok
            assert not checks["digests"].ok
            assert checks["process"].ok
        finally:
            postgres.start()
        assert health.checks()["database"].ok
        assert health.checks()["digests"].ok
        assert library.local.ask("Where does the crane stand?").passages
