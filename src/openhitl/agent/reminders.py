"""When a human is told again: at each instant once, while nobody has begun. HITL v0.8 §6 `reminder_at`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

#: A reminder that names no instant means the one due about now.
NEARLY = timedelta(minutes=1)
#: No case wants more; a service that goes on and on does not get through to the human.
MAX_REMINDERS = 50


class Reminders:
    """The reminders of one case. `told` are the instants that need no telling any more."""

    def __init__(self, instants: Iterable[datetime], told: Iterable[datetime] = ()) -> None:
        self.told = set(told)
        self._open = sorted(set(instants) - self.told)[:MAX_REMINDERS]

    def pass_over(self, now: datetime) -> None:
        """Forget what was due before the human was first told."""
        self.take_due(now)

    def next_after(self, now: datetime) -> datetime | None:
        """Return the next instant; one that is due counts as `now`."""
        return max(self._open[0], now) if self._open else None

    def take_due(self, now: datetime) -> bool:
        """Return whether any is due. Several that have come due meanwhile are one telling."""
        due = [instant for instant in self._open if instant <= now]
        for instant in due:
            self._take(instant)
        return bool(due)

    def take_event(self, named: datetime | None, now: datetime) -> bool:
        """Return whether a reminder that the service sends is news.

        One that names no instant stands for the one due about now, if there is one.
        """
        instant = named or self._near(now)
        if instant is None:
            if any(abs(told - now) <= NEARLY for told in self.told):
                return False
            instant = now
        if instant in self.told or len(self.told) >= 2 * MAX_REMINDERS:
            return False
        self._take(instant)
        return True

    def _take(self, instant: datetime) -> None:
        self.told.add(instant)
        self._open = [other for other in self._open if other != instant]

    def _near(self, now: datetime) -> datetime | None:
        return next((instant for instant in self._open if abs(instant - now) <= NEARLY), None)
