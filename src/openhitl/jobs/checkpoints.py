"""Signs every hour how far the log has come, and once more at an orderly end."""

from __future__ import annotations

import asyncio

import structlog

from openhitl.cases import Casebook
from openhitl.cases.checkpoints import keep_checkpoint
from openhitl.errors import HitlError, LogBroken

CHECKPOINT_SECONDS = 3_600.0
#: How long the last checkpoint may take: a database that does not answer must not keep the process.
LAST_SECONDS = 1.0
_log = structlog.get_logger("openhitl.jobs")


class Checkpointer:
    """Keeps checkpoints of one store; several processes that do so are in nobody's way."""

    def __init__(self, book: Casebook) -> None:
        self._book = book

    async def run(self) -> None:
        """Keep one at once and every hour, until cancelled."""
        while True:
            await self._keep()
            await asyncio.sleep(CHECKPOINT_SECONDS)

    async def last(self) -> None:
        """Keep one more, if it is quickly done."""
        try:
            async with asyncio.timeout(LAST_SECONDS):
                await self._keep()
        except TimeoutError:
            _log.warning("checkpoint_failed", message="The database did not answer in time.")

    async def _keep(self) -> None:
        ledger = self._book.ledger
        try:
            await ledger.read(keep_checkpoint, ledger.store, self._book.receipts, self._book.clock())
        except LogBroken as error:
            _log.error("log_broken", message=error.message, **error.details)
        except HitlError as error:
            _log.warning("checkpoint_failed", code=error.code, message=error.message)
