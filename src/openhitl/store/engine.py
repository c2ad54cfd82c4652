"""The connections: one engine that writes and one that only reads, for either database."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from openhitl.errors import SetupError, StoreError

POSTGRESQL = "postgresql"
#: The first with UPDATE … FROM, RETURNING, and parameters enough for a batch.
OLDEST_SQLITE = (3, 35)
#: How long a writer waits for other processes that are writing.
BUSY_SECONDS = 30
#: How long to wait before asking a SQLite file again to keep a write-ahead log.
SWITCH_SECONDS = 0.02
#: How long PostgreSQL lets a transaction wait for its client.
HANGING_SECONDS = 15
#: When a PostgreSQL that is silently gone (a machine without power, a firewall) is given up, unless
#: the address says otherwise; without these the kernel would wait for a quarter of an hour or more.
LOST = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
#: Reads run on a few threads; each may hold one connection.
READ_CONNECTIONS = 5
#: Write-ahead log pages after which SQLite copies them into the database file; 16 MiB.
CHECKPOINT_PAGES = 4_000
#: Pages of the database file that the writer keeps in memory, in KiB.
CACHE_KIB = 32 * 1024
#: Statements a connection keeps prepared.
PREPARED = 256


@dataclass(frozen=True)
class DatabaseFile:
    """A file: its name, and what it is called by the system as long as it exists."""

    path: Path
    identity: tuple[int, int]

    @classmethod
    def of(cls, path: Path) -> DatabaseFile:
        """Look at a file that is there."""
        return cls(path.absolute(), _identity(path))

    @property
    def is_there(self) -> bool:
        """Whether the name still leads to this file."""
        try:
            return _identity(self.path) == self.identity
        except OSError:
            return False


def _identity(path: Path) -> tuple[int, int]:
    found = os.stat(path)
    return found.st_dev, found.st_ino


@dataclass(frozen=True)
class Database:
    """Both engines of one database, and how its driver spells failure.

    Args:
        file: the file of a SQLite database, as it was when it was opened.
    """

    write: Engine
    read: Engine
    file: DatabaseFile | None = None

    @property
    def kind(self) -> str:
        """Which database this is: `sqlite` or `postgresql`."""
        return self.write.dialect.name

    def insert(self, table: Table) -> postgresql.Insert | sqlite.Insert:
        """Begin an INSERT that may say what to do where such a row is there already."""
        return postgresql.insert(table) if self.kind == POSTGRESQL else sqlite.insert(table)

    @property
    def driver_error(self) -> type[Exception]:
        """What the driver raises when a statement or a connection fails."""
        error: type[Exception] = self.write.dialect.loaded_dbapi.Error
        return error

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Lend a connection that only reads. Raises: StoreError for whatever fails in the block."""
        try:
            self.check_file()
            with self.read.connect() as connection:
                yield connection
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise self._failure("read", error) from error

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Lend a connection in a transaction, committed at the end. Raises: StoreError."""
        try:
            with self.write.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise self._failure("written", error) from error

    def _failure(self, what: str, error: Exception) -> StoreError:
        hint = "Does PostgreSQL run where HITL_DATABASE_URL says?" if self.kind == POSTGRESQL else ""
        return StoreError(f"The database could not be {what}: {reason(error)}", hint=hint)

    def check_file(self) -> None:
        """Check that the file is still there: SQLite would go on writing to one that is deleted.

        Raises: sqlite3.Error.
        """
        if self.file is not None and not self.file.is_there:
            raise sqlite3.OperationalError(
                "the file was deleted, moved or replaced; bring it back or restart the server"
            )

    def close(self) -> None:
        """Close every connection that is not lent."""
        self.read.dispose()
        self.write.dispose()


def open_database(url: str) -> Database:
    """Make the engines of `sqlite:///<path>` or `postgresql://…`; nothing is connected yet.

    Raises: SetupError for another address, or if PostgreSQL's driver is not installed.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise SetupError("HITL_DATABASE_URL is not a database address.") from error
    if parsed.drivername == "sqlite" and parsed.database and parsed.database != ":memory:":
        return _open_sqlite(parsed)
    if parsed.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return _open_postgresql(parsed.set(drivername="postgresql+psycopg"))
    raise SetupError(
        "HITL_DATABASE_URL is neither sqlite:///<path> nor postgresql://….",
        hint="A SQLite database must be a file, since several connections share it.",
    )


