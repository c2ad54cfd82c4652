"""Answers on their way to whoever asked."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

#: How many cases are remembered that were just handed over.
REMEMBERED = 1_000
#: How long sending an answer may take before whoever asks the same again is given it, too.
SENDING_SECONDS = 5.0


class Handovers:
    """Which calls are just being answered with which cases.

    An answer is handed over when it was sent, not when it was found: a call that breaks before gets the
    same answer when it is repeated. Whoever asks the same again meanwhile has to wait which of both it is.
    """

    def __init__(self) -> None:
        self._sending: dict[str, set[asyncio.Future[None]]] = {}
        self._sent: deque[str] = deque(maxlen=REMEMBERED)

    def begin(self, case_id: str, received: Callable[[str], Awaitable[None]]) -> Handover:
        """Begin to send the answer of a case; `received` is told once it was sent."""
        done = asyncio.get_running_loop().create_future()
        self._sending.setdefault(case_id, set()).add(done)
        return Handover(self, case_id, done, received)

    async def settled(self, case_id: str) -> bool:
        """Wait until nobody is being sent the answer of a case; return whether somebody was, or just before.

        Whoever has joined the case meanwhile has to ask again.
        """
        sending = self._sending.get(case_id)
        if sending:
            await asyncio.wait(set(sending), timeout=SENDING_SECONDS)
        return bool(sending) or case_id in self._sent

    def end(self, case_id: str, done: asyncio.Future[None], *, sent: bool) -> None:
        """Let those go on who wait for this."""
        if sent:
            self._sent.append(case_id)
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
        is_noted = False
        try:
            await self._received(self._case_id)
            is_noted = True
        finally:
            self._handovers.end(self._case_id, self._done, sent=is_noted)

    def lost(self) -> None:
        """Let the question live on."""
        self._handovers.end(self._case_id, self._done, sent=False)
