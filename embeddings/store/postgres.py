"""The PostgreSQL database: connections, locks, errors."""

from __future__ import annotations

import itertools
import logging
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError
from sqlalchemy.exc import TimeoutError as NoneFreeError

from embeddings.errors import StoreAwayError, StoreError
from embeddings.store.base import BUSY_SECONDS, Turns, busy, upgrade
from embeddings.store.group import GroupCommit, T

START_SECONDS, WAIT_SECONDS = 60.0, 10.0
"""How long a server that is down is waited for: when a process starts, and later."""

OLDEST_SERVER, OLDEST_PGVECTOR = 16, (0, 8, 4)
"""The oldest versions that will do. Indexes of older pgvector can lose rows."""

_FIRST_WAIT, _LONGEST_WAIT = 0.2, 2.0
_POOL_SIZE, _MAX_OVERFLOW = 5, 10  # connections of a process: kept open, and beside them when there is much to do
_IDLE_SECONDS = 900  # a writer that falls silent holds up all others: its machine may be gone

_SESSION = {
    "idle_in_transaction_session_timeout": f"{_IDLE_SECONDS}s",
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
    "jit": "off",  # compiling takes longer than any of these queries
    "plan_cache_mode": "force_custom_plan",  # the best plan differs from one scope to the next
    "client_min_messages": "warning",
    "hnsw.ef_search": "200",  # candidates that a search of the vectors keeps …
    "hnsw.iterative_scan": "strict_order",  # … and it goes on until enough of them are within the scope
}

_ALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3, "connect_timeout": 10}
_log = logging.getLogger("topicbot.store")


class PostgresDatabase:
    """One part, "library" or "bot", of a PostgreSQL database, with the transactions that `store.base` describes.

    Both parts share one schema, the first of the user's search path. Whoever writes to a part holds its advisory
    lock until the transaction ends, so that here too there is one writer at a time, in whatever process.
    """

    def __init__(
        self,
        url: str,
        part: str,
        migrations: str,
        schema: str,
        *,
        busy_seconds: float = BUSY_SECONDS,
        start_seconds: float = START_SECONDS,
    ) -> None:
        """Connect to the database at `url` and bring its part up to date, as `SqliteDatabase` does.

        A server that is down is waited for, up to `start_seconds`. Raises `StoreError`.
        """
        address = address_of(url)
        self.name = f"PostgreSQL {address.host or address.query.get('host', 'localhost')}/{address.database}"
        self._version_table = f"{part}_version"
        self._part, self._lock = part, f"SELECT pg_advisory_xact_lock({zlib.crc32(f'topicbot {part}'.encode())})"
        self._wait_seconds, self._numbers = start_seconds, itertools.count(1)
        self._engine = _engine(address, part, busy_seconds)
        self._readers = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._watchers = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._turns = Turns(self.name, busy_seconds)
        self._group = GroupCommit(self.writing)
        try:
            self._migrate(migrations, schema)
        except BaseException:
            self.close()
            raise
        self._wait_seconds = min(WAIT_SECONDS, start_seconds)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a consistent view of the database, that of its first query; never waits for a writer."""
        with self._translated(), self._connected(self._readers) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield one transaction: committed as a whole on leaving, or not at all. Waits for other writers."""
        with (
            self._turns.one(),
            self._translated(),
            self._connected(self._engine) as connection,
            connection.begin(),
        ):
            connection.exec_driver_sql(self._lock)
            yield connection

    def write(self, work: Callable[[Connection], T]) -> T:
        """Return what `work` returns, once it is committed together with what other threads write now."""
        return self._group.write(work)

    def ask(self) -> None:
        """Raise `StoreError` unless the server answers now, with this version's tables: no waiting for it."""
        with self._translated(), self._readers.connect() as connection:
            connection.execute(text(f"SELECT version_num FROM {self._version_table}"))  # noqa: S608 two fixed names

    def sizes(self) -> dict[str, int]:
        """Bytes on the server's disk: of the whole database, both parts."""
        with self.reading() as connection:
            return {"postgresql": int(connection.scalar(_SIZE) or 0)}

    def empty_log(self) -> bool:
        """Nothing to do: what was deleted is overwritten when the server vacuums its tables and reuses its log."""
        return True

    def version(self) -> int:
        """Return the number of the transaction that last wrote what an answer shows, in whatever process.

        Triggers mark a row with it. Where that row is missing, and in the bot's part, no number comes twice.
        """
        if self._part == "library":
            with self._translated(), self._connected(self._watchers) as connection:
                written = connection.exec_driver_sql(_MARKED).scalar()
            if written is not None:
                return int(written)
        return -next(self._numbers)

    def count_from(self, connection: Connection, table: str, column: str, last: int) -> None:
        """Set the column's sequence."""
        statement = text("SELECT setval(pg_get_serial_sequence(:table, :column), :last)")
        connection.execute(statement, {"table": table, "column": column, "last": last})

    def close(self) -> None:
        """Close the connections. Another use opens them again."""
        self._engine.dispose()

    def _connected(self, engine: Engine) -> Connection:
        """Return a connection; a server that is down is waited for, and that is logged once."""
        deadline, wait = monotonic() + self._wait_seconds, _FIRST_WAIT
        while True:
            try:
                return engine.connect()
            except OperationalError as error:
                if not is_transient(error) or monotonic() >= deadline:
                    raise
                if wait == _FIRST_WAIT:
                    _log.warning("waiting for the database: %s", translate_error(self.name, error))
            sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT)

    def _versions(self, connection: Connection) -> list[str] | None:
        """Return what the version table says; `None` when there is none."""
        if connection.scalar(text("SELECT to_regclass(:table)"), {"table": self._version_table}) is None:
            return None
        return list(connection.scalars(text(f"SELECT version_num FROM {self._version_table}")))  # noqa: S608 two fixed names

    def _migrate(self, migrations: str, schema: str) -> None:
        with self.reading() as connection:
            _check_server(connection, self.name)
            is_current = self._versions(connection) == [schema]
            if is_current and self._part == "library":
                check_pgvector(connection, self.name)
        if is_current:
            return
        if self._part == "library":
            self._add_pgvector()
        newer = (
            f"{self.name} was written by a newer topicbot. Upgrade topicbot, or use another database, such as one "
            "restored from a pg_dump before the upgrade."
        )
        upgrade(
            self.writing,
            migrations,
            StoreError(newer, argument="database_url"),
            version_table=self._version_table,
            after_each=_compare_bytes,
        )

    def _add_pgvector(self) -> None:
        with self.writing() as connection:
            if connection.scalar(_PGVECTOR) is None:
                connection.execute(text("CREATE EXTENSION IF NOT EXISTS vector"))
            check_pgvector(connection, self.name)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise translate_error(self.name, error) from error
        except NoneFreeError as error:
            raise busy(self.name) from error


