"""Whether a database has the tables that the code expects."""

from __future__ import annotations

import warnings
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData


def differences(connection: Connection, metadata: MetaData, version_table: str = "alembic_version") -> list[Any]:
    """What Alembic would change in the tables of `metadata`; others in the database are not looked at."""

    def is_ours(name: str | None, kind: str, parents: Any) -> bool:
        table = name if kind == "table" else parents.get("table_name")
        return table is None or table in metadata.tables

    options = {"include_name": is_ours, "version_table": version_table}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Did not recognize type 'halfvec'")
        found: list[Any] = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    return found
