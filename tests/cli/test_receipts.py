"""`hitl show --verify` and `hitl admin rotate-receipt-key`."""

import json

import httpx2
import pytest

from tests.servers import token_of

pytestmark = pytest.mark.anyio


@pytest.fixture
async def answered(alone, tmp_path):
    """The address of a server, and files with the poll body and the case of an answer that it took."""
    async with alone.start("serve", "--port", "0") as server:
        url = (await server.says("listens on")).split("listens on ")[1].split()[0]
        key = (await alone.run("admin", "new-key", "auditor")).out.strip()
        with httpx2.Client(base_url=url, headers={"x-api-key": key}, trust_env=False) as agent:
            hitl = agent.post("/api/v1/reviews", json={"type": "confirmation", "prompt": "Go?"}).json()[
                "hitl"
            ]
            where = f"/reviews/{hitl['case_id']}/respond?token={token_of(hitl['review_url'])}"
            assert agent.post(where, json={"action": "confirm", "data": {}}).status_code == 200
            (tmp_path / "poll.json").write_bytes(agent.get(hitl["poll_url"]).content)
            (tmp_path / "case.json").write_bytes(agent.get(f"/api/v1/reviews/{hitl['case_id']}").content)
            (tmp_path / "jwks.json").write_bytes(agent.get("/.well-known/jwks.json").content)
        yield url


async def test_each_claim_is_told(alone, answered):
    told = await alone.run("show", "--verify", "poll.json", HITL_SERVER_URL=answered)
    assert (told.code, told.err) == (0, "")
    lines = [line.split() for line in told.out.splitlines()]
    assert [line[:2] for line in lines if line[0] == "said"] == [
        ["said", name] for name in ("type", "shown", "who", "surface", "log")
    ]
    assert ["checked", "action", "confirm"] in lines


async def test_a_case_is_verified_offline_with_keys_of_a_file(alone, answered):
    told = await alone.run(
        "show", "--verify", "case.json", "--jwks", "jwks.json", "--json", HITL_SERVER_URL="http://localhost:1"
    )
    assert (told.code, told.err) == (0, "")
    found = json.loads(told.out)
    assert found["valid"] is True
    assert [one["claim"] for one in found["checks"] if not one["compared"]] == ["who", "surface", "log"]


async def test_keys_are_fetched_from_a_named_address(alone, answered):
    url = f"{answered}/.well-known/jwks.json"
    told = await alone.run(
        "show", "--verify", "poll.json", "--jwks", url, HITL_SERVER_URL="http://localhost:1"
    )
    assert told.code == 0, told.err


async def test_a_forgery_is_an_error(alone, answered, tmp_path):
    forged = (tmp_path / "poll.json").read_text().replace('"confirm"', '"cancel"')
    told = await alone.run("show", "--verify", "-", stdin=forged, HITL_SERVER_URL=answered)
    assert (told.code, told.out) == (1, "")
    assert told.err.startswith("error: The receipt says otherwise about result.action.")
    told = await alone.run("show", "--verify", "-", "--json", stdin=forged, HITL_SERVER_URL=answered)
    assert told.code == 1
    assert json.loads(told.out)["error"] == "invalid_receipt"


async def test_a_name_that_stands_twice_is_refused(alone, answered, tmp_path):
    """Programs differ in which of the two they read."""
    twice = (tmp_path / "poll.json").read_text().replace("{", '{"status":"expired",', 1)
    told = await alone.run("show", "--verify", "-", stdin=twice, HITL_SERVER_URL=answered)
    assert (told.code, "name twice" in told.err) == (1, True)
    for text in ("", "[]", "\xff", "[" * 100_000):
        told = await alone.run("show", "--verify", "-", "--json", stdin=text, HITL_SERVER_URL=answered)
        assert (told.code, json.loads(told.out)["valid"]) == (1, False), told.err


@pytest.mark.parametrize(
    "arguments",
    [(), ("review_1", "--verify", "poll.json"), ("review_1", "--jwks", "x"), ("--verify", "none.json")],
)
async def test_what_makes_no_sense_is_a_usage_error(alone, arguments):
    assert (await alone.run("show", *arguments)).code == 2


async def test_the_key_is_changed_at_once(alone, answered):
    rotated = await alone.run("admin", "rotate-receipt-key")
    assert (rotated.code, rotated.err.startswith("Receipts that were signed before stay valid")) == (0, True)
    keys = httpx2.get(f"{answered}/.well-known/jwks.json", trust_env=False).json()["keys"]
    assert (keys[0]["kid"], len(keys)) == (rotated.out.strip(), 2)
    told = await alone.run("show", "--verify", "poll.json", HITL_SERVER_URL=answered)
    assert told.code == 0, told.err
