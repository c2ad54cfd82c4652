"""Submitting for a human who pressed a button in a chat. HITL v0.8 §7.5, §13.8."""

from __future__ import annotations

from typing import Any

from openhitl.conformance.answers import REFUSING, answer_to, refusing
from openhitl.conformance.caller import Reply
from openhitl.conformance.cases import Case
from openhitl.conformance.check import Level, NotApplicable, check, expect, expect_none
from openhitl.conformance.probe import NOBODY, VIA, WRONG_TOKEN, Probe, inline_answer
from openhitl.conformance.schema import problems
from openhitl.conformance.wire_objects import INSTANT


def _answer(case: Case, **more: Any) -> dict[str, Any]:
    return inline_answer(refusing(case.inline_actions), **more)


@check(Level.MUST, "§7.5")
async def accepts(probe: Probe) -> None:
    """A submit with the submit token is taken: 200 with status, case_id and completed_at."""
    case = await probe.inline_case()
    reply = await probe.submit(case, _answer(case))
    expect(reply.status == 200, "200", reply)
    schema = {
        "type": "object",
        "required": ("status", "case_id", "completed_at"),
        "properties": {
            "status": {"const": "completed"},
            "case_id": {"const": case.case_id},
            "completed_at": INSTANT,
        },
    }
    expect_none(problems(reply.object(), schema), "what was recorded")


@check(Level.MUST, "§7.5")
async def token_needed(probe: Probe) -> None:
    """A submit without a token, with a wrong one or one of another case is refused."""
    case = await probe.inline_case()
    other = (await probe.fresh(case.type)).address("submit_token")
    token = case.address("submit_token")
    found = []
    for how, wrong in (("wrong", WRONG_TOKEN), ("cut off", token[:-1]), ("of another case", other)):
        reply = await probe.submit(case, _answer(case), token=wrong)
        if not reply.refused:
            found.append(f"{reply.status} with a token {how}")
    reply = await probe.submit(case, _answer(case), token="")
    if not reply.refused:
        found.append(f"{reply.status} without a token")
    expect_none(found, "401")


@check(Level.MUST, "§7.5")
async def actions_of_type(probe: Probe) -> None:
    """The inline actions are actions of the case's type."""
    await probe.inline_case(fresh=False)
    found = [
        f"{action} in a case of type {case.type}"
        for case in await probe.every()
        if "inline_actions" in case.hitl
        for action in case.inline_actions
        if action not in case.actions
    ]
    expect_none(found, "actions of the type")


async def _not_inline(probe: Probe) -> tuple[Case, Reply]:
    """Submit an action that the page takes and inline submit does not."""
    await probe.inline_case(fresh=False)
    for known in await probe.every():
        refused = [one for one in REFUSING if one in known.actions and one not in known.inline_actions]
        if refused and known.takes_inline:
            case = await probe.fresh(known.type)
            return case, await probe.submit(case, inline_answer(refused[0], data={"feedback": "words"}))
    raise NotApplicable("no action that is safe to try is left out of the inline actions")


@check(Level.MUST, "§7.5")
async def only_inline_actions(probe: Probe) -> None:
    """An action that is not among the inline actions is refused with 403, and decides nothing."""
    case, reply = await _not_inline(probe)
    expect(reply.status == 403, "403", reply)
    expect(await probe.is_open(case), "an open case", "the refused action decided it")


@check(Level.SHOULD, "§7.5")
async def refusal_names_case(probe: Probe) -> None:
    """The 403 says action_not_inline and which case it is."""
    case, reply = await _not_inline(probe)
    if reply.status != 403:
        raise NotApplicable("the action was not refused with 403")
    body = reply.object()
    told = {"error": body.get("error"), "case_id": body.get("case_id")}
    wanted = {"error": "action_not_inline", "case_id": case.case_id}
    expect(told == wanted, wanted, told)


@check(Level.MAY, "§7.5")
async def refusal_names_page(probe: Probe) -> None:
    """The 403 leads to the review page."""
    case, reply = await _not_inline(probe)
    if reply.status != 403:
        raise NotApplicable("the action was not refused with 403")
    url = reply.object().get("review_url")
    page = case.address("review_url").partition("?")[0]
    expect(isinstance(url, str) and url.startswith(page), f"review_url {page}", url)


@check(Level.SHOULD, "§7.5")
async def says_who(probe: Probe) -> None:
    """A submit that does not say who pressed which button is refused."""
    case = await probe.inline_case()
    complete = _answer(case)
    found = []
    for missing in ("submitted_by", "submitted_via"):
        body = {name: value for name, value in complete.items() if name != missing}
        reply = await probe.submit(case, body)
        if reply.accepted:
            found.append(f"{reply.status} without {missing}")
    expect_none(found, "4xx")


@check(Level.SHOULD, "§13.8")
async def recorded(probe: Probe) -> None:
    """The poll says that the answer was submitted inline, by whom and on which channel."""
    case = await probe.inline_case()
    if not (await probe.submit(case, _answer(case))).accepted:
        raise NotApplicable("the submit was not taken")
    context = (await probe.state(case)).get("submission_context")
    if not isinstance(context, dict):
        raise NotApplicable("polls have no submission_context, which is optional")
    by = context.get("submitted_by")
    told = [
        context.get("mode"),
        context.get("submitted_via"),
        by.get("platform") if isinstance(by, dict) else by,
    ]
    wanted = ["inline_submit", VIA, NOBODY["platform"]]
    expect(told == wanted, f"mode, submitted_via and platform {wanted}", told)


@check(Level.MUST, "§13.2")
async def once(probe: Probe) -> None:
    """After an inline submit no second answer is taken, inline or in the browser: 409."""
    case = await probe.inline_case()
    if not (await probe.submit(case, _answer(case))).accepted:
        raise NotApplicable("the submit was not taken")
    inline = await probe.submit(case, _answer(case))
    expect(inline.status == 409, "409 for a second inline submit", inline)
    page = await probe.respond(case, answer_to(case.hitl))
    expect(page.status == 409, "409 for an answer in the browser", page)


@check(Level.MUST, "§7.6")
async def evidence_needed(probe: Probe) -> None:
    """Where the policy requires evidence, a submit without any is refused."""
    for known in await probe.every():
        if known.evidence_for("inline_submit") and known.hitl.get("submit_url"):
            case = await probe.fresh(known.type)
            reply = await probe.submit(case, _answer(case))
            expect(reply.refused, "403 verification_required", reply)
            return
    raise NotApplicable("no hitl object requires evidence")


@check(Level.MUST, "§7.5")
async def late(probe: Probe) -> None:
    """A submit after the deadline is refused with 410."""
    case = await probe.expiry.case()
    if probe.claims("inline") is False or not case.takes_inline:
        raise NotApplicable("the expired case takes no inline submits")
    reply = await probe.submit(case, _answer(case))
    expect(reply.status == 410, "410", reply)
