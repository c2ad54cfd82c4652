"""From the question to the answer, over real sockets, on both databases."""

from __future__ import annotations

import re

import pytest

from tests.door.bodies import ANSWERS, APPROVAL, BY_TYPE, CONFIRMATION, INPUT, SELECTION, SUBMITTED
from tests.servers import token_of

TOKEN = re.compile(r"[A-Za-z0-9_-]{43,51}\Z")


def respond(server, hitl, answer, **kwargs):
    path = f"/reviews/{hitl['case_id']}/respond"
    return server.anyone.post(path, params={"token": token_of(hitl["review_url"])}, json=answer, **kwargs)


@pytest.mark.parametrize("review_type", sorted(ANSWERS))
def test_every_type_is_asked_answered_and_polled(server, review_type):
    """HITL v0.8 §6, §8, §10."""
    hitl = server.ask(BY_TYPE[review_type])
    assert hitl["spec_version"] == "0.8"
    assert server.status(hitl)["status"] == "pending"
    answered = respond(server, hitl, ANSWERS[review_type])
    assert answered.status_code == 200, answered.text
    assert answered.json()["status"] == "completed"
    polled = server.status(hitl)
    assert polled["status"] == "completed"
    assert polled["result"]["action"] == ANSWERS[review_type]["action"]
    for key, value in ANSWERS[review_type]["data"].items():
        assert polled["result"]["data"][key] == value
    assert polled["completed_at"] == answered.json()["completed_at"]


def test_a_custom_type_is_answered_like_an_input(server):
    """HITL v0.8 §10 "Custom Types"."""
    hitl = server.ask(BY_TYPE["x-shop-comparison"])
    assert respond(server, hitl, {"action": "submit", "data": {"answer": "The left one"}}).status_code == 200
    assert server.status(hitl)["result"]["action"] == "submit"


def test_the_accepted_body_has_what_the_specification_wants(server):
    """HITL v0.8 §6."""
    response = server.service.post("/api/v1/reviews", json={**CONFIRMATION, "message": "Please look."})
    assert response.status_code == 202
    assert response.headers["retry-after"] == "30"
    body = response.json()
    assert body["status"] == "human_input_required"
    assert body["message"] == "Please look."
    hitl = body["hitl"]
    assert hitl["prompt"] == CONFIRMATION["prompt"]
    assert hitl["context"] == CONFIRMATION["context"]
    assert hitl["timeout"] == "24h"
    assert hitl["default_action"] == "skip"
    assert hitl["created_at"] < hitl["expires_at"]
    assert TOKEN.match(token_of(hitl["review_url"]))
    assert TOKEN.match(hitl["submit_token"])
    assert hitl["submit_token"] != token_of(hitl["review_url"])
    assert "token=" not in hitl["poll_url"]


def test_an_agent_is_never_given_a_submit_token(server):
    hitl = server.ask(CONFIRMATION, as_service=False)
    assert "submit_token" not in hitl
    assert "submit_url" not in hitl
    refused = server.agent.post("/api/v1/reviews", json={**CONFIRMATION, "inline_actions": ["confirm"]})
    assert (refused.status_code, refused.json()["error"]) == (403, "policy_refused")


def test_an_inline_submit_answers_a_case_that_nobody_opened(server):
    """HITL v0.8 §7.5, §8: straight from pending to completed."""
    hitl = server.ask(CONFIRMATION)
    response = server.anyone.post(
        hitl["submit_url"],
        headers={"authorization": f"Bearer {hitl['submit_token']}"},
        json={"action": "confirm", "data": {}, **SUBMITTED},
    )
    assert response.status_code == 200, response.text
    polled = server.status(hitl)
    assert polled["submission_context"]["mode"] == "inline_submit"
    assert polled["submission_context"]["submitted_by"]["platform_user_id"] == "U1"
    assert polled["responded_by"]["name"] == "Bob"


def test_only_listed_actions_are_taken_inline(server):
    """HITL v0.8 §7.5 "Responses"."""
    hitl = server.ask({**CONFIRMATION, "inline_actions": ["cancel"]})
    response = server.anyone.post(
        hitl["submit_url"],
        headers={"authorization": f"Bearer {hitl['submit_token']}"},
        json={"action": "confirm", "data": {}, **SUBMITTED},
    )
    assert response.status_code == 403
    assert response.json()["error"] == "action_not_inline"
    assert response.json()["case_id"] == hitl["case_id"]
    assert response.json()["review_url"] == hitl["review_url"]
    assert server.status(hitl)["status"] == "pending"


