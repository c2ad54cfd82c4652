"""Polls: ETag, 304, rate limit, credentials. HITL v0.8 §8, §13.5."""

from __future__ import annotations

from tests.door.bodies import CONFIRMATION, SELECTION
from tests.door.test_flow import respond
from tests.servers import running, token_of


def test_an_unchanged_case_is_304_with_nothing_in_it(server):
    hitl = server.ask()
    first = server.service.get(hitl["poll_url"])
    for given in (first.headers["etag"], f'"x", {first.headers["etag"]}', f"W/{first.headers['etag']}", "*"):
        again = server.service.get(hitl["poll_url"], headers={"if-none-match": given})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
    other = server.service.get(hitl["poll_url"], headers={"if-none-match": '"v9-completed"'})
    assert other.status_code == 200


def test_polls_say_when_to_come_back_and_how_many_are_left(server):
    response = server.service.get(server.ask()["poll_url"])
    assert response.headers["retry-after"] == "30"
    assert response.headers["x-ratelimit-limit"] == "60"
    assert response.headers["x-ratelimit-remaining"] == "59"
    assert 1 <= int(response.headers["x-ratelimit-reset"]) <= 60


def test_the_sixty_first_poll_of_a_minute_is_429(tmp_path):
    with running(tmp_path, poll_rate=60) as server:
        hitl, other = server.ask(), server.ask()
        codes = [server.service.get(hitl["poll_url"]).status_code for _ in range(122)]
        # The minute may turn while we count: in any case one of two full minutes is exhausted.
        assert 429 in codes
        assert codes.index(429) >= 60
        refused = next(
            response
            for _ in range(62)
            if (response := server.service.get(hitl["poll_url"])).status_code == 429
        )
        assert refused.json()["error"] == "rate_limited"
        assert refused.headers["retry-after"] == "30"
        assert refused.headers["x-ratelimit-remaining"] == "0"
        assert server.service.get(other["poll_url"]).status_code == 200


def test_a_poll_takes_only_its_creators_credential(server):
    hitl = server.ask(CONFIRMATION)
    review, submit = token_of(hitl["review_url"]), hitl["submit_token"]
    assert server.anyone.get(hitl["poll_url"]).status_code == 401
    assert server.agent.get(hitl["poll_url"]).status_code == 404
    for token in (review, submit):
        assert server.anyone.get(hitl["poll_url"], headers={"x-api-key": token}).status_code == 401
        assert server.anyone.get(hitl["poll_url"], params={"token": token}).status_code == 401
    assert server.anyone.get(hitl["poll_url"], headers={"x-api-key": server.service_key}).status_code == 200


def test_a_poll_is_read_only(server):
    hitl = server.ask(SELECTION)
    assert server.service.post(hitl["poll_url"]).status_code == 405
    head = server.service.head(hitl["poll_url"])
    assert (head.status_code, head.content) == (200, b"")


def test_a_listing_shows_ones_own_cases_newest_first_a_page_at_a_time(server):
    asked = [server.ask(SELECTION, as_service=False)["case_id"] for _ in range(5)]
    seen, cursor = [], None
    while True:
        query = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = server.agent.get("/api/v1/reviews", params=query).json()
        seen += [review["case_id"] for review in page["reviews"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen[:5] == asked[::-1]
    assert len(seen) == len(set(seen))


def test_a_listing_is_filtered(server):
    hitl = server.ask(SELECTION, as_service=False)
    respond(server, hitl, {"action": "select", "data": {"selected": ["a"]}})
    completed = server.agent.get(
        "/api/v1/reviews", params={"status": "completed", "type": "selection"}
    ).json()
    assert hitl["case_id"] in [review["case_id"] for review in completed["reviews"]]
    assert {review["status"] for review in completed["reviews"]} == {"completed"}
    since = {"since": completed["reviews"][0]["created_at"]}
    assert server.agent.get("/api/v1/reviews", params=since).json()["reviews"]


def test_a_case_shows_its_whole_content_to_its_creator(server):
    hitl = server.ask({**SELECTION, "metadata": {"order": 7}})
    body = server.service.get(f"/api/v1/reviews/{hitl['case_id']}").json()
    assert body["context"] == SELECTION["context"]
    assert body["metadata"] == {"order": 7}
    assert body["prompt"] == SELECTION["prompt"]
    assert body["status"] == "pending"


def test_the_discovery_document_claims_only_what_works(server):
    response = server.anyone.get("/.well-known/hitl.json")
    capabilities = response.json()["hitl_protocol"]["capabilities"]
    assert capabilities["transports"] == ["polling", "sse", "callback"]
    assert capabilities["supports_inline_submit"] is True
    assert capabilities["supports_signatures"] is True
