"""Deleting what is too old to mean anything, some of it at a time."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, delete, select


def delete_some(connection: Connection, key: Column[Any], *which: ColumnElement[bool], limit: int) -> int:
    """Delete at most so many rows, by their key; return how many.

    Those that somebody is writing at the moment are left for the next time.
    """
    some = select(key).where(*which).limit(limit).with_for_update(skip_locked=True)
    found = connection.execute(some).scalars().all()
    connection.execute(delete(key.table).where(key.in_(found)))
    return len(found)
