"""Wait for what a human decides on a case of any service, in async code or not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, closing, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Generic, Self, TypedDict, TypeVar, Unpack

from openhitl.agent.bells import Bell
from openhitl.agent.course import Course, Ended
from openhitl.agent.drivers import Around, BlockingDriver, Driver, GaveUp
from openhitl.agent.questions import OpenCase
from openhitl.agent.receiver import Receiver
from openhitl.agent.replies import case_in
from openhitl.agent.rounds import next_case
from openhitl.agent.saved import (
    SavedWait,
    default_folder,
    forget,
    forget_review_urls,
    path_of,
    read_wait,
)
from openhitl.agent.steps import Keep, Steps, Tell
from openhitl.agent.telling import Teller
from openhitl.agent.updates import Update
from openhitl.client.credentials import Credential, credential_of
from openhitl.client.origins import site_of
from openhitl.client.session import BlockingSession, Session
from openhitl.client.wires import BlockingWire, Wire
from openhitl.errors import StillOpen
from openhitl.protocol.outcomes import Decision, decision_from

W = TypeVar("W", Wire, BlockingWire)


class Manner(TypedDict, total=False):
    """How to wait.

    tell: gets the case to a human, first and at each reminder; by default `telling.automatic`.
    on_update: hears each `Update`; it must not block. use_events: follow the event stream where there
    is one (the default), or only poll. receiver: hears the service's callbacks instead. announced: the
    human was told already.
    """

    tell: Teller | None
    on_update: Callable[[Update], None] | None
    use_events: bool
    receiver: Receiver | None
    announced: bool


class _Wait(Generic[W]):
    """What waits of both kinds know: the case, who may see the credential, how far they are.

    `wire` carries the requests; without one, a connection is made for each wait.
    """

    def __init__(
        self, case: OpenCase, credential: Credential, *, wire: W | None = None, **manner: Unpack[Manner]
    ) -> None:
        self.case = case
        self.ended: Ended | None = None
        self._credential = credential
        self._wire: W | None = wire
        self._manner = manner
        self._announced = manner.get("announced", False)
        self._file: Path | None = None
        self._with_credential = False
        self._course = self._begin()

    @classmethod
    def on(cls, response: Any, **manner: Unpack[Manner]) -> Self | None:
        """Return the wait that a response of httpx, httpx2 or requests asks for; None if it does not.

        What let the original request in goes along with the polls, to the same origin alone.
        Raises: InvalidHitlObject.
        """
        case = case_in(response)
        if case is None:
            return None
        sent = response.request
        return cls(case, credential_of(str(sent.url), sent.headers.items()), **manner)

    @classmethod
    def resume(
        cls, path: Path, *, headers: Mapping[str, str] | None = None, **manner: Unpack[Manner]
    ) -> Self:
        """Go on with a wait that was saved, by this program or one before it.

        `headers` let the polls in, at the origin that was called only; without them the credential is
        used that was saved, if it was. Raises: SetupError if there is no such wait.
        """
        saved = read_wait(path)
        credential = Credential(saved.credential.url, headers or saved.credential.headers)
        manner["announced"] = saved.announced
        waiting = cls(saved.case, credential, **manner)
        waiting._course = waiting._begin(saved)
        waiting._file = path
        waiting._with_credential = saved.with_credential
        return waiting

    def save(self, folder: Path | None = None, *, with_credential: bool = False) -> Path:
        """Write the wait down, and keep what is written up to date until the case is over.

        The file, mode 0600 in a folder of mode 0700 (by default in the XDG state folder), is deleted
        at the final status. The credential is in it only if asked. Return its path, for `resume`.
        Raises: SetupError if the folder is open to others; OSError.
        """
        folder = folder or default_folder()
        self._file = path_of(self.case, folder)
        self._with_credential = with_credential
        self._keep()
        forget_review_urls(folder, now=datetime.now(UTC))
        return self._file

    def _begin(self, saved: SavedWait | None = None) -> Course:
        receiver = self._manner.get("receiver")
        return Course(
            self.case,
            use_events=self._manner.get("use_events", True) and receiver is None,
            last_event_id=saved.last_event_id if saved else "",
            told=saved.told if saved else None,
        )

    def _steps(self) -> Steps[Ended]:
        """Tell the human unless that was done, and wait."""
        if not self._announced and self.case.review_url is not None:
            yield Tell(self.case)
            self._announced = True
            yield Keep()
        self.ended = yield from self._course.steps()
        if self._file is not None:
            forget(self._file)
        return self.ended

    def _keep(self) -> None:
        if self._file is None:
            return
        saved = SavedWait(
            case=self.case,
            credential=Credential(site_of(self._credential.url), self._credential.headers),
            with_credential=self._with_credential,
            announced=self._announced,
            last_event_id=self._course.last_event_id,
            told=frozenset(self._course.reminders.told),
        )
        saved.write(self._file, now=datetime.now(UTC))

    @contextmanager
    def _around(self) -> Iterator[Around]:
        """Surround a wait; callbacks are heard meanwhile."""
        receiver = self._manner.get("receiver")
        with nullcontext(Bell()) if receiver is None else receiver.bell(self.case.case_id) as bell:
            yield Around(
                tell=self._manner.get("tell"),
                on_update=self._manner.get("on_update"),
                keep=self._keep,
                bell=bell,
            )

    def _decided(self, ended: Ended) -> Decision:
        return decision_from(ended.poll, context=self.case.context, default_action=self.case.default_action)

    def _next(self, next_case_id: str | None) -> Self | None:
        if next_case_id is None:
            return None
        manner: Manner = {**self._manner, "announced": True}
        following = type(self)(
            next_case(self.case, next_case_id), self._credential, wire=self._wire, **manner
        )
        if self._file is not None:
            following.save(self._file.parent, with_credential=self._with_credential)
        return following

    def _still_open(self) -> StillOpen:
        return StillOpen(case_id=self.case.case_id, review_url=self.case.review_url)


class Waiting(_Wait[Wire]):
    """One wait for one case of any service.

        waiting = Waiting.on(response)
        decision = await waiting.decision()

    The human is told when the wait begins. Waiting survives lost connections and restarts of the
    service; cancelling it leaves the case open, and it can be begun again.
    """

    async def decision(self, *, give_up_after: timedelta | None = None) -> Decision:
        """Wait for the end of the case.

        Raises: StillOpen after `give_up_after`; CallerError if the service refuses for good; PeerError
        if what it says makes no sense, or it is gone 15 minutes after the deadline.
        """
        return self._decided(await self.end(give_up_after=give_up_after))

    async def end(self, *, give_up_after: timedelta | None = None) -> Ended:
        """Like `decision`, but return the final poll as it came."""
        if self.ended is not None:
            return self.ended
        limit = give_up_after.total_seconds() if give_up_after is not None else None
        with self._around() as around:
            try:
                async with asyncio.timeout(limit) as bound, self._open_wire() as wire:
                    return await Driver(wire, around).run(self._steps())
            except TimeoutError as error:
                if not bound.expired():
                    raise
                raise self._still_open() from error

    async def next(self) -> Waiting | None:
        """Return the wait for the case that follows on this one, once this is over. HITL v0.8 §15.3.

        None if the service names none. The human gets to it by the service's page.
        Raises: NextCaseUnknown if it is not known where it is polled.
        """
        ended = await self.end()
        next_case_id = ended.poll.next_case_id
        if next_case_id is None:
            with self._around() as around:
                async with self._open_wire() as wire:
                    next_case_id = await Driver(wire, around).run(self._course.look_for_next())
        return self._next(next_case_id)

    async def decisions(self) -> AsyncIterator[Decision]:
        """Give the decision of this case and of each that follows on it."""
        waiting: Waiting | None = self
        while waiting is not None:
            yield await waiting.decision()
            waiting = await waiting.next()

    @asynccontextmanager
    async def _open_wire(self) -> AsyncIterator[Wire]:
        if self._wire is not None:
            yield self._wire
            return
        async with Session(self._credential) as session:
            yield session


class SyncWaiting(_Wait[BlockingWire]):
    """`Waiting` for code that is not async: the same calls, each returning when it is done.

    All happens on the thread that calls; nothing else runs.
    """

    def decision(self, *, give_up_after: timedelta | None = None) -> Decision:
        """See `Waiting.decision`."""
        return self._decided(self.end(give_up_after=give_up_after))

    def end(self, *, give_up_after: timedelta | None = None) -> Ended:
        """See `Waiting.end`."""
        if self.ended is not None:
            return self.ended
        with self._around() as around, self._open_wire() as wire:
            try:
                return BlockingDriver(wire, around).run(self._steps(), give_up_after=give_up_after)
            except GaveUp as error:
                raise self._still_open() from error

    def next(self) -> SyncWaiting | None:
        """See `Waiting.next`."""
        ended = self.end()
        next_case_id = ended.poll.next_case_id
        if next_case_id is None:
            with self._around() as around, self._open_wire() as wire:
                next_case_id = BlockingDriver(wire, around).run(self._course.look_for_next())
        return self._next(next_case_id)

    def decisions(self) -> Iterator[Decision]:
        """See `Waiting.decisions`."""
        waiting: SyncWaiting | None = self
        while waiting is not None:
            yield waiting.decision()
            waiting = waiting.next()

    @contextmanager
    def _open_wire(self) -> Iterator[BlockingWire]:
        if self._wire is not None:
            yield self._wire
            return
        with closing(BlockingSession(self._credential)) as session:
            yield session
