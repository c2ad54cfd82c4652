"""The limit on polls. HITL v0.8 §13.5."""

from __future__ import annotations

import asyncio

from openhitl.conformance.caller import Reply
from openhitl.conformance.check import Level, NotApplicable, check, expect
from openhitl.conformance.probe import Probe

#: §13.5, where the service names no limit of its own.
RECOMMENDED = 60
MOST = 300
AT_ONCE = 10


@check(Level.SHOULD, "§13.5")
async def enforced(probe: Probe) -> None:
    """Polls of one case beyond the limit are refused with 429."""
    limit, reply = await _burst(probe)
    expect(
        reply.status == 429,
        f"429 after {limit} polls in a minute",
        f"{reply.status} to all of {_polls(limit)}",
    )


@check(Level.SHOULD, "§13.5")
async def says_when(probe: Probe) -> None:
    """The 429 says with Retry-After when to come back."""
    value = (await _refusal(probe)).headers.get("retry-after")
    expect(value is not None and value.isascii() and value.isdigit(), "Retry-After in seconds", value)


@check(Level.SHOULD, "§7.5")
async def code(probe: Probe) -> None:
    """The code of the 429 is rate_limited."""
    reply = await _refusal(probe)
    seen = reply.object().get("error") if reply.media_type.endswith("json") else reply
    expect(seen == "rate_limited", "rate_limited", seen)


def _polls(limit: int) -> int:
    """Say how many polls exceed a limit, even if a minute of the service's clock ends meanwhile."""
    return 2 * limit + 1


async def _refusal(probe: Probe) -> Reply:
    _, reply = await _burst(probe)
    if reply.status != 429:
        raise NotApplicable("polls are not limited")
    return reply


async def _burst(probe: Probe) -> tuple[int, Reply]:
    """Poll a case until it is refused; return the limit and the last reply. Done once a run."""
    if probe.burst is None:
        case = await probe.fresh()
        limit = _limit(probe, await probe.poll(case))
        if limit > MOST:
            raise NotApplicable(f"the limit of {limit} a minute is more than this tool sends")
        probe.burst = limit, await _until_refused(probe, case.address("poll_url"), _polls(limit))
    return probe.burst


async def _until_refused(probe: Probe, url: str, most: int) -> Reply:
    sent = 0
    while True:
        batch = [probe.caller.send("GET", url, as_asker=True, patient=False) for _ in range(AT_ONCE)]
        replies = await asyncio.gather(*batch)
        sent += len(replies)
        refused = next((reply for reply in replies if reply.status == 429), None)
        if refused is not None or sent >= most:
            return refused or replies[-1]


def _limit(probe: Probe, reply: Reply) -> int:
    claimed = probe.part("rate_limits").get("max_requests_per_minute")
    if isinstance(claimed, int) and not isinstance(claimed, bool):
        return claimed
    header = reply.headers.get("x-ratelimit-limit", "")
    return int(header) if header.isascii() and header.isdigit() and len(header) < 9 else RECOMMENDED
