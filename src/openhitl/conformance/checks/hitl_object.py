"""The 202 and its hitl object. HITL v0.8 §6."""

from __future__ import annotations

import re
from datetime import timedelta

from openhitl.conformance.cases import Case
from openhitl.conformance.check import Deviation, Level, NotApplicable, check, expect, expect_none
from openhitl.conformance.probe import Probe
from openhitl.conformance.schema import problems
from openhitl.conformance.wire_objects import HITL_OBJECT

#: §13.1.
LONGEST = timedelta(days=7)
_SHORTHAND = re.compile(r"(\d+)([smhd])")
_ISO = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@check(Level.MUST, "§6")
async def accepted(probe: Probe) -> None:
    """A request that needs a human is answered with 202 and a hitl object."""
    made = [await probe.shared(one) for one in probe.types()]
    if not any(isinstance(one, Case) for one in made):
        raise Deviation("202 with a hitl object", made[0] if made else "no standard type is claimed")
    replies = [one.created for one in made if isinstance(one, Case)]
    expect_none((str(reply) for reply in replies if reply.status != 202), "202")


@check(Level.MUST, "§6")
async def envelope(probe: Probe) -> None:
    """The body's status is human_input_required."""
    if probe.target.given is not None:
        raise NotApplicable("only the hitl object was given")
    bodies = [case.created.object() for case in await probe.every()]
    statuses = {str(body.get("status")) for body in bodies}
    expect(statuses == {"human_input_required"}, "human_input_required", ", ".join(sorted(statuses)))


@check(Level.SHOULD, "§6")
async def message(probe: Probe) -> None:
    """The body has a message for the agent to pass on."""
    if probe.target.given is not None:
        raise NotApplicable("only the hitl object was given")
    for case in await probe.every():
        text = case.created.object().get("message")
        expect(isinstance(text, str) and text, "a message", f"{text!r} in a case of type {case.type}")


@check(Level.MUST, "§6")
async def schema(probe: Probe) -> None:
    """Hitl objects of all types have the fields and values that the protocol defines."""
    found = [
        f"{case.type}: {one}" for case in await probe.every() for one in problems(case.hitl, HITL_OBJECT)
    ]
    expect_none(found, "hitl objects that fit the schema")


@check(Level.MUST, "§6")
async def type_as_asked(probe: Probe) -> None:
    """A case is of the type that was asked for."""
    if probe.target.given is not None or not probe.target.creation.chooses_type:
        raise NotApplicable("no type was asked for")
    for asked in probe.types():
        case = await probe.shared(asked)
        if isinstance(case, Case):
            expect(case.type == asked, f"type {asked}", case.type)


@check(Level.MUST, "§6")
async def unique_ids(probe: Probe) -> None:
    """Every case has an id of its own."""
    first, second = await probe.fresh(), await probe.fresh()
    expect(first.case_id != second.case_id, "two ids", f"{first.case_id} twice")


@check(Level.MUST, "§6")
async def deadline(probe: Probe) -> None:
    """A case expires after it was made, and after the timeout that it names."""
    for case in await probe.every():
        open_for = case.instant("expires_at") - case.instant("created_at")
        expect(open_for > timedelta(0), "expires_at after created_at", f"{open_for} later")
        named = _duration(case.hitl.get("timeout"))
        if named is not None:
            off = abs(open_for - named)
            expect(
                off < timedelta(minutes=1), f"a deadline after {case.hitl['timeout']}", f"after {open_for}"
            )


@check(Level.SHOULD, "§6")
async def timeout(probe: Probe) -> None:
    """Hitl objects name the timeout, as an ISO 8601 duration or in short."""
    for case in await probe.every():
        value = case.hitl.get("timeout")
        expect(_duration(value), "a timeout like 24h, 7d or PT24H", repr(value))


@check(Level.SHOULD, "§13.1")
async def longest(probe: Probe) -> None:
    """No case stays open for more than 7 days."""
    for case in await probe.every():
        open_for = case.instant("expires_at") - case.instant("created_at")
        expect(open_for <= LONGEST, "7 days at most", open_for)


def _duration(value: object) -> timedelta | None:
    """Read `24h` or `PT24H`; None for anything else."""
    if not isinstance(value, str):
        return None
    if short := _SHORTHAND.fullmatch(value):
        return timedelta(**{_UNITS[short[2]]: int(short[1])})
    if iso := _ISO.fullmatch(value):
        days, hours, minutes, seconds = (int(part or 0) for part in iso.groups())
        return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds) or None
    return None
