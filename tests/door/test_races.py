"""One decision per case, however many try at once."""

from __future__ import annotations

import asyncio

import httpx2

from tests.door.bodies import CONFIRMATION
from tests.servers import token_of

CASES = 200
SUBMITS = 50


def test_of_fifty_parallel_submits_exactly_one_wins(server):
    """HITL v0.8 §13.2, on 200 cases."""
    hitls = [server.ask(CONFIRMATION) for _ in range(CASES)]
    outcomes = asyncio.run(_race(server.url, hitls))
    for hitl, codes in zip(hitls, outcomes, strict=True):
        assert sorted(codes) == [200] + [409] * (SUBMITS - 1), hitl["case_id"]
        assert server.status(hitl)["status"] == "completed"


async def _race(url, hitls) -> list[list[int]]:
    limits = httpx2.Limits(max_connections=SUBMITS)
    async with httpx2.AsyncClient(base_url=url, limits=limits, timeout=60, trust_env=False) as client:
        return [await _race_one(client, hitl) for hitl in hitls]


async def _race_one(client, hitl) -> list[int]:
    path = f"/reviews/{hitl['case_id']}/respond"
    token = {"token": token_of(hitl["review_url"])}

    async def submit(number: int) -> int:
        answer = {"action": ("confirm", "cancel")[number % 2], "data": {"note": str(number)}}
        return (await client.post(path, params=token, json=answer)).status_code

    return list(await asyncio.gather(*map(submit, range(SUBMITS))))


def test_drafts_and_openings_never_make_a_submit_fail(server):
    """Conflict is never an outcome: a submit is refused only by a case that is final."""
    hitls = [server.ask(CONFIRMATION) for _ in range(50)]

    async def race() -> list[int]:
        async with httpx2.AsyncClient(base_url=server.url, timeout=60, trust_env=False) as client:
            return await asyncio.gather(*(_disturbed(client, hitl) for hitl in hitls))

    assert set(asyncio.run(race())) == {200}


async def _disturbed(client, hitl) -> int:
    base, token = f"/reviews/{hitl['case_id']}", {"token": token_of(hitl["review_url"])}
    noise = [client.post(f"{base}/opened", params=token)]
    noise += [client.put(f"{base}/draft", params=token, json={"values": {"note": str(n)}}) for n in range(4)]
    answer = client.post(f"{base}/respond", params=token, json={"action": "confirm", "data": {}})
    *_, answered = await asyncio.gather(*noise, answer)
    return answered.status_code
