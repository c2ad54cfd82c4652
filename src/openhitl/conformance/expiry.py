"""One case that expires while the other checks run, and what was heard of it meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress

from openhitl.conformance.caller import NO_REPLY
from openhitl.conformance.cases import Case
from openhitl.conformance.check import Deviation, NotApplicable
from openhitl.conformance.stream import Stream

#: A case that is granted longer than this is not waited for.
LONGEST_SECONDS = 60.0


class Expiry:
    """Makes the case when a run starts, and hands it out when its deadline has passed."""

    def __init__(
        self,
        make: Callable[[], Awaitable[Case]],
        listen: Callable[[Case, float], AbstractAsyncContextManager[Stream]],
        patience: float,
    ) -> None:
        self._make = make
        self._open_stream = listen
        self._patience = patience
        self._case: Case | None = None
        self._why_not = "no case was made to expire"
        self._deadline = 0.0
        self._listener: asyncio.Task[Stream | None] | None = None

    async def start(self) -> None:
        """Make the case and listen to it."""
        try:
            case = await self._make()
            open_for = (case.instant("expires_at") - case.instant("created_at")).total_seconds()
        except (NotApplicable, Deviation, *NO_REPLY) as reason:
            self._why_not = str(reason)
            return
        if open_for > LONGEST_SECONDS:
            self._why_not = f"a case that shall expire in seconds is granted {open_for:.0f} s"
            return
        self._case = case
        self._deadline = asyncio.get_running_loop().time() + open_for + 0.05
        self._listener = asyncio.create_task(self._listen(case, open_for + self._patience))

    async def stop(self) -> None:
        """Listen no more."""
        if self._listener is not None:
            self._listener.cancel()
            with suppress(asyncio.CancelledError):
                await self._listener

    async def case(self) -> Case:
        """Wait until the deadline has passed and return the case. Raises: NotApplicable."""
        if self._case is None:
            raise NotApplicable(self._why_not)
        # By how long the service says it stays open: its clock may differ from ours.
        await asyncio.sleep(self._deadline - asyncio.get_running_loop().time())
        return self._case

    async def stream(self) -> Stream:
        """Wait until the deadline has passed and return what the stream told. Raises: NotApplicable."""
        await self.case()
        heard = await self._listener if self._listener is not None else None
        if heard is None:
            raise NotApplicable("there is no event stream of a case that expires")
        return heard

    async def _listen(self, case: Case, patience: float) -> Stream | None:
        """Listen until the stream ends, or stays silent for some time after the deadline."""
        try:
            async with self._open_stream(case, patience) as stream:
                await stream.drain()
                return stream
        except (NotApplicable, *NO_REPLY):
            return None