def test_an_inline_submit_says_who_pressed_the_button(server):
    """HITL v0.8 §7.5: submitted_via and submitted_by are REQUIRED."""
    hitl = server.ask(CONFIRMATION)
    headers = {"authorization": f"Bearer {hitl['submit_token']}"}
    for missing in ("submitted_via", "submitted_by"):
        given = {name: value for name, value in SUBMITTED.items() if name != missing}
        response = server.anyone.post(
            hitl["submit_url"], headers=headers, json={"action": "confirm", **given}
        )
        assert response.status_code == 422, response.text
    assert server.status(hitl)["status"] == "pending"


def test_opening_is_told_by_the_page_and_changes_the_etag(server):
    hitl = server.ask(SELECTION)
    first = server.service.get(hitl["poll_url"])
    assert first.headers["etag"] == '"v1-pending"'
    token = {"token": token_of(hitl["review_url"])}
    assert server.anyone.post(f"/reviews/{hitl['case_id']}/opened", params=token).status_code == 204
    second = server.service.get(hitl["poll_url"], headers={"if-none-match": first.headers["etag"]})
    assert second.status_code == 200
    assert second.headers["etag"] == '"v2-opened"'
    assert "opened_at" in second.json()


def test_a_case_answered_before_is_not_answered_again(server):
    """HITL v0.8 §13.2."""
    hitl = server.ask(SELECTION)
    assert respond(server, hitl, ANSWERS["selection"]).status_code == 200
    again = respond(server, hitl, {"action": "select", "data": {"selected": ["b"]}})
    assert again.status_code == 409
    body = again.json()
    assert body["error"] == "duplicate_submission"
    assert body["status"] == "completed"
    polled = server.status(hitl)
    assert polled["result"]["data"]["selected"] == ["a", "c"]
    # Contract "Protocol door": a 409 says who decided when.
    assert body["completed_at"] == polled["completed_at"]
    assert body["submission_context"] == polled["submission_context"]
    assert "result" not in body


def test_a_refusal_names_who_was_first(server):
    hitl = server.ask(CONFIRMATION)
    headers = {"authorization": f"Bearer {hitl['submit_token']}"}
    first = server.anyone.post(hitl["submit_url"], headers=headers, json={"action": "confirm", **SUBMITTED})
    assert first.status_code == 200, first.text
    late = respond(server, hitl, {"action": "confirm"})
    withdrawn = server.service.post(f"/api/v1/reviews/{hitl['case_id']}/cancel")
    polled = server.status(hitl)
    for refused in (late, withdrawn):
        assert refused.status_code == 409
        assert refused.json()["responded_by"] == polled["responded_by"] == {"name": "Bob"}
        assert refused.json()["submission_context"] == polled["submission_context"]


def test_the_same_submission_sent_twice_is_confirmed_twice(server):
    hitl = server.ask(SELECTION)
    answer = {**ANSWERS["selection"], "submission_id": "tap-1"}
    first, second = respond(server, hitl, answer), respond(server, hitl, answer)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    other = respond(server, hitl, {**answer, "submission_id": "tap-2"})
    assert other.status_code == 409


def test_a_cancelled_case_takes_no_answer(server):
    hitl = server.ask(SELECTION)
    cancelled = server.service.post(
        f"/api/v1/reviews/{hitl['case_id']}/cancel", json={"reason": "Not needed"}
    )
    assert cancelled.status_code == 200
    assert server.status(hitl)["reason"] == "Not needed"
    late = respond(server, hitl, ANSWERS["selection"])
    assert (late.status_code, late.json()["error"]) == (409, "case_cancelled")
    again = server.service.post(f"/api/v1/reviews/{hitl['case_id']}/cancel")
    assert (again.status_code, again.json()["error"]) == (409, "case_cancelled")


