"""One connection of the writer: transactions in few steps, on either database."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from typing import Any, Protocol

from sqlalchemy.pool import PoolProxiedConnection

from openhitl.store.engine import POSTGRESQL, Database
from openhitl.store.statements import Row, Rows, Statement


class Session(Protocol):
    """A transaction at a time: begin, then read and write, then commit, or abandon the session.

    Whatever fails raises the driver's error, at the latest in the next `fetch` or in `commit`.
    """

    def begin(self) -> None:
        """Begin a transaction in which nobody else can change what `fetch` has locked."""

    def fetch(self, statement: Statement, rows: Rows) -> list[Row]:
        """Run a query for these parameter rows and return what it finds."""

    def write(self, statement: Statement, rows: Rows) -> None:
        """Write rows; the statement may be sent later, together with others."""

    def commit(self) -> None:
        """Make the transaction durable. If it raises, the outcome may be unknown."""

    @property
    def is_lost(self) -> bool:
        """Whether the connection broke, so that nobody here knows how its transaction ended."""

    def abandon(self) -> None:
        """Close the connection for good, and with it the transaction."""


class SqliteSession:
    """A session on a SQLite file. Beginning takes the one place of a writer."""

    def __init__(self, lent: PoolProxiedConnection, connection: Any) -> None:
        self._lent = lent
        self._connection = connection
        self._cursor: sqlite3.Cursor = self._connection.cursor()

    def begin(self) -> None:
        self._cursor.execute("BEGIN IMMEDIATE")

    def fetch(self, statement: Statement, rows: Rows) -> list[Row]:
        found: list[Row] = []
        for sql, values in statement.calls(rows):
            found += self._cursor.execute(sql, values).fetchall()
        return found

    def write(self, statement: Statement, rows: Rows) -> None:
        for sql, values in statement.calls(rows):
            self._cursor.execute(sql, values)

    def commit(self) -> None:
        self._cursor.execute("COMMIT")

    @property
    def is_lost(self) -> bool:
        return False

    def abandon(self) -> None:
        # Closing alone would leave the transaction open for as long as a statement is referred to.
        with suppress(sqlite3.Error):
            self._connection.rollback()
        self._cursor.close()
        self._lent.invalidate()


class PostgresSession:
    """A session on PostgreSQL. Writes wait for the next fetch or the commit, and share its round trip."""

    def __init__(self, lent: PoolProxiedConnection, connection: Any) -> None:
        self._lent = lent
        self._connection = connection
        self._pipeline = self._connection.pipeline()
        self._pipeline.__enter__()

    def begin(self) -> None:
        """Do nothing: the driver sends BEGIN with the first statement."""

    def fetch(self, statement: Statement, rows: Rows) -> list[Row]:
        cursors = [self._connection.execute(sql, values) for sql, values in statement.calls(rows)]
        return [row for cursor in cursors for row in cursor.fetchall()]

    def write(self, statement: Statement, rows: Rows) -> None:
        for sql, values in statement.calls(rows):
            self._connection.execute(sql, values)

    def commit(self) -> None:
        self._connection.commit()

    @property
    def is_lost(self) -> bool:
        return bool(self._connection.closed)

    def abandon(self) -> None:
        with suppress(self._connection.Error):
            self._pipeline.__exit__(None, None, None)
        self._lent.invalidate()


def open_session(database: Database) -> Session:
    """Open a session on its own connection. Raises: the driver's error, wrapped by SQLAlchemy."""
    lent = database.write.raw_connection()
    session = PostgresSession if database.kind == POSTGRESQL else SqliteSession
    return session(lent, lent.driver_connection)
