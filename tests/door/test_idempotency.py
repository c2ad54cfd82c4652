"""The same key and body is the same case, however often and however parallel."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.door.bodies import CONFIRMATION, SELECTION


def create(server, body, key, client=None):
    client = client or server.service
    return client.post("/api/v1/reviews", json=body, headers={"idempotency-key": key})


def test_a_repeated_create_returns_the_same_answer(server):
    first, second = (create(server, CONFIRMATION, "order-1") for _ in range(2))
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json()


def test_twenty_parallel_creates_with_one_key_make_one_case(server):
    with ThreadPoolExecutor(20) as pool:
        responses = list(pool.map(lambda _: create(server, CONFIRMATION, "order-2"), range(20)))
    assert {response.status_code for response in responses} == {202}
    assert len({response.text for response in responses}) == 1


def test_another_body_under_the_same_key_is_refused(server):
    create(server, CONFIRMATION, "order-3")
    other = create(server, SELECTION, "order-3")
    assert (other.status_code, other.json()["error"]) == (422, "idempotency_mismatch")


def test_the_order_of_members_does_not_make_another_body(server):
    first = create(server, CONFIRMATION, "order-4")
    turned = dict(reversed(CONFIRMATION.items()))
    assert create(server, turned, "order-4").json() == first.json()


def test_a_key_belongs_to_whoever_used_it(server):
    mine = create(server, CONFIRMATION, "order-5").json()["hitl"]["case_id"]
    theirs = create(server, CONFIRMATION, "order-5", server.agent).json()["hitl"]["case_id"]
    assert mine != theirs


def test_a_key_that_is_too_long_is_refused(server):
    assert create(server, CONFIRMATION, "k" * 256).status_code == 422