def test_the_human_can_cancel(server):
    """HITL v0.8 §8 "Status: Cancelled"."""
    hitl = server.ask(SELECTION)
    token = {"token": token_of(hitl["review_url"])}
    path = f"/reviews/{hitl['case_id']}/cancel"
    response = server.anyone.post(path, params=token, json={"reason": "Ask Alice"})
    assert response.status_code == 200
    assert server.status(hitl)["status"] == "cancelled"
    assert server.status(hitl)["reason"] == "Ask Alice"


def test_a_cancel_of_an_answered_case_is_refused(server):
    hitl = server.ask(SELECTION)
    respond(server, hitl, ANSWERS["selection"])
    refused = server.service.post(f"/api/v1/reviews/{hitl['case_id']}/cancel", json={})
    assert (refused.status_code, refused.json()["error"]) == (409, "case_completed")


def test_sensitive_values_reach_the_agent_by_poll_and_nobody_by_event(server):
    """HITL v0.8 §10.3.1 "sensitive"."""
    hitl = server.ask(BY_TYPE["input"])
    respond(server, hitl, ANSWERS["input"])
    assert server.status(hitl)["result"]["data"]["door_code"] == "9876"
    with server.service.stream("GET", hitl["events_url"]) as stream:
        text = "".join(stream.iter_text())
    assert "review.completed" in text
    assert "9876" not in text


def test_a_follow_up_links_both_ways(server):
    """HITL v0.8 §10.1, §15.3."""
    first = server.ask(BY_TYPE["approval"])
    respond(server, first, {"action": "edit", "data": {"feedback": "Warmer, please."}})
    second = server.ask({**BY_TYPE["approval"], "previous_case_id": first["case_id"]})
    assert second["previous_case_id"] == first["case_id"]
    assert server.status(first)["next_case_id"] == second["case_id"]
    assert server.status(first)["result"]["action"] == "edit"


def test_a_follow_up_of_a_foreign_case_is_refused(server):
    first = server.ask(BY_TYPE["approval"])
    foreign = {**BY_TYPE["approval"], "previous_case_id": first["case_id"]}
    response = server.agent.post("/api/v1/reviews", json=foreign)
    assert response.status_code == 422


def test_an_agent_may_say_its_name_but_not_hide_whose_key_it_uses(server):
    headers = {"x-mcp-agent-name": "Deploy%20bot%20%C3%BC"}
    response = server.agent.post("/api/v1/reviews", json=CONFIRMATION, headers=headers)
    case_id = response.json()["hitl"]["case_id"]
    shown = server.agent.get(f"/api/v1/reviews/{case_id}").json()
    assert shown["agent"] == "Deploy bot ü (agent-under-test)"
    plain = server.ask(CONFIRMATION, as_service=False)
    assert server.agent.get(f"/api/v1/reviews/{plain['case_id']}").json()["agent"] == "agent-under-test"


@pytest.mark.parametrize("what", ["respond", "cancel"])
def test_a_form_that_comes_too_late_says_so_and_gives_back_what_was_typed(server, what):
    """Contract "Protocol door": every other submit to a final case is 409, the form's too."""
    hitl = server.ask(APPROVAL)
    assert respond(server, hitl, {"action": "approve"}).status_code == 200
    token = token_of(hitl["review_url"])
    typed = {"action": "reject", "feedback": "Wait for Bob.", "reason": "Not mine."}
    late = server.anyone.post(f"/reviews/{hitl['case_id']}/{what}", params={"token": token}, data=typed)
    assert (late.status_code, late.headers["content-type"]) == (409, "text/html; charset=utf-8")
    assert "This was not sent" in late.text
    assert "Wait for Bob." in late.text
    assert "Not mine." in late.text
    assert server.status(hitl)["result"]["action"] == "approve"


def test_a_step_of_a_form_that_comes_too_late_gives_back_all_but_secrets(server):
    hitl = server.ask(INPUT)
    assert respond(server, hitl, ANSWERS["input"]).status_code == 200
    typed = {"f.street": "typed for nothing", "f.door_code": "hunter2"}
    token = token_of(hitl["review_url"])
    late = server.anyone.post(f"/reviews/{hitl['case_id']}/draft", params={"token": token}, data=typed)
    assert late.status_code == 409
    assert "typed for nothing" in late.text
    assert "hunter2" not in late.text
