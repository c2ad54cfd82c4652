"""Where cases are kept between their message and its press."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Protocol

from openhitl.agent.inline.case import InlineCase


class InlineStore(Protocol):
    """Keeps cases, submit token and all, under references; safe for several threads.

    What is over is gone: a case at its end or at `until`, whichever comes first. Instants are aware.
    """

    def add(self, case: InlineCase, reference: str, *, until: datetime, now: datetime) -> str:
        """Keep a case until an instant, and drop all that are over.

        Returns: the reference that it is kept under: the given one, or that of an earlier `add` of the
        same case, whose content is replaced.
        """

    def find(self, reference: str, *, now: datetime) -> InlineCase | None:
        """Return the case under a reference; None if there is none, or it is over."""

    def remove(self, case: InlineCase) -> None:
        """Forget a case, if it is kept."""


class MemoryInlineStore:
    """Keeps cases in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[InlineCase, datetime]] = {}
        self._references: dict[str, str] = {}

    def add(self, case: InlineCase, reference: str, *, until: datetime, now: datetime) -> str:
        """See `InlineStore.add`."""
        with self._lock:
            for old, _ in [one for one in self._kept.values() if one[1] <= now]:
                self._forget(old)
            reference = self._references.setdefault(case.identity, reference)
            self._kept[reference] = (case, until)
            return reference

    def find(self, reference: str, *, now: datetime) -> InlineCase | None:
        """See `InlineStore.find`."""
        with self._lock:
            case, until = self._kept.get(reference, (None, now))
            if case is not None and until <= now:
                self._forget(case)
            return case if until > now else None

    def remove(self, case: InlineCase) -> None:
        """See `InlineStore.remove`."""
        with self._lock:
            self._forget(case)

    def _forget(self, case: InlineCase) -> None:
        reference = self._references.pop(case.identity, None)
        if reference is not None:
            del self._kept[reference]
