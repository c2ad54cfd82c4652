"""The event stream."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from tests.conformance.broken.asking import Asking
from tests.conformance.broken.cases import OPEN, Case, Cases

FOREVER_SECONDS = 60.0


class Listening:
    """Sends the events of a case, from the one after Last-Event-ID."""

    def __init__(self, defects: frozenset[str], cases: Cases, asking: Asking) -> None:
        self._defects = defects
        self._cases = cases
        self._asking = asking

    async def events(self, request: Request) -> Response:
        self._asking.check_key(request, "stream_open")
        case_id = request.path_params["case_id"]
        kind = "text/plain" if "stream_as_text" in self._defects else "text/event-stream"
        if case_id == "review_conformance_absent" and "absent_stream" in self._defects:
            return Response(": nothing\n\n", media_type=kind)
        case = self._cases.named(case_id)
        last = request.headers.get("last-event-id")
        if last is not None and not last.isdecimal() and "odd_last_id_crash" in self._defects:
            raise RuntimeError(last)
        known = int(last) if last is not None and last.isdecimal() and len(last) < 9 else 0
        if last is None and case.status not in OPEN:
            known = len(case.events) - 1  # the present state, as the first event
        if last is None and "quiet_streams" in self._defects and case.status in OPEN:
            known = len(case.events)
        if last is not None and "forgets_missed" in self._defects:
            known = len(case.events)
        if last is not None and "repeats" in self._defects:
            known = 0
        if last is None and case.status not in OPEN and "silent_when_over" in self._defects:
            return StreamingResponse(self._silence(), media_type=kind)
        return StreamingResponse(self._sent(case, known), media_type=kind)

    async def _silence(self) -> AsyncIterator[str]:
        yield ": wait\n\n"
        await asyncio.sleep(FOREVER_SECONDS)

    async def _sent(self, case: Case, known: int) -> AsyncIterator[str]:
        yield ": hello\n\n"
        while True:
            self._cases.named(case.slug)  # notices the deadline
            for number, (name, data) in enumerate(case.events[known:], known + 1):
                event_id = "" if "no_event_ids" in self._defects else f"id: {number}\n"
                words = name if "events_in_words" in self._defects else json.dumps(data)
                yield f"{event_id}event: {name}\ndata: {words}\n\n"
                known = number
            if case.status not in OPEN:
                break
            await self._news(case)
        if "stays_open" in self._defects:
            await asyncio.sleep(FOREVER_SECONDS)

    async def _news(self, case: Case) -> None:
        left = (case.expires - datetime.now(UTC)).total_seconds()
        async with case.news:
            try:
                await asyncio.wait_for(case.news.wait(), max(left, 0.001))
            except TimeoutError:
                return
