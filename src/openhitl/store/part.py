"""What every part of the store has in common."""

from __future__ import annotations

from openhitl.store.engine import Database


class Part:
    """The methods of one kind of thing; all parts of a store are one object, on one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
