"""When PostgreSQL's index over the vectors is made: with the library, or after a large load.

A load into an index takes several times as long as a load without one and the index after it.
"""

from __future__ import annotations

from embeddings.store import postgres_rows, postgres_search, settings
from embeddings.store.database import Database


def leave_out(database: Database, model: settings.Model) -> None:
    """Take the index off an empty library that is to be filled with vectors of `model`; `complete` makes it.

    Without it every vector is compared. Raises `ModelMismatchError`.
    """
    with database.writing() as connection:
        settings.claim(connection, model)
        if not postgres_search.paragraphs(connection):
            postgres_rows.drop_index(connection, model.dim)


def complete(database: Database) -> bool:
    """Make the index if it is missing, as after a load, broken off or not; whether that was so.

    Nobody else can write meanwhile.
    """
    with database.reading() as connection:
        model = settings.model(connection)
        if model is None or postgres_rows.has_index(connection, model.dim):
            return False
    with database.writing() as connection:
        postgres_rows.make_index(connection, model.dim)
        postgres_rows.analyze(connection)
    return True
