"""Handing decisions to the service's own code: durable, at least once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import structlog

from openhitl.cases import Casebook
from openhitl.errors import PeerError
from openhitl.service.callables import called
from openhitl.service.decided import CaseDecision, decision_of
from openhitl.store.jobs import Job

#: How long a handler may take: less than the lease of a job, or it would run twice at a time.
HANDLER_SECONDS = 45.0
DecisionHandler = Callable[[CaseDecision], Awaitable[None] | None]
_log = structlog.get_logger("openhitl.service")


class HandOver:
    """Does jobs of kind `hand_over`.

    Args:
        threads: where a handler that is not async runs.
    """

    def __init__(self, book: Casebook, handler: DecisionHandler, threads: ThreadPoolExecutor) -> None:
        self._book = book
        self._handler = handler
        self._threads = threads

    async def __call__(self, job: Job) -> None:
        """Give the decision to the handler. Raises: PeerError if that fails, for whatever reason."""
        stored = await self._book.find(job.case_id)
        if stored is None or not stored.case.is_final:
            return  # purged meanwhile
        try:
            async with asyncio.timeout(HANDLER_SECONDS):
                await called(self._threads, self._handler, decision_of(self._book, stored))
        # Somebody else's code: whatever it raises, the decision is not lost, and nobody else stops for it.
        except (Exception, SystemExit, asyncio.CancelledError) as error:
            if _is_cancelled():
                raise
            _log.exception("decision_handler_failed", case_id=job.case_id, attempts=job.attempts)
            raise PeerError(f"The handler failed: {type(error).__name__}.") from error


def _is_cancelled() -> bool:
    """Tell whether it is we who have to end, not something that a handler waited for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
