"""Wait for an answer at a terminal: a live line, Ctrl-C, and a server that may have to be replaced."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import typer

from openhitl.agent import HITL, Decision, OpenCase, Update
from openhitl.cli.exits import Exit
from openhitl.cli.place import Place
from openhitl.cli.terminal import Terminal, left_words, telling
from openhitl.protocol.case import Status

_LEFT = "The case stays open. Wait for it again:"
_LEFT_ALONE = "The case stays open. Its page is back when you wait again:"


@dataclass(frozen=True, slots=True)
class Ended:
    """A case and how it ended."""

    case: OpenCase
    decision: Decision


class Wait:
    """One wait. `program` is how to call us again; with `e2ee` the question is encrypted to devices."""

    def __init__(
        self, place: Place, terminal: Terminal, *, program: str = "hitl", e2ee: bool = False
    ) -> None:
        self._place = place
        self._terminal = terminal
        self._program = program
        self._e2ee = e2ee
        self._case: OpenCase | None = None
        self._update: Update | None = None

    def run(self, find: Callable[[HITL], Awaitable[OpenCase]], tell: Callable[[Ended], int]) -> int:
        """Find a case, wait for its end, tell it at once, and return what telling returned.

        Raises: typer.Exit when Ctrl-C ends the wait; the case stays open.
        """
        try:
            return asyncio.run(self._wait(find, tell))
        except KeyboardInterrupt:
            self._terminal.clear()
            if self._case is not None:
                self._terminal.say(_LEFT_ALONE if self._place.embedded else _LEFT)
                self._terminal.say(f"  {self._program} status {self._case.case_id} --wait")
            raise typer.Exit(Exit.INTERRUPTED) from None

    async def _wait(self, find: Callable[[HITL], Awaitable[OpenCase]], tell: Callable[[Ended], int]) -> int:
        config = self._place.config
        async with HITL(config=config, announce=self._tell, on_update=self._note, e2ee=self._e2ee) as hitl:
            case = self._case = await find(hitl)
            async with beside(self._place.stand_by(), self._terminal.keep_drawing(self._line)):
                decision = await hitl.wait(case)
            self._terminal.clear()
            code = tell(Ended(case, decision))
            await self._place.linger()
        return code

    def _tell(self, case: OpenCase) -> None:
        self._case = case
        if case.reminder:
            self._terminal.say(f"Reminder: it is still open at {case.review_url or 'its page'}")

    def _note(self, update: Update) -> None:
        self._update = update
        self._terminal.draw(self._line())

    def _line(self) -> str:
        case, update = self._case, self._update
        words = update.line if update else Update(status=Status.PENDING).line
        if case is not None and case.expires_at is not None:
            words += f" · {left_words(case.expires_at - datetime.now(UTC))} left"
        return f"{words} · Ctrl-C leaves it open"


def show_case(terminal: Terminal, case: OpenCase, *, open_browser: bool) -> None:
    """Say where a case is answered, and get its page before whoever sits here."""
    terminal.say(f"Waiting for an answer to {case.case_id} at\n  {case.review_url}")
    if case.review_url:
        telling(terminal, open_browser=open_browser).show(case.review_url)


@asynccontextmanager
async def beside(*works: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run endless work beside what is entered, and end it after."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome
