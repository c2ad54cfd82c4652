"""Handing decisions to the service's own code: durable, at least once."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable

import structlog

from openhitl.cases import Casebook
from openhitl.errors import PeerError
from openhitl.service.decided import CaseDecision, decision_of
from openhitl.store.jobs import Job

#: How long a handler may take: less than the lease of a job, or it would run twice at a time.
HANDLER_SECONDS = 45.0
DecisionHandler = Callable[[CaseDecision], Awaitable[None] | None]
_log = structlog.get_logger("openhitl.service")


class HandOver:
    """Does jobs of kind `hand_over`."""

    def __init__(self, book: Casebook, handler: DecisionHandler) -> None:
        self._book = book
        self._handler = handler

    async def __call__(self, job: Job) -> None:
        """Give the decision to the handler. Raises: PeerError if that fails, for whatever reason."""
        stored = await self._book.find(job.case_id)
        if stored is None or not stored.case.is_final:
            return  # purged meanwhile
        try:
            async with asyncio.timeout(HANDLER_SECONDS):
                await self._call(decision_of(stored))
        except Exception as error:  # somebody else's code: whatever it raises, the decision is not lost
            _log.exception("decision_handler_failed", case_id=job.case_id, attempts=job.attempts)
            raise PeerError(f"The handler failed: {type(error).__name__}.") from error

    async def _call(self, decision: CaseDecision) -> None:
        if inspect.iscoroutinefunction(self._handler):
            await self._handler(decision)
            return
        result = await asyncio.to_thread(self._handler, decision)
        if inspect.isawaitable(result):
            await result
