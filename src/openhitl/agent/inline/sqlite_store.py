"""Cases in a file, for agents that restart and for several processes."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from openhitl.agent.inline.case import InlineCase, from_json, to_json
from openhitl.errors import StoreError

BUSY_SECONDS = 10.0
#: Deleted content is overwritten: a submit token is not left behind in the file's free pages.
_SETTINGS = "PRAGMA secure_delete = ON"
_TABLE = (
    "CREATE TABLE IF NOT EXISTS inline_cases"
    " (reference TEXT PRIMARY KEY, identity TEXT NOT NULL UNIQUE, until_ms INTEGER NOT NULL,"
    " content TEXT NOT NULL)"
)
_ADD = (
    "INSERT INTO inline_cases (reference, identity, until_ms, content) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (identity) DO UPDATE SET until_ms = excluded.until_ms, content = excluded.content"
    " RETURNING reference"
)


class SqliteInlineStore:
    """Keeps cases in a SQLite file that only its owner can read; safe for several processes.

    The file and its folder's path are made if they are missing; a file that others can read is closed
    to them. Each call opens the file anew, so an instance may be used by any thread and after a fork.
    Raises: StoreError if the file cannot be used, here and in every call.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Made before SQLite makes it, so that it is never open to others; its journal follows suit.
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            self._path.chmod(0o600)
        except OSError as error:
            raise StoreError(f"The file of the buttons cannot be opened: {error}") from error
        with self._writing() as file:
            file.execute(_TABLE)

    def add(self, case: InlineCase, reference: str, *, until: datetime, now: datetime) -> str:
        """See `InlineStore.add`."""
        row = (reference, case.identity, _milliseconds(until), json.dumps(to_json(case)))
        with self._writing() as file:
            file.execute("DELETE FROM inline_cases WHERE until_ms <= ?", (_milliseconds(now),))
            ((kept,),) = file.execute(_ADD, row).fetchall()
        return str(kept)

    def find(self, reference: str, *, now: datetime) -> InlineCase | None:
        """See `InlineStore.find`."""
        query = "SELECT content FROM inline_cases WHERE reference = ? AND until_ms > ?"
        with self._writing() as file:
            file.execute("DELETE FROM inline_cases WHERE until_ms <= ?", (_milliseconds(now),))
            found = file.execute(query, (reference, _milliseconds(now))).fetchone()
        return from_json(json.loads(found[0])) if found else None

    def remove(self, case: InlineCase) -> None:
        """See `InlineStore.remove`."""
        with self._writing() as file:
            file.execute("DELETE FROM inline_cases WHERE identity = ?", (case.identity,))

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)) as file:
                file.execute(_SETTINGS)
                file.execute("BEGIN IMMEDIATE")
                yield file
                file.execute("COMMIT")
        except sqlite3.Error as error:
            raise StoreError(f"The file of the buttons cannot be used: {error}") from error


def _milliseconds(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)
