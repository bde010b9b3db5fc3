"""Every site's robots.txt, kept for a day. Works inside the transaction handed in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from embeddings.dates import iso_seconds
from embeddings.ingest.download import Robots
from embeddings.store.tables import robots as sites


def read(connection: Connection) -> dict[str, Robots]:
    """Every site's robots.txt that is kept."""
    rows = connection.execute(select(sites)).all()
    return {row.site: Robots(row.text, datetime.fromisoformat(row.fetched_at)) for row in rows}


def keep(connection: Connection, known_robots: Mapping[str, Robots]) -> None:
    """Keep these, and no others."""
    connection.execute(delete(sites))
    for site, one in known_robots.items():
        connection.execute(insert(sites).values(site=site, text=one.text, fetched_at=iso_seconds(one.fetched_at)))
