"""What is said while a wait goes on."""

from __future__ import annotations

from dataclasses import dataclass

from openhitl.errors import PeerError
from openhitl.protocol.case import Progress, Status

_WORDS = {
    Status.PENDING: "waiting for a human",
    Status.OPENED: "a human is looking at it",
    Status.IN_PROGRESS: "a human is at it",
    Status.COMPLETED: "answered",
    Status.EXPIRED: "nobody answered in time",
    Status.CANCELLED: "cancelled",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """Something that happened while waiting: a new status, a reminder, or trouble reaching the server."""

    status: Status
    reminder: bool = False
    progress: Progress | None = None
    trouble: PeerError | None = None

    @property
    def line(self) -> str:
        """Say it in one line, as `a human is at it, step 2 of 3, 4 of 8 fields`."""
        if self.trouble:
            return "no connection to the server, trying again"
        words = _WORDS[self.status]
        if self.progress is None:
            return words
        now = self.progress
        return (
            f"{words}, step {now.current_step} of {now.total_steps}"
            f", {now.completed_fields} of {now.total_fields} fields"
        )
