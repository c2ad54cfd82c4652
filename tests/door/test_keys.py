"""How a key is sent, and what it says of cases that are somebody else's. HITL v0.8 §7 "Token Model"."""

from __future__ import annotations

import pytest

from openhitl.protocol.tokens import Purpose, token_from_bytes
from tests.door.bodies import CONFIRMATION

UNKNOWN = token_from_bytes(Purpose.SERVICE, b"\7" * 32)


def test_a_case_that_does_not_exist_and_one_of_somebody_else_look_alike(server):
    foreign, nothing = server.ask(CONFIRMATION)["case_id"], "review_0000000000000000000000000z"
    for method, pattern in (
        ("GET", "/api/v1/reviews/{}"),
        ("POST", "/api/v1/reviews/{}/cancel"),
        ("GET", "/api/reviews/{}/status"),
        ("GET", "/api/reviews/{}/events"),
    ):
        answers = [server.agent.request(method, pattern.format(case_id)) for case_id in (foreign, nothing)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content


@pytest.mark.parametrize("scheme", ["Basic", "Token", "bearer", "BEARER"])
def test_only_the_scheme_bearer_carries_a_key_however_it_is_spelled(server, scheme):
    headers = {"authorization": f"{scheme} {server.service_key}"}
    hitl = server.ask(CONFIRMATION)
    wanted = 200 if scheme.lower() == "bearer" else 401
    for path in ("/api/v1/reviews", hitl["poll_url"]):
        assert server.anyone.get(path, headers=headers).status_code == wanted


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("is_known", [True, False])
def test_of_two_keys_the_bearer_counts_on_every_route(server, is_known, swapped):
    bearer, other = (server.service_key, UNKNOWN) if is_known else (UNKNOWN, server.service_key)
    headers = [("authorization", f"Bearer {bearer}"), ("x-api-key", other)]
    if swapped:
        headers.reverse()
    case_id = server.ask(CONFIRMATION)["case_id"]
    addresses = [f"/api/v1/reviews/{case_id}", f"/api/reviews/{case_id}/status"]
    codes = [server.anyone.get(address, headers=headers).status_code for address in addresses]
    assert codes == ([200, 200] if is_known else [401, 401])