def _compare_bytes(*, ctx: Any, **_: Any) -> None:
    """Have PostgreSQL compare and sort texts as SQLite does: byte by byte, whatever the server's language."""
    names = sorted(ctx.opts["target_metadata"].tables)
    for table, column in ctx.connection.execute(_IN_WORDS, {"tables": names}).all():
        ctx.connection.execute(
            text(f'ALTER TABLE "{table}" ALTER COLUMN "{column}" TYPE character varying COLLATE "C"')
        )


def address_of(url: str) -> URL:
    """Return the address in `url`, for the driver that is used here. Raises `StoreError` when it is no
    PostgreSQL's.
    """
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        # Without the cause: it would quote the address, and the password in it.
        raise StoreError(
            f"What is given as the database's address is no address; its port must be a number. {_EXAMPLE}",
            argument="database_url",
        ) from None
    if "@" in (address.host or ""):
        raise StoreError(
            "The database's address has several @. One that belongs to the password is written %40, a / %2F and a "
            f": %3A. {_EXAMPLE}",
            argument="database_url",
        )
    if address.get_backend_name() not in ("postgresql", "postgres"):
        raise StoreError(
            f"The database's address is for {address.drivername}, not for PostgreSQL. {_EXAMPLE}",
            argument="database_url",
        )
    return address.set(drivername="postgresql+psycopg")


def check_pgvector(connection: Connection, name: str) -> None:
    """Raise `StoreError` unless the extension is there and new enough."""
    found = connection.scalar(_PGVECTOR) or "none"
    if found == "none" or tuple(int(part) for part in found.split(".")[:3]) < OLDEST_PGVECTOR:
        oldest = ".".join(map(str, OLDEST_PGVECTOR))
        raise StoreError(
            f"{name} has pgvector {found}; {oldest} or newer is needed, older ones lose rows. Install it on the "
            "server, then let an administrator run ALTER EXTENSION vector UPDATE; in this database."
        )


def _check_server(connection: Connection, name: str) -> None:
    found = int(connection.scalar(text("SHOW server_version_num"))) // 10_000
    if found < OLDEST_SERVER:
        raise StoreError(f"{name} is PostgreSQL {found}; {OLDEST_SERVER} or newer is needed. Upgrade the server.")


