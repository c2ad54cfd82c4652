"""What becomes of a case. HITL v0.8 §8 "Status Machine", §10, §13.2."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from openhitl.conformance.answers import answer_to, holds
from openhitl.conformance.cases import Case
from openhitl.conformance.check import Level, NotApplicable, check, expect, expect_none
from openhitl.conformance.probe import Probe
from openhitl.conformance.schema import instant, problems
from openhitl.conformance.wire_objects import poll_body


async def _answered(probe: Probe, review_type: str | None = None) -> tuple[Case, dict[str, Any]]:
    """Answer a case of a type. Raises: NotApplicable if it was not taken."""
    case = await probe.fresh(review_type)
    body = answer_to(case.hitl)
    if not (await probe.respond(case, body)).accepted:
        raise NotApplicable(f"a case of type {case.type} could not be answered")
    return case, body


@check(Level.MUST, "§8")
async def begins_pending(probe: Probe) -> None:
    """A new case is pending."""
    status = (await probe.state(await probe.fresh())).get("status")
    expect(status == "pending", "pending", status)


@check(Level.MUST, "§8")
async def completed(probe: Probe) -> None:
    """An answered case is completed, and its poll has what that status needs."""
    case, _ = await _answered(probe)
    body = await probe.state(case)
    expect(body.get("status") == "completed", "completed", body.get("status"))
    expect_none(problems(body, poll_body("completed")), "a poll body that fits the schema")


@check(Level.MUST, "§10")
async def result(probe: Probe) -> None:
    """The result is the action and the data that the human sent, for every type."""
    tried = 0
    for known in await probe.every():
        try:
            case, sent = await _answered(probe, known.type)
        except NotApplicable:
            continue
        tried += 1
        told = await probe.result(case)
        same = told.get("action") == sent["action"] and holds(told.get("data"), sent["data"])
        expect(same, f"{sent} in a case of type {case.type}", told)
    if not tried:
        raise NotApplicable("no case could be answered")


@check(Level.MUST, "§8")
async def final(probe: Probe) -> None:
    """A completed case stays as it is, whatever comes after."""
    case, _ = await _answered(probe)
    before = await probe.state(case)
    await probe.page(case)
    await probe.respond(case, answer_to(case.hitl, "a second thought"))
    await probe.page(case)
    after = await probe.state(case)
    same = all(before.get(name) == after.get(name) for name in ("status", "result", "completed_at"))
    expect(same, f"the first answer: {before.get('result')}", after.get("result"))


@check(Level.MUST, "§8")
async def times(probe: Probe) -> None:
    """A case is completed between its creation and its deadline."""
    case, _ = await _answered(probe)
    at = instant((await probe.state(case)).get("completed_at"))
    if at is None:
        raise NotApplicable("the poll has no completed_at")
    second = timedelta(seconds=1)  # services may round
    within = at - case.instant("created_at") >= -second and case.instant("expires_at") - at >= -second
    expect(within, f"between {case.hitl['created_at']} and {case.hitl['expires_at']}", at.isoformat())


@check(Level.MUST, "§8")
async def expired(probe: Probe) -> None:
    """A case that nobody answered in time is expired, and its poll names the default action."""
    case = await probe.expiry.case()
    body = await probe.state(case)
    expect(body.get("status") == "expired", "expired", body.get("status"))
    expect_none(problems(body, poll_body("expired")), "a poll body that fits the schema")
    action = case.hitl.get("default_action", "skip")
    expect(body.get("default_action") == action, f"default_action {action}", body.get("default_action"))


@check(Level.MUST, "§8")
async def expired_is_final(probe: Probe) -> None:
    """An answer after the deadline changes nothing."""
    case = await probe.expiry.case()
    await probe.respond(case, answer_to(case.hitl))
    status = (await probe.state(case)).get("status")
    expect(status == "expired", "expired", status)
