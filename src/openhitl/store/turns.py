"""What transactions do one after another where no row is there yet to be locked."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from openhitl.store.engine import POSTGRESQL, Database


def wait_in_line(database: Database, connection: Connection, what: str) -> None:
    """Let those who would do the same thing do so one after another, each until its transaction ends.

    `what` names it, as in `owners`. Two names may share a place in line, which costs nothing but time. On
    SQLite there is one writer at a time anyway.
    """
    if database.kind == POSTGRESQL:
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(what, 0))))
