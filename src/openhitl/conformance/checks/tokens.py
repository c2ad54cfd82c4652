"""What the tokens of a case open, and what they do not. HITL v0.8 §7, §7.5, §13.1."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence

from openhitl.conformance.answers import answer_to, refusing
from openhitl.conformance.caller import Reply
from openhitl.conformance.cases import token_of, with_query
from openhitl.conformance.check import Level, NotApplicable, check, expect, expect_none
from openhitl.conformance.probe import WRONG_TOKEN, Probe, inline_answer

SAMPLES = 8
MIN_BITS = 256
#: Alphabets by how much a random character of them says, the smallest first.
_ALPHABETS = (
    (re.compile(r"[0-9]*"), 10),
    (re.compile(r"[0-9a-f]*|[0-9A-F]*"), 16),
    (re.compile(r"[0-9a-z]*"), 36),
)


@check(Level.MUST, "§7")
async def in_review_url(probe: Probe) -> None:
    """Every review URL has a token in its query."""
    urls = [(case.type, case.address("review_url")) for case in await probe.every()]
    missing = [f"{kind}: {url.partition('?')[0]} has none" for kind, url in urls if not token_of(url)]
    expect_none(missing, "review URLs with ?token=")


@check(Level.MUST, "§7")
async def entropy(probe: Probe) -> None:
    """Tokens are random: 256 bits, and nothing of them repeats from case to case."""
    cases = [await probe.fresh() for _ in range(SAMPLES)]
    kinds = {"review token": [case.review_token for case in cases]}
    if all("submit_token" in case.hitl for case in cases):
        kinds["submit token"] = [case.address("submit_token") for case in cases]
    for name, tokens in kinds.items():
        bits = _bits(tokens)
        expect(bits >= MIN_BITS, f"a {name} of {MIN_BITS} random bits", f"about {bits:.0f}")


def _bits(tokens: Sequence[str]) -> float:
    """Estimate the random bits of tokens: what is the same in all of them says nothing."""
    length = min(map(len, tokens))
    columns = [{token[index] for token in tokens} for index in range(length)]
    letters = "".join("".join(sorted(column)) for column in columns if len(column) > 1)
    size = next((size for alphabet, size in _ALPHABETS if alphabet.fullmatch(letters)), 64)
    return sum(len(column) > 1 for column in columns) * math.log2(size)


@check(Level.MUST, "§7.5")
async def distinct(probe: Probe) -> None:
    """The submit token is another one than the review token."""
    case = await probe.inline_case(fresh=False)
    expect(case.hitl["submit_token"] != case.review_token, "two tokens", "the same one twice")


def _altered(token: str) -> Iterator[tuple[str, str]]:
    """Yield what a review token is not."""
    middle = len(token) // 2
    other = "A" if token[middle] != "A" else "B"
    yield "cut off", token[:-1]
    yield "cut in half", token[:middle]
    yield "with a character more", f"{token}A"
    yield "with another character", f"{token[:middle]}{other}{token[middle + 1 :]}"
    yield "empty", ""


@check(Level.MUST, "§13.1")
async def page_needs_token(probe: Probe) -> None:
    """The review page is shown for the whole and exact token of its case only."""
    case, other = await probe.any(), await probe.fresh()
    found = []
    for how, token in [*_altered(case.review_token), ("of another case", other.review_token)]:
        reply = await probe.page(case, with_query(case.address("review_url"), token=token))
        if not reply.refused:
            found.append(f"{reply.status} with a token {how}")
    reply = await probe.page(case, with_query(case.address("review_url"), token=None))
    if not reply.refused:
        found.append(f"{reply.status} without a token")
    expect_none(found, "4xx")


@check(Level.MUST, "§13.1")
async def answer_needs_token(probe: Probe) -> None:
    """An answer is taken with the whole and exact token of its case only."""
    case, other = await probe.fresh(), await probe.fresh()
    found = []
    for how, token in [*_altered(case.review_token), ("of another case", other.review_token)]:
        reply = await probe.respond(case, answer_to(case.hitl), token=token)
        found += _unless_refused(reply, f"with a token {how}")
    expect_none(found, "4xx")
    expect(await probe.is_open(case), "the case to stay open", "a wrong token decided it")


@check(Level.MUST, "§7.5")
async def submit_token_is_no_review_token(probe: Probe) -> None:
    """The submit token opens neither the review page nor the answer of a browser."""
    case = await probe.inline_case()
    token = case.address("submit_token")
    page = await probe.page(case, with_query(case.address("review_url"), token=token))
    answer = await probe.respond(case, answer_to(case.hitl), token=token)
    expect_none(
        [*_unless_refused(page, "for the page"), *_unless_refused(answer, "for an answer")],
        "4xx for a submit token in the place of a review token",
    )


@check(Level.MUST, "§7.5")
async def review_token_is_no_submit_token(probe: Probe) -> None:
    """The review token does not submit inline."""
    case = await probe.inline_case()
    reply = await probe.submit(case, inline_answer(refusing(case.inline_actions)), token=case.review_token)
    expect(reply.refused, "4xx for a review token in the place of a submit token", reply)


@check(Level.MUST, "§7.5")
async def asker_cannot_answer(probe: Probe) -> None:
    """What the asker authenticates with answers nothing."""
    headers = probe.caller.headers
    key = headers.get("authorization", "").partition(" ")[2] or headers.get("x-api-key")
    if not key:
        raise NotApplicable("no credential was given with --header")
    case = await probe.fresh()
    url = with_query(await probe.respond_address(case, WRONG_TOKEN), token=None)
    body = json.dumps(inline_answer(refusing(case.actions))).encode()
    given = {
        "content-type": "application/json",
        "accept": "application/json",
        "authorization": f"Bearer {key}",
    }
    reply = await probe.caller.send("POST", url, headers=given, content=body)
    expect(reply.refused, "4xx for the asker's credential in the place of a token", reply)


@check(Level.MUST, "§13.8")
async def submit_token_stays(probe: Probe) -> None:
    """The submit token is told to the agent once: not in the page, the polls or other fields."""
    case = await probe.inline_case(fresh=False)
    page, poll = await probe.page(case), await probe.poll(case)
    rest = {name: value for name, value in case.hitl.items() if name != "submit_token"}
    _expect_absent(case.address("submit_token"), page=page.text, poll=poll.text, object=json.dumps(rest))


@check(Level.SHOULD, "§13.1")
async def review_token_stays(probe: Probe) -> None:
    """The review token is in the review URL only: not in polls or other fields."""
    case = await probe.any()
    poll = await probe.poll(case)
    rest = {name: value for name, value in case.hitl.items() if name != "review_url"}
    _expect_absent(case.review_token, poll=poll.text, object=json.dumps(rest))


def _expect_absent(token: str, **places: str) -> None:
    found = [name for name, text in places.items() if token in text]
    expect(not found, "the token nowhere else", f"it is also in the {', '.join(found)}")


def _unless_refused(reply: Reply, how: str) -> list[str]:
    return [] if reply.refused else [f"{reply.status} {how}"]
