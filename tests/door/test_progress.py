"""How far a human is in a wizard, as the agent sees it. HITL v0.8 §10.3.4, §8.5."""

from __future__ import annotations

from typing import Any

from tests.door.test_events import follow
from tests.door.test_flow import respond
from tests.servers import RunningServer

WIZARD: dict[str, Any] = {
    "type": "input",
    "prompt": "Who are you?",
    "context": {
        "form": {
            "steps": [
                {
                    "title": "Person",
                    "fields": [
                        {"key": "name", "label": "Name", "type": "text", "required": True},
                        {"key": "tax_id", "label": "Tax number", "type": "text", "sensitive": True},
                    ],
                },
                {
                    "title": "Work",
                    "fields": [
                        {"key": "kind", "label": "Kind", "type": "text", "required": True},
                        {
                            "key": "rate",
                            "label": "Rate",
                            "type": "number",
                            "conditional": {"field": "kind", "operator": "eq", "value": "contract"},
                        },
                    ],
                },
                {"title": "Check", "fields": []},
            ]
        }
    },
}
PERSON = {"step": "1", "f.name": "Bob", "f.tax_id": "DE 42"}
WORK = {"step": "2", "f.kind": "contract", "f.rate": "95"}


def token_of(hitl: dict[str, Any]) -> str:
    return str(hitl["review_url"].partition("token=")[2])


def post(server: RunningServer, hitl: dict[str, Any], **typed: str) -> int:
    """Press a button of a step, as a browser without script does; its cookies are kept."""
    address, query = f"/reviews/{hitl['case_id']}/draft", {"token": token_of(hitl)}
    sent = server.anyone.post(address, params=query, data=typed, follow_redirects=False)
    return sent.status_code


def progress(server: RunningServer, hitl: dict[str, Any]) -> tuple[int, ...]:
    body = server.status(hitl)
    assert body["status"] == "in_progress"
    assert list(body["progress"]) == ["current_step", "total_steps", "completed_fields", "total_fields"]
    return tuple(body["progress"].values())


def test_the_current_step_is_the_one_on_the_screen(server):
    hitl = server.ask(WIZARD)
    assert post(server, hitl, **PERSON, go="2") == 303
    assert progress(server, hitl) == (2, 3, 2, 3)
    assert post(server, hitl, **WORK, go="back") == 303
    assert progress(server, hitl) == (1, 3, 4, 4)
    assert post(server, hitl, **PERSON, go="2") == 303
    assert post(server, hitl, **WORK, go="check") == 303
    assert progress(server, hitl) == (3, 3, 4, 4)
    etag = server.service.get(hitl["poll_url"]).headers["etag"]
    assert etag.endswith('-in_progress"')
    respond(server, hitl, {"action": "submit", "data": {"name": "Bob", "kind": "fulltime"}})
    assert "progress" not in server.status(hitl)


def test_a_step_with_mistakes_moves_nobody_on(server):
    hitl = server.ask(WIZARD)
    assert post(server, hitl, **PERSON, go="2") == 303
    assert post(server, hitl, step="2", go="check", **{"f.kind": ""}) == 422
    assert progress(server, hitl) == (2, 3, 2, 3)


def test_a_wizard_is_gone_on_with_where_it_was_left(server):
    """On another device, with a link that names no step."""
    hitl = server.ask(WIZARD)
    post(server, hitl, **PERSON, go="2")
    assert "Step 2 of 3" in server.agent.get(hitl["review_url"]).text
    post(server, hitl, **WORK, go="check")
    assert "Step 3 of 3" in server.agent.get(hitl["review_url"]).text


def test_a_secret_counts_as_filled_in_and_is_told_to_nobody(server):
    """HITL v0.8 §10.3.1 "sensitive"."""
    hitl = server.ask(WIZARD)
    with follow(server, hitl) as reader:
        reader.next()
        post(server, hitl, **PERSON, go="2")
        _, data, _ = reader.next()
        assert data["progress"]["completed_fields"] == 2
        assert "DE 42" not in str(data)
    post(server, hitl, step="2", go="back", **{"f.kind": "fulltime"})
    post(server, hitl, step="1", go="2", forget="tax_id", **{"f.name": "Bob"})
    assert progress(server, hitl) == (2, 3, 2, 3)


def test_whoever_resumes_is_told_how_far_the_human_is_now(server):
    hitl = server.ask(WIZARD)
    post(server, hitl, **PERSON, go="2")
    post(server, hitl, **WORK, go="check")
    with follow(server, hitl, last_event_id="1") as reader:
        told = [reader.next() for _ in range(2)]
    assert [(kind, number) for kind, _, number in told] == [
        ("review.in_progress", "2"),
        ("review.in_progress", None),
    ]
    assert [data["progress"]["current_step"] for _, data, _ in told] == [2, 3]
