"""What agents tell their people and want no answer to."""

from __future__ import annotations

import pytest

from tests.servers import running


def tell(server, client=None, **body):
    return (client or server.agent).post("/api/v1/notices", json=body)


def test_a_notice_is_kept_for_the_people_of_its_agent(server):
    told = [tell(server, message=f"Step {number} is done.") for number in range(3)]
    told.append(tell(server, message="All done.", kind="done"))
    assert {response.status_code for response in told} == {201}
    page = server.agent.get("/api/v1/notices?limit=2").json()
    newest = page["notices"][0]
    assert newest == {**told[3].json(), "kind": "done", "message": "All done.", "agent": "agent-under-test"}
    following = server.agent.get(f"/api/v1/notices?limit=2&cursor={page['next_cursor']}").json()["notices"]
    assert [one["message"] for one in following] == ["Step 1 is done.", "Step 0 is done."]
    assert server.service.get("/api/v1/notices").json() == {"notices": [], "next_cursor": None}


def test_a_notice_says_as_whom_it_is_told(server):
    headers = {"x-mcp-agent-name": "Deployer"}
    server.agent.post("/api/v1/notices", json={"message": "Hello."}, headers=headers)
    newest = server.agent.get("/api/v1/notices?limit=1").json()["notices"][0]
    assert newest["agent"] == "Deployer (agent-under-test)"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "message"),
        ({"message": ""}, "message"),
        ({"message": " \n"}, "message"),
        ({"message": "x" * 2_001}, "message"),
        ({"message": "x", "kind": "shout"}, "kind"),
        ({"message": "x", "kind": ["info"]}, "kind"),
        ({"message": "x", "channel": "all"}, "channel"),
    ],
)
def test_what_is_no_notice_is_refused_with_its_path(server, body, path):
    refused = tell(server, **body)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["path"] == path


@pytest.mark.parametrize("cursor", ["x", "1", "notice_", "notice_-1", "notice_1e3"])
def test_a_cursor_is_the_id_of_a_notice(server, cursor):
    assert server.agent.get(f"/api/v1/notices?cursor={cursor}").status_code == 422


def test_nobody_tells_anything_without_a_key(server):
    assert tell(server, server.anyone, message="Hello.").status_code == 401
    assert server.anyone.get("/api/v1/notices").status_code == 401


def test_notices_count_as_much_as_questions(tmp_path):
    with running(tmp_path, agent_rate=2) as server:
        assert tell(server, message="One.").status_code == 201
        server.ask(as_service=False)
        refused = tell(server, message="Three.")
        assert (refused.status_code, refused.json()["error"]) == (429, "rate_limited")
