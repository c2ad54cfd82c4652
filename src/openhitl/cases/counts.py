"""Counts of one minute: of this process, or of all processes of a machine that serve the same cases."""

from __future__ import annotations

import mmap
import os
import struct
import tempfile
from hashlib import blake2b
from pathlib import Path
from typing import Protocol

import structlog

#: The minute, and how often something was counted in it.
_SLOT = struct.Struct("=II")
#: Keys that share a slot share its count: with so many, a thousand keys a minute hardly ever do.
SLOTS = 32_768
_log = structlog.get_logger("openhitl.cases")


class Counts(Protocol):
    """Counts things by key and minute."""

    def add(self, key: str, minute: int) -> int:
        """Count one more and return how many there are in this minute."""


class OwnCounts:
    """Counts of this process."""

    def __init__(self) -> None:
        self._minute = 0
        self._counted: dict[str, int] = {}

    def add(self, key: str, minute: int) -> int:
        if minute != self._minute:
            self._minute, self._counted = minute, {}
        count = self._counted[key] = self._counted.get(key, 0) + 1
        return count


class SharedCounts:
    """Counts of all processes of this user, in memory that they share by way of a small file.

    Nobody waits for anybody: of two that count the same key at the very same moment one may be lost.
    """

    def __init__(self, file: int) -> None:
        self._slots = mmap.mmap(file, SLOTS * _SLOT.size)

    def add(self, key: str, minute: int) -> int:
        place = int.from_bytes(blake2b(key.encode(), digest_size=4).digest()) % SLOTS * _SLOT.size
        counted_in, count = _SLOT.unpack_from(self._slots, place)
        count = count + 1 if counted_in == minute else 1
        _SLOT.pack_into(self._slots, place, minute, count)
        return int(count)


def counts_of_all(database_file: Path | None, instance_id: str) -> Counts:
    """Return what all processes of a machine that use this database count together.

    They meet at a file beside SQLite's, for PostgreSQL at one in the folder for temporary files. Where
    that cannot be, the counts are our own.
    """
    try:
        path = _meeting_place(database_file, instance_id)
        file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
        try:
            if hasattr(os, "geteuid") and os.fstat(file).st_uid != os.geteuid():
                raise PermissionError(f"{path} is somebody else's")
            os.truncate(file, SLOTS * _SLOT.size)
            return SharedCounts(file)
        finally:
            os.close(file)
    except (OSError, ValueError) as error:
        _log.warning("polls_counted_alone", error=str(error))
        return OwnCounts()


def _meeting_place(database_file: Path | None, instance_id: str) -> Path:
    if database_file is None:
        return Path(tempfile.gettempdir(), f"openhitl-{instance_id}-polls")
    return database_file.with_name(f"{database_file.name}-polls")
