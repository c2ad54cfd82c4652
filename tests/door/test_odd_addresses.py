"""Addresses with characters that no database can keep: nothing is found, and nothing fails."""

from __future__ import annotations

import pytest

from tests.door.bodies import APPROVAL

ODD = ("%00", "a%00b", "%ff", "%ed%a0%80", "%F0%9F%98%80", "%27%3B--", "%25", "x" * 5_000)


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd[:12])
def test_an_odd_case_id_is_not_found(server, odd):
    token = "hitlr_" + "x" * 43
    for method, path in (
        ("GET", f"/api/v1/reviews/{odd}"),
        ("POST", f"/api/v1/reviews/{odd}/cancel"),
        ("GET", f"/api/reviews/{odd}/status"),
        ("GET", f"/api/reviews/{odd}/events"),
        ("GET", f"/review/{odd}?token={token}"),
        ("GET", f"/review/{odd}/prefill/x?token={token}"),
        ("POST", f"/reviews/{odd}/opened?token={token}"),
    ):
        assert server.service.request(method, path).status_code == 404, (method, path[:60])


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd[:12])
def test_an_odd_filter_finds_nothing_or_is_refused(server, odd):
    server.ask(APPROVAL)
    for query in (f"cursor={odd}", f"type=x-{odd}", f"since={odd}", f"status={odd}", f"limit={odd}"):
        response = server.service.get(f"/api/v1/reviews?{query}")
        assert response.status_code in (200, 422), (query[:60], response.text)


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd[:12])
def test_an_odd_idempotency_key_or_name_is_taken_or_refused(server, odd):
    for name in ("x-mcp-agent-name", "idempotency-key"):
        response = server.service.post("/api/v1/reviews", json=APPROVAL, headers={name: odd})
        assert response.status_code in (202, 422), (name, response.text)


def test_a_previous_case_of_an_odd_name_is_refused(server):
    for odd in ("\x00", "review_\x00", "review_" + "x" * 5_000, "😀"):
        response = server.service.post("/api/v1/reviews", json={**APPROVAL, "previous_case_id": odd})
        assert response.status_code == 422


@pytest.mark.parametrize("path", ["/", "/reviews", "/favicon.ico"])
def test_a_person_at_an_address_that_leads_nowhere_sees_a_page(server, path):
    page = server.anyone.get(path, headers={"accept": "text/html,*/*;q=0.8"})
    assert page.status_code == 404
    assert "There is no such page" in page.text
    assert server.anyone.get(path).json()["error"] == "not_found"
    told = server.anyone.get("/api/v1/nothing", headers={"accept": "text/html"})
    assert told.json()["error"] == "not_found"
