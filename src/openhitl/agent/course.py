"""The course of a wait for one case: by event stream while there is one, by polling otherwise.

The stream says at once when something happened; the poll says what. So every loss (of the stream,
the network, the service) ends in a poll, and nothing that the stream or a callback says is the
answer. HITL v0.8 §8, §8.5, §9.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any

from openhitl.agent.questions import OpenCase
from openhitl.agent.reminders import Reminders
from openhitl.agent.saved import PATIENCE_AFTER_DEADLINE
from openhitl.agent.steps import Keep, Listen, Note, Pause, Read, Send, Steps, Tell
from openhitl.agent.updates import Update
from openhitl.client import requests
from openhitl.client.exchange import Response, decode_json, json_object
from openhitl.client.pauses import MAX_BACKOFF_SECONDS, PASSING, backoff_seconds, jittered
from openhitl.client.refusals import refusal
from openhitl.client.sse import SseEvent, SseParser
from openhitl.client.wires import SILENCE_SECONDS
from openhitl.errors import HitlError, PeerError, ServerUnreachable, StillOpen
from openhitl.protocol.case import Progress, Status
from openhitl.protocol.incoming import Poll, parse_instant, parse_poll

POLL_SECONDS = 30.0
MIN_POLL_SECONDS = 1.0
#: A stream can be alive and silent about what happened: after this long the poll is asked all the same.
LISTEN_SECONDS = 300.0
#: A stream that lived this long was a good one; its end starts the back-off anew.
GOOD_STREAM_SECONDS = 10.0
_FINAL = frozenset(str(status) for status in Status if status.is_final)
_OPEN = frozenset(map(str, Status)) - _FINAL
_REMINDED = frozenset({Status.PENDING, Status.OPENED})  # HITL v0.8 §6 `reminder_at`


@dataclass(frozen=True, slots=True)
class Ended:
    """How a case ended: its last poll, read and as it came."""

    poll: Poll
    response: Response


class _Heard(Enum):
    THE_END = auto()
    NO_STREAM_HERE = auto()
    IT_BROKE = auto()


class _Delay(Exception):
    """The service is busy or gone; `seconds` is the pause that it asked for, if it did."""

    def __init__(self, error: PeerError, seconds: float | None = None) -> None:
        self.error = error
        self.seconds = seconds


class Course:
    """One wait for one case. What it remembers (`last_event_id`, `reminders`) survives a restart."""

    def __init__(
        self,
        case: OpenCase,
        *,
        use_events: bool = True,
        last_event_id: str = "",
        told: frozenset[datetime] | None = None,
    ) -> None:
        """Start a wait, or go on with one whose reminders of the instants `told` are done."""
        self.case = case
        self.last_event_id = last_event_id
        self.reminders = Reminders(case.reminder_at, told or ())
        if told is None:
            self.reminders.pass_over(datetime.now(UTC))
        self._status = Status.PENDING
        self._streams = use_events and case.events_url is not None
        self._listen_until = 0.0
        self._etag: str | None = None
        self._interval_seconds = POLL_SECONDS
        self._retry_seconds = 0.0
        self._failures = 0
        self._breaks = 0
        self._in_trouble = False

    def steps(self) -> Steps[Ended]:
        """Wait for the final status.

        Restarts of the service, lost connections, 429 and 5xx are waited out, and 15 minutes beyond
        the deadline if need be. Raises: CallerError if the service refuses for good (no such case,
        wrong key), InvalidHitlObject or PeerError for a poll that cannot be read; StillOpen or
        ServerUnreachable after those 15 minutes.
        """
        while True:
            heard = None
            if self._streams and not self._in_trouble and not self._is_due():
                heard = yield from self._listen()
            try:
                ended = yield from self._poll()
            except _Delay as delay:
                self._failures += 1
                yield from self._note(Update(status=self._status, trouble=delay.error))
                yield from self._give_up_late(delay.error)
                yield Pause(max(delay.seconds or 0.0, backoff_seconds(self._failures)))
                continue
            self._failures = 0
            if ended is not None:
                return ended
            yield from self._remind()
            yield from self._give_up_late(
                StillOpen(case_id=self.case.case_id, review_url=self.case.review_url)
            )
            if heard is _Heard.NO_STREAM_HERE:
                self._streams = False
            if not self._streams:
                yield from self._rest()
            elif heard is _Heard.THE_END:
                # The poll lags behind the stream: another node, perhaps.
                yield Pause(self._pause_after_break())

    def look_for_next(self) -> Steps[str | None]:
        """Ask once more for the id of the case that follows: some services make it only later."""
        try:
            response: Response = yield Send(requests.poll(self.case.poll_url, None))
        except ServerUnreachable:
            return None
        if response.status != 200:
            return None
        return parse_poll({"case_id": self.case.case_id, **json_object(response)}).next_case_id

    # -- the stream -------------------------------------------------------------------------------

    def _listen(self) -> Steps[_Heard]:
        """Follow the stream to the terminal event, or until it breaks or it is time for a poll.

        A broken one is followed by a pause here, so that the agents of a service that restarts do not
        all come back at once.
        """
        started = time.monotonic()
        self._listen_until = started + self._until_due(LISTEN_SECONDS)
        heard = _Heard.IT_BROKE
        # If it fails, the poll that comes next tells whether the service is there at all.
        with suppress(PeerError, ValueError):
            heard = yield from self._follow()
        if time.monotonic() >= self._listen_until:
            return heard
        if time.monotonic() - started > GOOD_STREAM_SECONDS:
            self._breaks = 0
        if heard is _Heard.IT_BROKE:
            yield Pause(self._until_due(self._pause_after_break()))
        return heard

    def _follow(self) -> Steps[_Heard]:
        assert self.case.events_url is not None
        request = requests.events(self.case.events_url, self.last_event_id)
        seconds = min(SILENCE_SECONDS, self._listen_until - time.monotonic())
        head: Response = yield Listen(request, max(seconds, 0.01))
        if head.status == 204:
            return _Heard.THE_END
        if head.status in PASSING:
            self._retry_seconds = _asked_pause(head) or 0.0
            # Nobody waits that long for a stream where polls are to be had.
            return _Heard.IT_BROKE if self._retry_seconds <= MAX_BACKOFF_SECONDS else _Heard.NO_STREAM_HERE
        is_stream = head.headers.get("content-type", "").startswith("text/event-stream")
        if head.status != 200 or not is_stream:
            return _Heard.NO_STREAM_HERE
        self._retry_seconds = 0.0
        parser = SseParser(self.last_event_id)
        while time.monotonic() < self._listen_until:
            chunk: bytes | None = yield Read()
            if chunk is None:
                break
            events = parser.feed(chunk)
            if parser.retry_ms is not None:
                self._retry_seconds = min(parser.retry_ms / 1000, MAX_BACKOFF_SECONDS)
            is_over = False
            for event in events:
                is_over |= yield from self._take(event)
            if is_over:
                return _Heard.THE_END
        return _Heard.IT_BROKE

    def _take(self, event: SseEvent) -> Steps[bool]:
        """Take one event; return whether it says that the case is over, which only the poll can tell."""
        word = event.name.removeprefix("review.")
        data = _object(event.data)
        if word == "reminder":
            if self.reminders.take_event(parse_instant(data.get("reminder_at")), datetime.now(UTC)):
                yield from self._tell_again()
        elif word in _OPEN:
            progress = None
            if word == "in_progress":
                progress = parse_poll({**data, "case_id": self.case.case_id, "status": word}).progress
            yield from self._enter(Status(word), progress)
        if event.id != self.last_event_id:
            self.last_event_id = event.id
            yield Keep()
        return word in _FINAL

    def _pause_after_break(self) -> float:
        self._breaks += 1
        return max(self._retry_seconds, backoff_seconds(self._breaks))

    # -- the poll ---------------------------------------------------------------------------------

    def _poll(self) -> Steps[Ended | None]:
        """Ask for the status once; None while it is not final."""
        try:
            response: Response = yield Send(requests.poll(self.case.poll_url, self._etag))
        except ServerUnreachable as error:
            raise _Delay(error) from error
        if response.status in PASSING or response.status >= 500:
            raise _Delay(PeerError(f"The server answered {response.status}."), _asked_pause(response))
        if response.status not in (200, 304):
            raise refusal(response)
        asked = _asked_pause(response)
        self._interval_seconds = POLL_SECONDS if asked is None else max(asked, MIN_POLL_SECONDS)
        if response.status == 304:
            yield from self._enter(self._status, None)
            return None
        if not response.body:
            # Some clients take a head that was cut off for a whole answer.
            raise _Delay(PeerError("The server answered nothing."))
        # Some services leave the id out: they were asked about one case.
        poll = parse_poll({"case_id": self.case.case_id, **json_object(response)})
        if poll.case_id != self.case.case_id:
            raise PeerError("The server answered about another case.")
        self._etag = response.headers.get("etag")
        yield from self._enter(poll.status, None if poll.status.is_final else poll.progress)
        return Ended(poll, response) if poll.status.is_final else None

    def _rest(self) -> Steps[None]:
        """Pause until the next poll; for a second at least, however often callbacks ring."""
        begun = time.monotonic()
        yield Pause(self._until_next_poll())
        while (left := begun + MIN_POLL_SECONDS - time.monotonic()) > 0:
            yield Pause(left)

    def _until_next_poll(self) -> float:
        """Return the pause that the service asks for, cut short where something falls into it."""
        return self._until_due(jittered(self._interval_seconds))

    def _give_up_late(self, error: HitlError) -> Steps[None]:
        deadline = self.case.expires_at
        if deadline is not None and datetime.now(UTC) - PATIENCE_AFTER_DEADLINE > deadline:
            yield Keep()  # without the review URL
            raise error

    # -- the human and the caller ---------------------------------------------------------------

    def _remind(self) -> Steps[None]:
        """Tell the human again if an instant has come while nobody has begun."""
        if self.reminders.take_due(datetime.now(UTC)):
            yield from self._tell_again()

    def _tell_again(self) -> Steps[None]:
        if self._status in _REMINDED:
            yield from self._note(Update(status=self._status, reminder=True))
            if self.case.review_url is not None:
                yield Tell(replace(self.case, reminder=True))
        yield Keep()

    def _is_due(self) -> bool:
        return self._until_due(1.0) <= 0.0

    def _until_due(self, seconds: float) -> float:
        """Cut a pause short where a reminder falls into it, or the deadline and a second."""
        now = datetime.now(UTC)
        due = self.reminders.next_after(now)
        if due is not None:
            seconds = min(seconds, (due - now).total_seconds())
        if self.case.expires_at is not None and self.case.expires_at > now:
            seconds = min(seconds, (self.case.expires_at - now).total_seconds() + 1.0)
        return seconds

    def _enter(self, status: Status, progress: Progress | None) -> Steps[None]:
        if status is not self._status or progress or self._in_trouble:
            self._status = status
            yield from self._note(Update(status=status, progress=progress))

    def _note(self, update: Update) -> Steps[None]:
        self._in_trouble = update.trouble is not None
        yield Note(update)


def _asked_pause(response: Response) -> float | None:
    return response.retry_after(now=datetime.now(UTC))


def _object(text: str) -> Mapping[str, Any]:
    try:
        data = decode_json(text)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}
