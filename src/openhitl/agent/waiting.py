"""Wait for the end of a case: by event stream while there is one, by polling otherwise.

The stream says at once when something happened; the poll says what. So every loss (of the stream,
the network, the server) ends in a poll, and nothing that the stream says is the answer. HITL v0.8
§8, §8.5.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto

from openhitl.agent.questions import OpenCase
from openhitl.agent.replies import json_object
from openhitl.client import requests
from openhitl.client.exchange import Response
from openhitl.client.pauses import MAX_BACKOFF_SECONDS, PASSING, backoff_seconds, jittered
from openhitl.client.refusals import refusal
from openhitl.client.session import Session, Stream
from openhitl.client.sse import SseEvent, SseParser
from openhitl.errors import PeerError, ServerUnreachable
from openhitl.protocol.case import Progress, Status
from openhitl.protocol.incoming import Poll, parse_poll

POLL_SECONDS = 30.0
MIN_POLL_SECONDS = 1.0
#: A stream that lived this long was a good one; its end starts the back-off anew.
GOOD_STREAM_SECONDS = 10.0
_STATUSES = frozenset(str(status) for status in Status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """Something that happened while waiting: a new status, a reminder, or trouble reaching the server."""

    status: Status
    reminder: bool = False
    progress: Progress | None = None
    trouble: PeerError | None = None


class _Heard(Enum):
    THE_END = auto()
    NO_STREAM_HERE = auto()
    IT_BROKE = auto()


class _Delay(Exception):
    """The server is busy or gone; `seconds` is the pause that it asked for, if it did."""

    def __init__(self, error: PeerError, seconds: float | None = None) -> None:
        self.error = error
        self.seconds = seconds


class Waiting:
    """One wait for one case. `on_update` is called on the event loop and must not block."""

    def __init__(
        self, session: Session, case: OpenCase, *, on_update: Callable[[Update], None] | None = None
    ) -> None:
        self._session = session
        self._case = case
        self._on_update = on_update
        self._status = Status.PENDING
        self._streams = case.events_url is not None
        self._last_event_id = ""
        self._etag: str | None = None
        self._interval_seconds = POLL_SECONDS
        self._retry_seconds = 0.0
        self._failures = 0
        self._breaks = 0
        self._in_trouble = False

    async def end(self) -> Poll:
        """Return the poll body of the final status.

        Server restarts, lost connections and 429/5xx are waited out, for as long as it takes; bound
        it with `asyncio.timeout`. Cancelling the wait leaves the case as it is.
        Raises: CallerError if the server refuses for good (no such case, wrong key).
        """
        while True:
            heard = None
            if self._streams and not self._in_trouble:
                heard = await self._listen()
            try:
                poll = await self._poll()
            except _Delay as delay:
                self._failures += 1
                self._tell(Update(status=self._status, trouble=delay.error))
                await asyncio.sleep(max(delay.seconds or 0.0, backoff_seconds(self._failures)))
                continue
            self._failures = 0
            if poll is not None and poll.status.is_final:
                return poll
            if heard is _Heard.NO_STREAM_HERE:
                self._streams = False
            if not self._streams:
                await asyncio.sleep(self._until_next_poll())
            elif heard is _Heard.THE_END:
                # The poll lags behind the stream: another node, perhaps.
                await asyncio.sleep(self._pause_after_break())

    async def _listen(self) -> _Heard:
        """Follow the stream to the terminal event, or until it breaks.

        A broken one is followed by a pause here, so that the agents of a server that restarts do not
        all come back at once.
        """
        url = self._case.events_url
        assert url is not None
        started = asyncio.get_running_loop().time()
        heard = _Heard.IT_BROKE
        try:
            async with self._session.stream(requests.events(url, self._last_event_id)) as stream:
                heard = await self._follow(stream)
        except (ServerUnreachable, ValueError):
            # The poll that comes next tells whether the server is there at all.
            pass
        if asyncio.get_running_loop().time() - started > GOOD_STREAM_SECONDS:
            self._breaks = 0
        if heard is _Heard.IT_BROKE:
            await asyncio.sleep(self._pause_after_break())
        return heard

    def _pause_after_break(self) -> float:
        self._breaks += 1
        return max(self._retry_seconds, backoff_seconds(self._breaks))

    async def _follow(self, stream: Stream) -> _Heard:
        head = stream.head
        if head.status == 204:
            return _Heard.THE_END
        if head.status in PASSING:
            self._retry_seconds = _asked_pause(head) or 0.0
            return _Heard.IT_BROKE
        is_stream = head.headers.get("content-type", "").startswith("text/event-stream")
        if head.status != 200 or not is_stream:
            return _Heard.NO_STREAM_HERE
        self._retry_seconds = 0.0
        parser = SseParser(self._last_event_id)
        async for chunk in stream.chunks:
            events = parser.feed(chunk)
            if parser.retry_ms is not None:
                self._retry_seconds = min(parser.retry_ms / 1000, MAX_BACKOFF_SECONDS)
            for event in events:
                self._last_event_id = event.id
                if self._note(event):
                    return _Heard.THE_END
        return _Heard.IT_BROKE

    def _note(self, event: SseEvent) -> bool:
        """Pass an event on; return whether it says that the case is over."""
        word = event.name.removeprefix("review.")
        if word == "reminder":
            self._tell(Update(status=self._status, reminder=True))
        elif word in _STATUSES:
            self._enter(Status(word), self._progress_in(event))
        return self._status.is_final

    def _progress_in(self, event: SseEvent) -> Progress | None:
        if event.name != "review.in_progress":
            return None
        try:
            data = json.loads(event.data)
        except ValueError:
            return None
        given = data if isinstance(data, dict) else {}
        return parse_poll({"case_id": self._case.case_id, **given, "status": "in_progress"}).progress

    async def _poll(self) -> Poll | None:
        """Ask for the status once; None if nothing changed since the last time."""
        try:
            response = await self._session.send(requests.poll(self._case.poll_url, self._etag))
        except ServerUnreachable as error:
            raise _Delay(error) from error
        if response.status in PASSING:
            raise _Delay(PeerError(f"The server answered {response.status}."), _asked_pause(response))
        if response.status not in (200, 304):
            raise refusal(response)
        asked = _asked_pause(response)
        self._interval_seconds = POLL_SECONDS if asked is None else max(asked, MIN_POLL_SECONDS)
        if response.status == 304:
            self._enter(self._status, None)
            return None
        poll = parse_poll(json_object(response))
        self._etag = response.headers.get("etag")
        self._enter(poll.status, poll.progress)
        return poll

    def _enter(self, status: Status, progress: Progress | None) -> None:
        if status is not self._status or progress or self._in_trouble:
            self._status = status
            self._tell(Update(status=status, progress=progress))

    def _until_next_poll(self) -> float:
        """Return the pause that the server asks for, cut short where the deadline falls into it."""
        pause = jittered(self._interval_seconds)
        if self._case.expires_at is not None:
            left = (self._case.expires_at - datetime.now(UTC)).total_seconds()
            if 0 < left < pause:
                return left + 1.0
        return pause

    def _tell(self, update: Update) -> None:
        self._in_trouble = update.trouble is not None
        if self._on_update:
            self._on_update(update)


def _asked_pause(response: Response) -> float | None:
    return response.retry_after(now=datetime.now(UTC))
