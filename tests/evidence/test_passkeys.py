"""Answers proven with passkeys, over HTTP. HITL v0.8 §7.6."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from openhitl import SyncHITL, verify_receipt
from openhitl.agent import OpenCase
from openhitl.errors import InvalidReceipt
from openhitl.server.passkey_admin import list_passkeys
from tests.evidence.policies import challenged, evidence, policy, proven, registered, respond
from tests.servers import APPROVAL, RunningServer, running, token_of

APPROVE = {"action": "approve"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running(tmp_path_factory.mktemp("passkeys")) as running_server:
        yield running_server


def test_an_answer_with_a_passkey_is_taken_and_told(server: RunningServer) -> None:
    device = registered(server, "Alice")
    hitl = server.ask({**APPROVAL, "verification_policy": policy()})
    assert hitl["verification_policy"]["binding"]["challenge"]
    refused = respond(server, hitl, APPROVE)
    assert (refused.status_code, refused.json()["error"]) == (403, "verification_required")
    taken = respond(server, hitl, proven(server, hitl, APPROVE, device))
    assert taken.status_code == 200, taken.text
    told = server.status(hitl)
    result = told["submission_context"]["verification_result"]
    assert result["satisfied"]
    assert result["missing_requirements"] == []
    assert told["responded_by"] == {"name": "Alice"}


def test_the_receipt_vouches_for_what_was_verified(server: RunningServer) -> None:
    """HITL v0.8 §13.4, §7.6: the result, who it was, and how sure the server is of it."""
    device = registered(server, "Alice")
    hitl = server.ask({**APPROVAL, "verification_policy": policy()})
    respond(server, hitl, proven(server, hitl, APPROVE, device))
    jwks = server.anyone.get("/.well-known/jwks.json").json()
    poll = server.status(hitl)
    view = server.service.get(f"/api/v1/reviews/{hitl['case_id']}").json()
    for body in (poll, view):
        receipt = verify_receipt(body, jwks)
        assert (receipt.by["assurance"], receipt.by["name"]) == ("passkey", "Alice")
    poll["submission_context"]["verification_result"]["verified_evidence"][0]["assurance_level"] = "low"
    with pytest.raises(InvalidReceipt, match="submission_context"):
        verify_receipt(poll, jwks)


def test_an_agent_asks_for_evidence_in_python(server: RunningServer) -> None:
    device = registered(server, "Alice")

    def answer(case: OpenCase) -> None:
        hitl = {"case_id": case.case_id, "review_url": case.review_url}
        assert case.hitl.verification_policy["mode"] == "required"
        assert respond(server, hitl, proven(server, hitl, APPROVE, device)).status_code == 200

    with SyncHITL(server.url, api_key=server.agent_key, announce=answer) as hitl:
        decision = hitl.approve("Deploy?", verification_policy=policy())
    assert decision.approved
    assert decision.poll["submission_context"]["verification_result"]["satisfied"]


def test_a_passkey_is_noted_when_it_was_used(server: RunningServer) -> None:
    device = registered(server, "Carol", counts=True)
    hitl = server.ask({**APPROVAL, "verification_policy": policy()})
    respond(server, hitl, proven(server, hitl, APPROVE, device))
    [passkey] = [one for one in list_passkeys(server.settings) if one.name == "Carol"]
    assert passkey.sign_count == 1
    assert passkey.last_used_at is not None


def test_forms_of_pages_carry_evidence_too(server: RunningServer) -> None:
    """What the page's script posts, and what it posts when something is wrong with it."""
    device = registered(server)
    hitl = server.ask({**APPROVAL, "verification_policy": policy()})
    where = {"url": f"/reviews/{hitl['case_id']}/respond", "params": {"token": token_of(hitl["review_url"])}}
    asked = server.anyone.post(
        f"/reviews/{hitl['case_id']}/challenge",
        params={"token": token_of(hitl["review_url"])},
        data={"action": "edit", "feedback": "Use the canary."},
    ).json()
    pieces = [evidence(device.sign(asked["passkey"]), asked["challenge"])]
    answer = {"action": "edit", "feedback": "Use the canary."}
    wrong = [json.dumps([evidence(value, "x")]) for value in ({}, "\ud800", {"a": [[[[{}]]]] * 2})]
    deep, half = "[" * 50_000, wrong.pop(1)
    for given, code in (
        ("{", 422),
        ("[3]", 422),
        (deep, 422),
        (half, 422),
        ("", 403),
        *((w, 403) for w in wrong),
    ):
        page = server.anyone.post(**where, data={**answer, "verification_evidence": given})
        assert page.status_code == code
        assert "Use the canary." in page.text, "nothing that was typed is lost"
    sent = server.anyone.post(**where, data={**answer, "verification_evidence": json.dumps(pieces)})
    assert sent.status_code == 303
    assert server.status(hitl)["result"]["data"] == {"feedback": "Use the canary."}


def test_who_comes_too_late_is_given_back_what_was_typed_and_no_proof(server: RunningServer) -> None:
    """The page says what was not sent, in words; evidence and the page's own fields are no words."""
    device = registered(server)
    hitl = server.ask({**APPROVAL, "verification_policy": policy()})
    answer = {"action": "edit", "feedback": "Use the canary."}
    asked = challenged(server, hitl, {"action": "edit", "data": {"feedback": "Use the canary."}})
    pieces = [evidence(device.sign(asked["passkey"]), asked["challenge"])]
    post = {**answer, "with_passkey": "1", "verification_evidence": json.dumps(pieces)}
    where = {"url": f"/reviews/{hitl['case_id']}/respond", "params": {"token": token_of(hitl["review_url"])}}
    assert server.anyone.post(**where, data=post).status_code == 303
    late = server.anyone.post(**where, data={**post, "feedback": "Rather not."})
    assert late.status_code == 409
    assert "Rather not." in late.text
    assert pieces[0]["presentation"]["response"]["signature"] not in late.text
    for own in ("proof_of_human", "Verification evidence", "With passkey"):
        assert own not in late.text
