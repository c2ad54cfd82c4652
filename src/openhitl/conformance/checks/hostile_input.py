"""What no honest client sends: refused, never a fault of the service, never taken as something else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openhitl.conformance.answers import answer_to, holds, refusing
from openhitl.conformance.caller import NO_REPLY, Reply
from openhitl.conformance.cases import Case, of_other_case, with_query
from openhitl.conformance.check import Level, NotApplicable, check, expect, expect_none
from openhitl.conformance.probe import NOBODY, VIA, Probe

BIG_BYTES = 4 * 1024 * 1024
DEPTH = 100_000
INLINE = "inline"
_WHO = {"submitted_via": VIA, "submitted_by": NOBODY}
ODD_WORDS = {
    "NUL": "a\0b",
    "a lone surrogate": "a\ud800b",
    "a right-to-left override": "a\u202eb",
    "a character beyond the first plane": "a\U0001f512b",
    "a line separator": "a\u2028b",
}


async def _try(probe: Probe, bodies: Mapping[str, bytes | Mapping[str, Any]]) -> None:
    """Send each body in the browser's way and inline: all must be refused and decide nothing."""
    found: list[str] = []
    for way, case, send in await _ways(probe):
        for what, body in bodies.items():
            complete = body if isinstance(body, bytes) or way != INLINE else {**_WHO, **body}
            reply = await send(case, complete)
            if not reply.refused:
                found.append(f"{reply.status} for {what} {way}")
        if not await probe.is_open(case):
            found.append(f"the case {way} was decided")
    expect_none(found, "4xx, and the case stays open")


async def _ways(probe: Probe) -> list[tuple[str, Case, Any]]:
    """List the ways to answer this service, each with a case of its own."""
    ways: list[tuple[str, Case, Any]] = []
    try:
        case = await probe.fresh()
        await probe.respond_address(case, case.review_token)
        ways.append(("by the page", case, probe.respond))
    except NotApplicable as reason:
        missing = reason
    try:
        ways.append((INLINE, await probe.inline_case(), probe.submit))
    except NotApplicable:
        if not ways:
            raise missing from None
    return ways


@check(Level.MUST, "§7.5")
async def not_json(probe: Probe) -> None:
    """Bodies that are not a JSON object are refused."""
    await _try(
        probe,
        {
            "no body": b"",
            "half an object": b'{"action": "cancel", "data": {',
            "a bare word": b"cancel",
            "an array": b'["cancel"]',
            "a string": b'"cancel"',
            "null": b"null",
            "a number": b"1",
            "bytes that are not UTF-8": b'{"action": "\xff\xfe", "data": {}}',
        },
    )


@check(Level.MUST, "§7.5")
async def wrong_types(probe: Probe) -> None:
    """Fields of a wrong type are refused."""
    case = await probe.fresh()
    action = refusing(case.actions)
    bodies: dict[str, Any] = {
        "an object without action": {"data": {}},
        "an action that is null": {"action": None},
        "an action that is true": {"action": True},
        "an action that is a number": {"action": 1},
        "an action in an array": {"action": [action]},
        "an action in an object": {"action": {"action": action}},
        "an empty action": {"action": ""},
        "data that is a text": {"action": action, "data": "text"},
        "data that is an array": {"action": action, "data": [1]},
        "data that is a number": {"action": action, "data": 1},
    }
    await _try(probe, bodies)


@check(Level.MUST, "§7.5")
async def look_alikes(probe: Probe) -> None:
    """What only looks like an action is not taken for one."""
    case = await probe.fresh()
    action = refusing(case.actions)
    alike = {
        "a NUL after the action": f"{action}\0",
        "spaces around the action": f" {action} ",
        "the action in capitals": action.upper(),
        "a lone surrogate after the action": f"{action}\ud800",
        "a zero-width space in the action": f"{action[:2]}\u200b{action[2:]}",
        "the name of an attribute": "__class__",
        "the name of a prototype": "__proto__",
    }
    await _try(probe, {what: {"action": one, "data": {}} for what, one in alike.items()})


@check(Level.MUST, "RFC 8259 §6")
async def numbers(probe: Probe) -> None:
    """NaN and Infinity, which are not JSON, are refused; a number of 20,000 digits is no fault."""
    case = await probe.fresh()
    start = f'{{"action": "{refusing(case.actions)}", "data": {{"note": '.encode()
    await _try(probe, {"NaN": start + b"NaN}}", "Infinity": start + b"Infinity}}"})
    reply = await probe.respond(case, start + b"9" * 20_000 + b"}}")
    expect(reply.status < 500, "4xx, or the number", reply)


@check(Level.MUST, "§13")
async def nesting(probe: Probe) -> None:
    """JSON that is nested without end is refused."""
    await _try(
        probe,
        {
            "arrays": b'{"action": "cancel", "data": ' + b"[" * DEPTH + b"]" * DEPTH + b"}",
            "objects": b'{"action": "cancel", "data": ' + b'{"a":' * DEPTH + b"1" + b"}" * DEPTH + b"}",
        },
    )


