"""Answers on their way to whoever asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


class Handovers:
    """Which calls are just being answered with which cases.

    An answer is handed over when it was sent, not when it was found: a call that breaks before gets the
    same answer when it is repeated. Whoever asks the same again meanwhile has to wait which of both it is.
    """

    def __init__(self) -> None:
        self._sending: dict[str, set[asyncio.Future[None]]] = {}

    def begin(self, case_id: str, received: Callable[[str], Awaitable[None]]) -> Handover:
        """Begin to send the answer of a case; `received` is told once it was sent."""
        done = asyncio.get_running_loop().create_future()
        self._sending.setdefault(case_id, set()).add(done)
        return Handover(self, case_id, done, received)

    async def settled(self, case_id: str) -> bool:
        """Wait until nobody is being sent the answer of a case; return False if nobody was."""
        sending = self._sending.get(case_id)
        if not sending:
            return False
        await asyncio.wait(set(sending))
        return True

    def end(self, case_id: str, done: asyncio.Future[None]) -> None:
        """Let those go on who wait for this."""
        sending = self._sending[case_id]
        sending.discard(done)
        if not sending:
            del self._sending[case_id]
        done.set_result(None)


class Handover:
    """One answer that is being sent. End it with `sent`, or with `lost` if it never arrived."""

    def __init__(
        self,
        handovers: Handovers,
        case_id: str,
        done: asyncio.Future[None],
        received: Callable[[str], Awaitable[None]],
    ) -> None:
        self._handovers = handovers
        self._case_id = case_id
        self._done = done
        self._received = received

    async def sent(self) -> None:
        """Note that the answer is with whoever asked."""
        try:
            await self._received(self._case_id)
        finally:
            self.lost()

    def lost(self) -> None:
        """Let the question live on."""
        if not self._done.done():
            self._handovers.end(self._case_id, self._done)
