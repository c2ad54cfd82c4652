"""`request_key`: the same question joins its case until whoever asked knows how it ended."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.door.bodies import CONFIRMATION
from tests.servers import token_of


def ask(server, key, client=None, headers=None, **changed):
    body = {**CONFIRMATION, "request_key": key, **changed}
    return (client or server.agent).post("/api/v1/reviews", json=body, headers=headers or {})


def answer(server, hitl):
    url = f"/reviews/{hitl['case_id']}/respond?token={token_of(hitl['review_url'])}"
    assert server.anyone.post(url, json={"action": "confirm", "data": {}}).status_code == 200


def received(server, hitl, client=None):
    return (client or server.agent).post(f"/api/v1/reviews/{hitl['case_id']}/received")


def test_a_question_lives_until_its_answer_was_received(server):
    first = ask(server, "drop-1")
    assert ask(server, "drop-1").text == first.text
    hitl = first.json()["hitl"]
    assert "request_key" not in hitl
    refused = received(server, hitl)
    assert (refused.status_code, refused.json()["error"]) == (409, "not_ended")
    answer(server, hitl)
    assert ask(server, "drop-1").json()["hitl"]["case_id"] == hitl["case_id"]
    assert received(server, hitl).status_code == 204
    assert ask(server, "drop-1").json()["hitl"]["case_id"] != hitl["case_id"]
    assert received(server, hitl).status_code == 204


def test_twenty_at_once_ask_one_question(server):
    with ThreadPoolExecutor(20) as pool:
        responses = list(pool.map(lambda _: ask(server, "drop-2"), range(20)))
    assert {response.status_code for response in responses} == {202}
    assert len({response.text for response in responses}) == 1


def test_another_question_under_a_living_key_is_refused(server):
    ask(server, "drop-3")
    other = ask(server, "drop-3", prompt="Delete all databases?")
    assert (other.status_code, other.json()["error"]) == (422, "idempotency_mismatch")
    assert "request_key" in other.json()["message"]


def test_a_key_is_its_agents(server):
    mine, theirs = (ask(server, "drop-4", client).json()["hitl"] for client in (server.agent, server.service))
    assert mine["case_id"] != theirs["case_id"]
    answer(server, mine)
    assert received(server, mine, server.service).status_code == 404
    assert received(server, mine, server.anyone).status_code == 401
    assert ask(server, "drop-4").json()["hitl"]["case_id"] == mine["case_id"]


def test_a_question_without_a_key_has_nothing_to_be_noted(server):
    hitl = server.ask(CONFIRMATION, as_service=False)
    answer(server, hitl)
    assert received(server, hitl).status_code == 204


@pytest.mark.parametrize("key", ["", "x" * 256, 7, ["a"], "a\0"])
def test_a_key_is_a_short_text(server, key):
    refused = ask(server, key)
    assert refused.status_code == 422
    assert refused.json()["error"] == "invalid_request"


def test_two_kinds_of_keys_are_one_too_many(server):
    refused = ask(server, "drop-5", headers={"idempotency-key": "order-1"})
    assert refused.status_code == 422
    assert "exclude each other" in refused.json()["message"]
