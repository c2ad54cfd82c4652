"""`hitl admin callback-secret` and `hitl admin deliveries`."""

import json

import httpx2
import pytest

pytestmark = pytest.mark.anyio
BOUND = 30


async def deliveries(alone, *options):
    listed = await alone.run("admin", "deliveries", "--json", *options)
    assert listed.code == 0, listed.err
    return json.loads(listed.out)


async def given_up(alone):
    for _ in range(BOUND):
        if found := await deliveries(alone, "--dead"):
            return found
    raise AssertionError("nothing was given up")


async def test_what_cannot_be_delivered_is_listed_and_delivered_again(alone):
    async with alone.start("serve", "--port", "0") as server:
        url = (await server.says("listens on")).split("listens on ")[1].split()[0]
        key = (await alone.run("admin", "new-key", "crawler")).out.strip()
        assert await deliveries(alone) == []
        with httpx2.Client(base_url=url, headers={"x-api-key": key}, trust_env=False) as agent:
            body = {"type": "confirmation", "prompt": "Go?", "hitl_callback_url": "http://localhost:1/hook"}
            hitl = agent.post("/api/v1/reviews", json=body).json()["hitl"]
            agent.post(f"/api/v1/reviews/{hitl['case_id']}/cancel")
        [job] = await given_up(alone)
        assert (job["case_id"], job["destination"]) == (hitl["case_id"], "http://localhost:1")
        assert "may not be called" in job["last_error"]
        told = await alone.run("admin", "deliveries")
        assert "given up" in told.out
        assert hitl["case_id"] in told.out
        none = await alone.run("admin", "deliveries", "--replay", "4711")
        assert (none.code, none.out) == (1, "")
        assert none.err.startswith("error: No delivery 4711 was given up.\nhint: ")
        replayed = await alone.run("admin", "deliveries", "--replay", str(job["id"]))
        assert (replayed.code, replayed.out) == (0, "")
        assert replayed.err.startswith("1 will be delivered again")
        [again] = await given_up(alone)
        assert again["attempts"] == 1, "counted anew"
        assert (await alone.run("admin", "deliveries", "--replay-all")).err.startswith("1 will")


async def test_the_secret_is_the_one_that_the_server_says(alone):
    async with alone.start("serve", "--port", "0") as server:
        url = (await server.says("listens on")).split("listens on ")[1].split()[0]
        key = (await alone.run("admin", "new-key", "crawler")).out.strip()
        with httpx2.Client(base_url=url, headers={"x-api-key": key}, trust_env=False) as agent:
            first = (await alone.run("admin", "callback-secret", "crawler")).out
            told = agent.get("/api/v1/callback-secret").json()
            assert told == {"secret": first.strip(), "previous_secret": None}
            second = await alone.run("admin", "callback-secret", "crawler", "--rotate")
            assert second.out.startswith("whsec_")
            assert second.out != first
            told = agent.get("/api/v1/callback-secret").json()
            assert told == {"secret": second.out.strip(), "previous_secret": first.strip()}


async def test_nobody_has_no_secret(alone):
    refused = await alone.run("admin", "callback-secret", "nobody")
    assert refused.code == 1
    assert "no agent named nobody" in refused.err
