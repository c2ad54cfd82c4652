"""The poll endpoint. HITL v0.8 §8."""

from __future__ import annotations

import email.utils
import re
from datetime import timedelta

from openhitl.conformance.answers import answer_to
from openhitl.conformance.caller import Reply
from openhitl.conformance.cases import ABSENT_ID, of_other_case, token_of
from openhitl.conformance.check import Level, NotApplicable, check, expect, expect_none
from openhitl.conformance.probe import Probe
from openhitl.conformance.schema import instant, problems
from openhitl.conformance.wire_objects import poll_body

SECOND = timedelta(seconds=1)
#: A lifetime that is not zero.
_AGE = re.compile(r"(?:max-age|s-maxage)\s*=\s*\"?0*[1-9]")


@check(Level.MUST, "§8")
async def answers(probe: Probe) -> None:
    """The poll URL answers with JSON: 200, for cases of all types."""
    for case in await probe.every():
        reply = await probe.poll(case)
        json = reply.media_type == "application/json"
        expect(reply.status == 200 and json, "200 with application/json", f"{reply.media_type}: {reply}")


@check(Level.MUST, "§8")
async def schema(probe: Probe) -> None:
    """The poll body has the fields that the protocol defines, and those that its status needs."""
    for case in await probe.every():
        body = await probe.state(case)
        expect_none(problems(body, poll_body(body.get("status"))), "a poll body that fits the schema")


@check(Level.MUST, "§8")
async def same_case(probe: Probe) -> None:
    """The poll body speaks of the case that was created, with the same times."""
    for case in await probe.every():
        body = await probe.state(case)
        expect(body.get("case_id") == case.case_id, case.case_id, f"case_id {body.get('case_id')!r}")
        for name in ("created_at", "expires_at"):
            told, polled = case.instant(name), instant(body.get(name))
            same = polled is None or abs(polled - told) < SECOND  # services may round
            expect(same, f"{name} {told.isoformat()}", body.get(name))


@check(Level.SHOULD, "§8")
async def etag(probe: Probe) -> None:
    """The poll answers with an ETag."""
    reply = await probe.poll(await probe.any())
    expect(reply.headers.get("etag"), "an ETag header", "none")


@check(Level.SHOULD, "§8")
async def not_modified(probe: Probe) -> None:
    """A poll with If-None-Match gets 304 without a body while nothing has changed."""
    case = await probe.any()
    tag = _tag(await probe.poll(case))
    reply = await probe.poll(case, if_none_match=tag)
    expect(reply.status == 304 and not reply.body, "304 without a body", reply)


@check(Level.MUST, "RFC 9110 §13.1.2")
async def modified(probe: Probe) -> None:
    """After an answer the old ETag gets the new state, never 304."""
    case = await probe.fresh()
    tag = _tag(await probe.poll(case))
    if not (await probe.respond(case, answer_to(case.hitl))).accepted:
        raise NotApplicable("the case could not be answered")
    reply = await probe.poll(case, if_none_match=tag)
    expect(reply.status == 200, "200 with the new state", reply)


def _tag(reply: Reply) -> str:
    if not reply.headers.get("etag"):
        raise NotApplicable("polls have no ETag")
    return reply.headers["etag"]


@check(Level.SHOULD, "§8")
async def retry_after(probe: Probe) -> None:
    """Where the poll suggests an interval, Retry-After is a number of seconds or a date."""
    value = (await probe.poll(await probe.any())).headers.get("retry-after")
    if value is None:
        raise NotApplicable("the poll suggests no interval")
    expect(_is_pause(value), "seconds or an HTTP date", value)


def _is_pause(value: str) -> bool:
    if value.isascii() and value.isdigit():
        return True
    try:
        return bool(email.utils.parsedate_to_datetime(value))
    except ValueError:
        return False


@check(Level.SHOULD, "RFC 9111 §5.2")
async def not_cached(probe: Probe) -> None:
    """The poll's body is not kept by caches: the next poll would see the past."""
    control = (await probe.poll(await probe.any())).headers.get("cache-control", "").lower()
    kept = _AGE.search(control) and "no-" not in control
    expect(not kept, "no Cache-Control that keeps it", control)


@check(Level.SHOULD, "§8")
async def authenticated(probe: Probe) -> None:
    """Polls take the credentials of the original call: nobody else's, and not none."""
    case = await probe.any()
    url = case.address("poll_url")
    names = [name for name in ("authorization", "x-api-key") if name in probe.caller.headers]
    if not names or token_of(url):
        raise NotApplicable("no credential was given with --header, or the poll URL has its own")
    without = await probe.caller.send("GET", url)
    wrong = await probe.caller.send("GET", url, headers={names[0]: "Bearer " + "x" * 40})
    accepted = [
        f"{one.status} {how} a credential"
        for one, how in ((without, "without"), (wrong, "with another"))
        if one.accepted
    ]
    expect_none(accepted, "4xx")


@check(Level.MUST, "§8")
async def absent_case(probe: Probe) -> None:
    """The poll of a case that does not exist is refused."""
    case = await probe.any()
    url = of_other_case(case.address("poll_url"), case.case_id, ABSENT_ID)
    reply = await probe.caller.send("GET", url, as_asker=True)
    expect(reply.refused, "404", reply)
