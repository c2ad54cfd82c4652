"""How much one process serves at a time, by how many files the system lets it have open."""

from __future__ import annotations

import resource
from dataclasses import dataclass

#: Files of the process itself: databases, libraries, what it reads from disk.
OWN_FILES = 128
#: Where the system sets no limit, memory does.
MOST_FILES = 1_000_000


@dataclass(frozen=True, slots=True)
class Room:
    """How many connections are served, and how many of those may be event streams.

    Streams stay for as long as a case is open. What they may not take is kept for people, whose
    requests come and go.
    """

    connections: int
    streams: int

    @classmethod
    def of_this_process(cls) -> Room:
        """Divide what the system allows: an eighth of all connections is kept from streams."""
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if files == resource.RLIM_INFINITY or files > MOST_FILES:
            files = MOST_FILES
        connections = max(files - OWN_FILES, files // 2)
        return cls(connections, streams=connections - connections // 8)