def _engine(address: URL, part: str, busy_seconds: float) -> Engine:
    try:
        engine = create_engine(
            address,
            connect_args={"application_name": f"topicbot {part}", **_ALIVE},
            pool_size=_POOL_SIZE,
            max_overflow=_MAX_OVERFLOW,
            pool_timeout=busy_seconds,
            pool_pre_ping=True,  # connections that a restart of the server has ended are opened again
        )
    except (NoSuchModuleError, ImportError) as error:
        raise StoreError(
            "PostgreSQL's driver is missing. Install it: pip install 'topicbot[postgres]'."
        ) from error

    @event.listens_for(engine, "connect")
    def _on_connect(raw: Any, _record: object) -> None:
        with raw.cursor() as cursor:
            for setting, value in {**_SESSION, "lock_timeout": f"{int(busy_seconds * 1000)}ms"}.items():
                cursor.execute("SELECT set_config(%s, %s, false)", (setting, value))
        raw.commit()

    return engine


_EXAMPLE = "It looks like postgresql+psycopg://user:password@host:5432/database."
_SIZE = text("SELECT pg_database_size(current_database())")
_MARKED = "SELECT xmin::text FROM keyword_total"
"""Each row names the transaction that wrote it. A counter of its own would be a table for one number."""

_PGVECTOR = text("SELECT extversion FROM pg_extension WHERE extname = 'vector'")

_IN_WORDS = text(
    "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
    " AND table_name = ANY(:tables) AND data_type = 'character varying' AND collation_name IS DISTINCT FROM 'C'"
    " ORDER BY table_name, ordinal_position"
)

_LASTING = (
    "authentication failed",
    "does not exist",
    "no pg_hba.conf entry",
    "is not permitted to log in",
    "permission denied",
    "no password supplied",
    "invalid",
)
"""Parts of what a server says that refuses a connection for good; it has no code for these."""

_MESSAGES = {
    "53100": "The disk of the database server is full ({name}). Make room there and run the same command again.",
    "53200": "The database server is out of memory ({name}). Give it more, or try again later.",
    "25006": "{name} is a copy that can only be read. Use the primary server.",
    "58030": "The database server can't read or write its disk ({name}): {reason}. Check the server's log.",
    "22021": "A text holds a character that PostgreSQL can't keep: {reason}. Take it out and add the text again.",
    "42P07": "{name} has tables of another program: {reason}. Use a database of its own.",
    "42501": "The database user may not do this in {name}: {reason}. Let the owner of the tables run `topicbot "
    "migrate`, or grant the user all rights on them.",
}

_DAMAGE = ("22", "42", "XX")
"""How the codes begin of values that can't be, of tables and columns that aren't there, and of damaged pages."""

_WRONG_DATABASE = ("25006", "42P07")
_BUSY = ("55P03", "40001", "40P01")
_LOST = ("57P01", "57P02", "57P03", "08000", "08003", "08006")


def is_transient(error: DBAPIError) -> bool:
    """Return whether a connection that failed so may work in a while: the server is down, starting, or full."""
    return not any(part in str(error.orig) for part in _LASTING)


def translate_error(name: str, error: DBAPIError) -> StoreError:
    """Return the driver's error in words: what is wrong with the database called `name`, and what to do."""
    code, reason = getattr(error.orig, "sqlstate", None), _first_line(error)
    if code in _BUSY:
        return busy(name)
    if code in _LOST or (error.connection_invalidated and code not in _MESSAGES):
        return StoreAwayError(
            f"The connection to {name} was lost ({reason}). Nothing of what was being written is kept. Try again."
        )
    if code is None and "CREATE EXTENSION" not in (error.statement or ""):
        return _unreachable(name, reason)
    return _failed(name, code or "", reason, error.statement or "")


def _failed(name: str, code: str, reason: str, statement: str) -> StoreError:
    if "CREATE EXTENSION" in statement:
        return StoreError(
            f"The extension pgvector can't be created in {name}: {reason}. Install pgvector 0.8.4 or newer on the "
            "server, and let an administrator run CREATE EXTENSION vector; in this database."
        )
    if code in _MESSAGES:
        argument = "database_url" if code in _WRONG_DATABASE else None
        return StoreError(_MESSAGES[code].format(name=name, reason=reason), argument=argument)
    if code.startswith(_DAMAGE):
        return StoreError(
            f"{name} is damaged, or lacks what topicbot made there ({reason}). Restore it with pg_restore."
        )
    return StoreError(f"The database {name} failed: {reason}. Check the server's log, then run `topicbot doctor`.")


def _unreachable(name: str, reason: str) -> StoreError:
    if "authentication failed" in reason or "no password supplied" in reason:
        said = f"{name} refuses the user or the password ({reason}). Correct the database's address."
        return StoreError(said, argument="database_url")
    if any(part in reason for part in _LASTING):
        said = f"{name} can't be used: {reason}. Correct the database's address, or what it names on the server."
        return StoreError(said, argument="database_url")
    said = f"{name} can't be reached: {reason}. Check that the server runs, and the database's address."
    return StoreAwayError(said, argument="database_url")


def _first_line(error: DBAPIError) -> str:
    return (str(error.orig).strip() or type(error.orig).__name__).splitlines()[0].rstrip(".")
