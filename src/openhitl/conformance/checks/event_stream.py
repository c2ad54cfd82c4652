"""The event stream, where the service offers one. HITL v0.8 §8.5."""

from __future__ import annotations

import json
from typing import Any

from openhitl.conformance.answers import answer_to
from openhitl.conformance.cases import ABSENT_ID, Case, of_other_case, token_of
from openhitl.conformance.check import Deviation, Level, NotApplicable, check, expect, expect_none
from openhitl.conformance.probe import Probe
from openhitl.conformance.schema import problems
from openhitl.conformance.stream import Event, Stream
from openhitl.conformance.wire_objects import EVENTS, FINAL, OPEN

COMPLETED = "review.completed"
NAMES = {*EVENTS, *(f"review.{status}" for status in (*OPEN, *FINAL))}


async def _answered(probe: Probe, case: Case, stream: Stream) -> Event:
    """Answer a case and return the event that tells it. Raises: NotApplicable if none came."""
    if not (await probe.respond(case, answer_to(case.hitl))).accepted:
        raise NotApplicable("the case could not be answered")
    event = await stream.until(COMPLETED)
    if event is None:
        raise NotApplicable(f"no {COMPLETED} came")
    return event


def _data(event: Event) -> dict[str, Any]:
    try:
        value = json.loads(event.data)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise Deviation(f"a JSON object as the data of {event.name}", event.data)
    return value


@check(Level.MUST, "§8.5")
async def opens(probe: Probe) -> None:
    """The events URL answers with a stream of type text/event-stream."""
    async with probe.listen(await probe.any()) as stream:
        head = stream.head
        right = head.status == 200 and head.media_type == "text/event-stream"
        expect(right, "200 with text/event-stream", f"{head.status} with {head.media_type}")


@check(Level.MUST, "§8.5")
async def completed(probe: Probe) -> None:
    """An answer is told at once, as review.completed with case_id, completed_at and result."""
    case = await probe.fresh()
    async with probe.listen(case) as stream:
        body = answer_to(case.hitl)
        if not (await probe.respond(case, body)).accepted:
            raise NotApplicable("the case could not be answered")
        event = await stream.until(COMPLETED)
    names = ", ".join(one.name for one in stream.seen) or "no event"
    if event is None:
        raise Deviation(COMPLETED, names)
    data = _data(event)
    expect_none(problems(data, EVENTS[COMPLETED]), f"data that fits {COMPLETED}")
    told = (data["case_id"], data["result"]["action"])
    expect(told == (case.case_id, body["action"]), (case.case_id, body["action"]), told)


@check(Level.SHOULD, "§8.5")
async def names(probe: Probe) -> None:
    """Events have the names that the protocol defines, and data that fits them."""
    case = await probe.fresh()
    async with probe.listen(case) as stream:
        await probe.page(case)
        await _answered(probe, case, stream)
    found = [f"the name {one.name}" for one in stream.seen if one.name not in NAMES]
    for event in stream.seen:
        if event.name != COMPLETED:
            found += [f"{event.name}: {one}" for one in problems(_data(event), EVENTS.get(event.name, {}))]
    expect_none(found, "events of the protocol")


@check(Level.SHOULD, "§8.5")
async def ids(probe: Probe) -> None:
    """Events have ids, to go on from after a reconnect."""
    case = await probe.fresh()
    async with probe.listen(case) as stream:
        event = await _answered(probe, case, stream)
    expect(event.id, f"an id with {COMPLETED}", "none")


@check(Level.SHOULD, "§8.5")
async def closes(probe: Probe) -> None:
    """The stream ends after the last event."""
    case = await probe.fresh()
    async with probe.listen(case) as stream:
        await _answered(probe, case, stream)
        await stream.drain()
    expect(stream.closed, "the end of the stream", "it stays open, or breaks off")


@check(Level.MUST, "§8.5")
async def resumes(probe: Probe) -> None:
    """With Last-Event-ID a client gets what it missed, and nothing twice."""
    case = await probe.fresh()
    async with probe.listen(case) as stream:
        first = await stream.next() if await _tells_first(probe) else None
    if not (await probe.respond(case, answer_to(case.hitl))).accepted:
        raise NotApplicable("the case could not be answered")
    if first is not None and first.id:
        async with probe.listen(case, last_id=first.id) as missed:
            event = await missed.until(COMPLETED)
        seen = ", ".join(one.name for one in missed.seen) or f"{missed.head.status} without events"
        expect(event is not None, f"{COMPLETED} after a break", seen)
        repeated = [one.name for one in missed.seen if one.id == first.id]
        expect(not repeated, "only what was missed", f"{', '.join(repeated)} again")
        last = event.id if event is not None else None
    else:
        async with probe.listen(case) as later:
            event = await later.until(COMPLETED)
        last = event.id if event is not None else None
    if not last:
        raise NotApplicable("events have no ids to resume from")
    async with probe.listen(case, last_id=last) as after:
        again = await after.next()
    expect(again is None, "nothing after the last event", again.name if again else "")


async def _tells_first(probe: Probe) -> bool:
    """Tell whether streams of this service begin with an event, before anything has happened."""
    async with probe.listen(await probe.any()) as stream:
        return await stream.next() is not None


@check(Level.SHOULD, "§8.5")
async def over(probe: Probe) -> None:
    """Who listens to a case that is over is told so, or sent away: nobody waits for ever."""
    case = await probe.fresh()
    if not (await probe.respond(case, answer_to(case.hitl))).accepted:
        raise NotApplicable("the case could not be answered")
    async with probe.listen(case) as stream:
        event = await stream.until(COMPLETED) if stream.head.status == 200 else None
    told = event is not None or stream.closed or stream.head.status != 200
    expect(told, f"{COMPLETED}, or the end of the stream", "a stream that is silent and stays open")


@check(Level.SHOULD, "§8.5")
async def authenticated(probe: Probe) -> None:
    """The stream takes the asker's credentials: not none."""
    case = await probe.any()
    url = probe.streamed(case)
    if not {"authorization", "x-api-key"} & probe.caller.headers.keys() or token_of(url):
        raise NotApplicable("no credential was given with --header, or the events URL has its own")
    status = await probe.caller.status_of(url)
    expect(400 <= status < 500, "4xx without a credential", status)


@check(Level.MUST, "§8.5")
async def absent_case(probe: Probe) -> None:
    """The stream of a case that does not exist is refused."""
    case = await probe.any()
    url = of_other_case(probe.streamed(case), case.case_id, ABSENT_ID)
    status = await probe.caller.status_of(url, as_asker=True)
    expect(400 <= status < 500, "404", status)


@check(Level.MUST, "§8.5")
async def odd_last_ids(probe: Probe) -> None:
    """A Last-Event-ID that was never given is no fault."""
    case = await probe.any()
    found = []
    for last_id in ("-1", "9" * 40, "no id of yours", '"', "a" * 4_000):
        async with probe.listen(case, last_id=last_id) as stream:
            if stream.head.status >= 500:
                found.append(f"{stream.head.status} for {last_id[:20]}")
    expect_none(found, "a stream, or 4xx")


@check(Level.MUST, "§8.5")
async def expired(probe: Probe) -> None:
    """The end of the time is told at once, as review.expired with expired_at and default_action."""
    stream = await probe.expiry.stream()
    event = next((one for one in stream.seen if one.name == "review.expired"), None)
    names = ", ".join(one.name for one in stream.seen) or "no event"
    if event is None:
        raise Deviation("review.expired", names)
    expect_none(problems(_data(event), EVENTS["review.expired"]), "data that fits review.expired")