@check(Level.SHOULD, "§13")
async def big_body(probe: Probe) -> None:
    """A body of 4 MiB is refused, and the service goes on."""
    case = await probe.fresh()
    body = answer_to(case.hitl, "x" * BIG_BYTES)
    try:
        reply = await probe.respond(case, body)
    except NO_REPLY:
        pass  # closing the connection on a client that sends too much is a refusal too
    else:
        expect(reply.refused, "413", reply)
    expect(await probe.is_open(case), "an open case", "the body was taken")


@check(Level.MUST, "§8")
async def words_kept(probe: Probe) -> None:
    """Words with NUL, lone surrogates or invisible characters are refused or kept, never changed."""
    found = []
    for what, words in ODD_WORDS.items():
        case = await probe.fresh()
        body = answer_to(case.hitl, words)
        reply = await probe.respond(case, body)
        if reply.status >= 500:
            found.append(f"{reply.status} for {what}")
        elif reply.accepted:
            data = (await probe.result(case)).get("data")
            if not holds(data, body["data"]):
                found.append(f"{what} came back as {data!r}")
    expect_none(found, "4xx, or the same words in the poll")


@check(Level.MUST, "§7")
async def case_ids(probe: Probe) -> None:
    """Odd case ids in addresses are refused."""
    case = await probe.any()
    urls = [("poll", case.address("poll_url")), ("page", case.address("review_url"))]
    odd = {
        "NUL": "a%00b",
        "a quote": "a'%22b",
        "4,000 characters": "a" * 4_000,
        "no UTF-8": "%ff",
    }
    found = []
    for name, url in urls:
        for what, text in odd.items():
            reply = await probe.caller.send("GET", of_other_case(url, case.case_id, text), as_asker=True)
            if not reply.refused:
                found.append(f"{reply.status} from the {name} for {what}")
    expect_none(found, "4xx")


@check(Level.MUST, "§13.1")
async def tokens(probe: Probe) -> None:
    """Odd tokens are refused."""
    case = await probe.any()
    url = case.address("review_url")
    odd = {"NUL": "\0", "8,000 characters": "a" * 8_000, "letters beyond ASCII": "ä" * 43, "a number": "0"}
    found = []
    for what, token in odd.items():
        reply = await probe.page(case, with_query(url, token=token))
        found += [] if reply.refused else [f"{reply.status} for {what}"]
        answer = await probe.respond(case, answer_to(case.hitl), token=token)
        found += [] if answer.refused else [f"{answer.status} to an answer for {what}"]
    expect_none(found, "4xx")


@check(Level.MUST, "RFC 9110 §13.1.2")
async def headers(probe: Probe) -> None:
    """Odd If-None-Match headers are no fault."""
    case = await probe.any()
    odd = ('"', "W/", '"a", ,"b"', "\\", '"' + "a" * 4_000 + '"')
    replies: list[Reply] = [await probe.poll(case, if_none_match=value) for value in odd]
    found = {
        f"{reply.status} for {value[:20]}"
        for reply, value in zip(replies, odd, strict=True)
        if reply.status >= 500 or reply.status == 304
    }
    expect_none(sorted(found), "200")


@check(Level.MUST, "§6")
async def questions(probe: Probe) -> None:
    """Requests that are no JSON object, or nested without end, make no case."""
    if probe.target.given is not None or not probe.target.creation.brings_question:
        raise NotApplicable("--create brings its own question")
    await probe.any()
    found = []
    for what, content in (
        ("no body", b""),
        ("half an object", b'{"type": "approval", "prompt": '),
        ("an array", b"[]"),
        ("a string", b'"approval"'),
        ("bytes that are not UTF-8", b'{"type": "approval", "prompt": "\xff"}'),
        (
            "endless nesting",
            b'{"type": "approval", "context": ' + b'{"a":' * DEPTH + b"1" + b"}" * DEPTH + b"}",
        ),
    ):
        reply = await probe.create_from(content)
        if not reply.refused:
            found.append(f"{reply.status} for {what}")
    expect_none(found, "4xx")


@check(Level.MUST, "§6")
async def prompts_kept(probe: Probe) -> None:
    """Prompts with NUL, lone surrogates or invisible characters are refused or kept, never changed."""
    if probe.target.given is not None or not probe.target.creation.brings_question:
        raise NotApplicable("--create lets no prompt be chosen")
    await probe.any()
    found = []
    for what, words in ODD_WORDS.items():
        reply = await probe.create("approval", more={"prompt": words})
        if reply.status >= 500:
            found.append(f"{reply.status} for {what}")
        elif reply.accepted:
            hitl = reply.object().get("hitl")
            prompt = hitl.get("prompt") if isinstance(hitl, dict) else None
            found += [] if prompt == words else [f"{what} came back as {prompt!r}"]
    expect_none(found, "4xx, or the same prompt in the hitl object")
