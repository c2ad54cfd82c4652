"""What refusals look like. HITL v0.8 §6, §7.5 "Responses"."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

from openhitl.conformance.answers import answer_to, refusing
from openhitl.conformance.caller import Reply
from openhitl.conformance.cases import ABSENT_ID, Case, of_other_case, with_query
from openhitl.conformance.check import Level, NotApplicable, check, expect, expect_none
from openhitl.conformance.probe import WRONG_TOKEN, Probe, inline_answer
from openhitl.conformance.schema import problems
from openhitl.conformance.wire_objects import ERROR

MOST_SEARCHED = 20_000
_INSIDES = re.compile(r"Traceback \(most recent|\bat \S+ \(?\S+:\d+:\d+|node_modules/|\.py\", line \d+")


async def _refusals(case: Case, send: Callable[..., Awaitable[Reply]], answer: dict[str, Any]) -> list[Reply]:
    """Collect refusals of answers: a wrong token, an unknown action, no JSON, an answer too many."""
    found = [
        await send(case, answer, token=WRONG_TOKEN),
        await send(case, {**answer, "action": "publish"}),
        await send(case, b'{"action": '),
    ]
    if (await send(case, answer)).accepted:
        found.append(await send(case, answer))
    return [reply for reply in found if reply.refused]


def _expect_bodies(refusals: list[Reply]) -> None:
    found = []
    for reply in refusals:
        if not _is_json(reply):
            found.append(f"{reply.status} of type {reply.media_type or 'nothing'}")
        else:
            found += [f"{reply.status}: {one}" for one in problems(reply.object(), ERROR)]
    expect_none(found, "JSON with error and message")


def _is_json(reply: Reply) -> bool:
    return reply.media_type in ("application/json", "application/problem+json")


@check(Level.MUST, "§7.5")
async def inline_bodies(probe: Probe) -> None:
    """Refusals of inline submits are JSON objects: a stable code in error, a sentence in message."""
    case = await probe.inline_case()
    _expect_bodies(await _refusals(case, probe.submit, inline_answer(refusing(case.inline_actions))))


@check(Level.SHOULD, "§7.5")
async def bodies(probe: Probe) -> None:
    """Refusals of the page's answers are such objects, too."""
    case = await probe.fresh()
    _expect_bodies(await _refusals(case, probe.respond, answer_to(case.hitl)))


@check(Level.SHOULD, "§7.5")
async def wrong_token(probe: Probe) -> None:
    """An answer with a wrong token is refused with 401 invalid_token."""
    case = await probe.fresh()
    reply = await probe.respond(case, answer_to(case.hitl), token=WRONG_TOKEN)
    _expect_code(reply, 401, "invalid_token")


@check(Level.SHOULD, "§7.5")
async def wrong_submit_token(probe: Probe) -> None:
    """The code of an inline submit with a wrong token is invalid_token."""
    case = await probe.inline_case()
    reply = await probe.submit(case, inline_answer(refusing(case.inline_actions)), token=WRONG_TOKEN)
    _expect_code(reply, 401, "invalid_token")


@check(Level.SHOULD, "§7.5")
async def duplicate_submission(probe: Probe) -> None:
    """The code of a second answer is duplicate_submission."""
    case = await probe.fresh()
    answer = answer_to(case.hitl)
    await probe.respond(case, answer)
    reply = await probe.respond(case, answer)
    if reply.status != 409:
        raise NotApplicable("a second answer is not refused with 409")
    _expect_code(reply, 409, "duplicate_submission")


@check(Level.SHOULD, "§7.5")
async def case_expired(probe: Probe) -> None:
    """An answer after the deadline is refused with 410 case_expired."""
    case = await probe.expiry.case()
    _expect_code(await probe.respond(case, answer_to(case.hitl)), 410, "case_expired")


def _expect_code(reply: Reply, status: int, code: str) -> None:
    seen = reply.object().get("error") if _is_json(reply) else None
    expect((reply.status, seen) == (status, code), f"{status} {code}", reply)


@check(Level.SHOULD, "§13")
async def no_insides(probe: Probe) -> None:
    """Refusals do not show the service's insides."""
    case = await probe.fresh()
    page = await probe.page(case, with_query(case.address("review_url"), token=WRONG_TOKEN))
    replies = [page, *await _refusals(case, probe.respond, answer_to(case.hitl))]
    leaks = [match[0] for reply in replies if (match := _INSIDES.search(reply.text[:MOST_SEARCHED]))]
    expect_none(leaks, "no stack trace")


@check(Level.MUST, "§7")
async def absent_case(probe: Probe) -> None:
    """The page of a case that does not exist, and an answer to it, are refused."""
    case = await probe.any()
    page = of_other_case(case.address("review_url"), case.case_id, ABSENT_ID)
    respond = of_other_case(await probe.respond_address(case, case.review_token), case.case_id, ABSENT_ID)
    replies = [
        await probe.page(case, page),
        await probe.caller.send("POST", respond, content=b'{"action": "cancel", "data": {}}'),
    ]
    expect_none((str(reply) for reply in replies if not reply.refused), "404")


@check(Level.MUST, "§6")
async def unknown_type(probe: Probe) -> None:
    """A request for a review type that does not exist is refused, not accepted with 202."""
    if probe.target.given is not None or not probe.target.creation.chooses_type:
        raise NotApplicable("no type can be asked for")
    reply = await probe.create("conformance-nonsense")
    expect(reply.refused, "4xx", reply)


@check(Level.MUST, "§6")
async def invalid_request(probe: Probe) -> None:
    """A request that is malformed or invalid is refused, not accepted with 202."""
    if probe.target.given is not None or not probe.target.creation.brings_question:
        raise NotApplicable("--create brings its own question")
    found = []
    for what, more in (
        ("a prompt of 501 characters", {"prompt": "x" * 501}),
        ("a prompt that is a number", {"prompt": 1}),
        ("a context that is a text", {"context": "text"}),
        ("a timeout that is no duration", {"timeout": "soon"}),
    ):
        reply = await probe.create("approval", more=more)
        if not reply.refused:
            found.append(f"{reply.status} for {what}")
    expect_none(found, "4xx")
