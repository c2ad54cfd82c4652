"""Answering as the review page does. HITL v0.8 §7, §10, §13.2."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator
from typing import Any

from openhitl.conformance.answers import actions_of, answer_to, fields_of, holds, refusing
from openhitl.conformance.caller import Reply
from openhitl.conformance.cases import Case, with_query
from openhitl.conformance.check import Level, NotApplicable, check, expect, expect_none
from openhitl.conformance.probe import Probe, inline_answer

PARALLEL = 8


@check(Level.MUST, "§10")
async def accepts(probe: Probe) -> None:
    """A valid answer is taken, for every type."""
    answered = 0
    for known in await probe.every():
        if known.evidence_for("browser_submit"):
            continue
        case = await probe.fresh(known.type)
        try:
            body = answer_to(case.hitl)
        except NotApplicable:
            continue
        reply = await probe.respond(case, body)
        expect(reply.accepted, f"a {case.type} answered by {body['action']}", reply)
        answered += 1
    if not answered:
        raise NotApplicable("no valid answer is known")


@check(Level.MUST, "§13.2")
async def once(probe: Probe) -> None:
    """The second answer to a case is refused with 409."""
    case = await probe.fresh()
    body = answer_to(case.hitl)
    if not (await probe.respond(case, body)).accepted:
        raise NotApplicable("the case could not be answered")
    again = await probe.respond(case, body)
    expect(again.status == 409, "409", again)


@check(Level.MUST, "§13.2")
async def once_in_parallel(probe: Probe) -> None:
    """Of answers that come at the same time, also inline, one is taken and is the result."""
    case = await probe.fresh()
    bodies = [answer_to(case.hitl, f"answer {number}") for number in range(PARALLEL)]
    replies = await asyncio.gather(*_sent(probe, case, bodies))
    taken = [body for body, reply in zip(bodies, replies, strict=True) if reply.accepted]
    expect(len(taken) == 1, f"one of {PARALLEL} answers taken", f"{len(taken)} taken")
    data = (await probe.result(case)).get("data")
    expect(holds(data, taken[0]["data"]), f"the answer that was taken: {taken[0]['data']}", data)


def _sent(probe: Probe, case: Case, bodies: list[dict[str, Any]]) -> Iterator[Awaitable[Reply]]:
    """Send every second answer inline, where the case takes it so."""
    for number, body in enumerate(bodies):
        if number % 2 and case.takes_inline and body["action"] in case.inline_actions:
            yield probe.submit(case, inline_answer(**body))
        else:
            yield probe.respond(case, body)


@check(Level.MUST, "§10")
async def action_of_type(probe: Probe) -> None:
    """An action that is not of the case's type is refused."""
    found = []
    for known in await probe.every():
        case = await probe.fresh(known.type)
        for action in ("publish", "reject" if "reject" not in case.actions else "cancel"):
            reply = await probe.respond(case, {"action": action, "data": {}})
            if not reply.refused:
                found.append(f"{reply.status} for {action} in a case of type {case.type}")
    expect_none(found, "4xx")


@check(Level.MUST, "§11")
async def result_structure(probe: Probe) -> None:
    """An answer that has not the structure of its type is refused."""
    found = []
    for review_type, data in (
        ("selection", {"selected": "everything"}),
        ("selection", {}),
        ("approval", {"feedback": {"not": "text"}}),
        ("confirmation", {"confirmed_items": "all"}),
        ("escalation", {"reason": ["not", "text"]}),
    ):
        if review_type not in [case.type for case in await probe.every()]:
            continue
        case = await probe.fresh(review_type)
        action = refusing(actions_of(review_type))
        reply = await probe.respond(case, {"action": action, "data": data})
        if not reply.refused:
            found.append(f"{reply.status} for {action} with {data}")
    expect_none(found, "4xx")


@check(Level.SHOULD, "§10.3.1")
async def required_fields(probe: Probe) -> None:
    """A form without one of its required fields is refused."""
    if "input" not in [case.type for case in await probe.every()]:
        raise NotApplicable("no case of type input could be made")
    case = await probe.fresh("input")
    context = case.hitl.get("context")
    required = [one for one in fields_of(context if isinstance(context, dict) else {}) if one.get("required")]
    if not required:
        raise NotApplicable("the form has no required field")
    reply = await probe.respond(case, {"action": "submit", "data": {}})
    expect(reply.refused, f"4xx without {required[0]['key']}", reply)


@check(Level.MUST, "§7")
async def looking_decides_nothing(probe: Probe) -> None:
    """GET and HEAD at the address for answers decide nothing."""
    case = await probe.fresh()
    url = await probe.respond_address(case, case.review_token)
    action = answer_to(case.hitl)["action"]
    for method in ("GET", "HEAD"):
        for address in (url, with_query(url, action=action, data="{}")):
            await probe.page(case, address, method)
    expect(await probe.is_open(case), "an open case", "GET or HEAD decided it")


@check(Level.MUST, "§8")
async def late(probe: Probe) -> None:
    """An answer after the deadline is refused."""
    case = await probe.expiry.case()
    reply = await probe.respond(case, answer_to(case.hitl))
    expect(reply.refused, "410", reply)