def _open_sqlite(url: URL) -> Database:
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise SetupError(f"SQLite {sqlite3.sqlite_version} is too old; 3.35 is needed.")
    path = Path(str(url.database))
    _make_private(path)
    settings: dict[str, Any] = {
        "hide_parameters": True,
        "connect_args": {
            "timeout": BUSY_SECONDS,
            "cached_statements": PREPARED,
            "check_same_thread": False,
        },
    }
    write = create_engine(url, **settings)
    read = create_engine(url, pool_size=READ_CONNECTIONS, max_overflow=5, **settings)
    event.listen(write, "connect", _prepare_sqlite_writer)
    event.listen(write, "begin", _begin_immediate)
    event.listen(read, "connect", _prepare_sqlite_reader)
    return Database(write, read, DatabaseFile.of(path))


def _make_private(path: Path) -> None:
    """Make the file, if it is not there, for its owner alone; SQLite gives its other files the same mode.

    One that is there is never opened here: closing it would take away SQLite's locks from whoever has it
    open in this process, and then others delete the write-ahead log under them. SQLite, "How To Corrupt An
    SQLite Database File" §2.2.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        if not path.is_file() or not os.access(path, os.R_OK | os.W_OK):
            raise SetupError(f"The database {path} is no file that can be written.") from None
    except OSError as error:
        raise SetupError(f"The database {path} cannot be opened: {error.strerror}.") from error


def _prepare_sqlite_writer(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where we say so
    use_wal(connection)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")


def use_wal(connection: sqlite3.Connection) -> None:
    """Have a file keep a write-ahead log. Raises: sqlite3.OperationalError if others are in the way."""
    # Where somebody writes or switches at the same moment, SQLite refuses at once instead of waiting.
    deadline = time.monotonic() + BUSY_SECONDS
    while connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(SWITCH_SECONDS)


def _prepare_sqlite_reader(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA query_only = ON")


def _begin_immediate(connection: Connection) -> None:
    # A deferred transaction that reads first fails at its first write if anybody wrote in between,
    # whatever the busy timeout.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _open_postgresql(url: URL) -> Database:
    lost = {name: value for name, value in LOST.items() if name not in url.query}
    settings: dict[str, Any] = {
        "paramstyle": "format",
        "pool_pre_ping": True,
        "hide_parameters": True,
        "connect_args": lost,
    }
    pool = {"pool_size": READ_CONNECTIONS, "max_overflow": 5}
    try:
        write = create_engine(url, isolation_level="READ COMMITTED", **settings)
        # Every read is one statement, and sees one state without a transaction around it.
        read = create_engine(url, isolation_level="AUTOCOMMIT", **pool, **settings)
    except ModuleNotFoundError as error:
        raise SetupError(
            "PostgreSQL's driver is not installed.", hint="Install it with pip install 'openhitl[postgres]'."
        ) from error
    event.listen(write, "connect", _prepare_postgresql_writer)
    return Database(write, read)


def _prepare_postgresql_writer(connection: Any, _record: Any) -> None:
    connection.prepared_max = PREPARED
    # Acknowledged is durable, even where the server's default trades that for speed.
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false)"
        " WHERE current_setting('synchronous_commit') = 'off'"
    )
    # A process that hangs in a transaction must not hold up the others for good.
    connection.execute(f"SET idle_in_transaction_session_timeout = '{HANGING_SECONDS}s'")
    connection.execute(f"SET lock_timeout = '{BUSY_SECONDS}s'")
    connection.commit()


def reason(error: Exception) -> str:
    """Return what a driver says in its first line; the others may hold values."""
    return str(getattr(error, "orig", None) or error).partition("\n")[0]
