"""Receipts of a real server, verified as an agent does. HITL v0.8 §13.4."""

import base64
import json
import random

import pytest

from openhitl.agent.receipts import verify_receipt
from openhitl.errors import InvalidReceipt
from openhitl.protocol import jcs
from openhitl.protocol.receipts import SHOWN
from tests.door.bodies import ANSWERS, APPROVAL, BY_TYPE, INPUT, SELECTION, SUBMITTED
from tests.door.test_flow import respond

JWKS = "/.well-known/jwks.json"


def answered(server, body=APPROVAL, answer=None):
    hitl = server.ask(body)
    assert respond(server, hitl, answer or ANSWERS[body["type"]]).status_code == 200
    return hitl


def jwks_of(server):
    return server.anyone.get(JWKS).raise_for_status().json()


@pytest.mark.parametrize("review_type", sorted(ANSWERS))
def test_every_answer_has_a_receipt(server, review_type):
    hitl = answered(server, BY_TYPE[review_type])
    body = server.status(hitl)
    signature = body["result"]["signature"]
    assert sorted(signature) == ["algorithm", "signed_at", "signer", "value"]
    assert signature["algorithm"] == "EdDSA"
    assert signature["signed_at"] == body["completed_at"]
    assert signature["signer"].startswith(f"{server.url}{JWKS}#salt=")
    receipt = verify_receipt(body, jwks_of(server))
    assert (receipt.case_id, receipt.type) == (hitl["case_id"], review_type)
    assert receipt.action == ANSWERS[review_type]["action"]
    assert receipt.by["kind"] == "link"
    assert (receipt.surface, receipt.decided_at) == ("page", body["completed_at"])
    assert receipt.position > 1


def test_the_case_as_its_creator_sees_it_is_compared_with_what_was_shown(server):
    hitl = answered(server)
    view = server.service.get(f"/api/v1/reviews/{hitl['case_id']}").json()
    receipt = verify_receipt(view, jwks_of(server))
    assert receipt.shown_digest == jcs.digest({name: view[name] for name in SHOWN})
    assert all(check.compared for check in receipt.checks if check.claim in ("type", "shown"))
    assert view["result"]["signature"] == server.status(hitl)["result"]["signature"]
    with pytest.raises(InvalidReceipt, match="what was shown"):
        verify_receipt({**view, "prompt": "Publish the April newsletter?"}, jwks_of(server))


def test_the_signer_s_address_is_that_of_the_keys(server):
    address = server.status(answered(server))["result"]["signature"]["signer"]
    fetched = server.anyone.get(JWKS)
    assert address.partition("#")[0].endswith(fetched.request.url.path)
    assert fetched.headers["access-control-allow-origin"] == "*"
    for key in fetched.json()["keys"]:
        assert sorted(key) == ["alg", "crv", "kid", "kty", "use", "x"]
        assert (key["use"], key["kid"].startswith("receipt-")) == ("sig", True)


def test_an_answer_relayed_from_a_chat_says_who_pressed(server):
    hitl = server.ask(APPROVAL)
    headers = {"authorization": f"Bearer {hitl['submit_token']}"}
    pressed = {"action": "reject", "data": {}, **SUBMITTED}
    response = server.anyone.post(f"/reviews/{hitl['case_id']}/respond", json=pressed, headers=headers)
    assert response.status_code == 200, response.text
    receipt = verify_receipt(server.status(hitl), jwks_of(server))
    assert (receipt.by["kind"], receipt.by["id"]) == ("relayed", "slack:U1")
    assert (receipt.by["name"], receipt.surface, receipt.action) == ("Bob", "inline", "reject")


def test_what_is_sensitive_is_digested_and_not_told(server):
    hitl = answered(server, INPUT)
    body = server.status(hitl)
    assert body["result"]["data"]["door_code"] == "9876"
    receipt = body["result"]["signature"]["value"]
    payload = jcs.canonical(json.loads(base64.urlsafe_b64decode(receipt.split(".")[1] + "=="))).decode()
    assert "9876" not in payload
    assert "Harbour" not in payload
    body["result"]["data"]["door_code"] = "9877"
    with pytest.raises(InvalidReceipt, match=r"result\.data"):
        verify_receipt(body, jwks_of(server))


def test_cases_that_nobody_answered_have_no_receipt(server):
    hitl = server.ask(SELECTION)
    assert "result" not in server.status(hitl)
    server.service.post(f"/api/v1/reviews/{hitl['case_id']}/cancel")
    with pytest.raises(InvalidReceipt, match="only an answered case"):
        verify_receipt(server.status(hitl), jwks_of(server))


def test_the_next_round_changes_no_receipt(server):
    hitl = answered(server, APPROVAL, {"action": "edit", "data": {"feedback": "Shorter."}})
    before = server.status(hitl)
    server.ask({**APPROVAL, "previous_case_id": hitl["case_id"]})
    after = server.service.get(f"/api/v1/reviews/{hitl['case_id']}").json()
    assert after["next_case_id"]
    assert after["result"]["signature"] == before["result"]["signature"]
    verify_receipt(after, jwks_of(server))


def test_a_receipt_vouches_for_its_own_case_only(server):
    one, other = (server.status(answered(server)) for _ in range(2))
    one["result"]["signature"], other["result"]["signature"] = (
        other["result"]["signature"],
        one["result"]["signature"],
    )
    for body in (one, other):
        with pytest.raises(InvalidReceipt):
            verify_receipt(body, jwks_of(server))


@pytest.mark.parametrize("review_type", ["approval", "input"])
def test_a_thousand_changes_of_one_byte_are_all_found(server, review_type):
    """Changes that leave the same JSON value, of which there are none in compact JSON, would not count."""
    hitl = answered(server, BY_TYPE[review_type])
    body = server.service.get(hitl["poll_url"]).content
    jwks = jcs.canonical({"keys": [jwks_of(server)["keys"][0]]})
    verify_receipt(json.loads(body), json.loads(jwks))
    chance = random.Random(review_type)
    passed = []
    for number in range(1_000):
        original = jwks if number % 4 == 0 else body
        place = chance.randrange(len(original))
        byte = chance.choice([one for one in range(256) if one != original[place]])
        changed = original[:place] + bytes([byte]) + original[place + 1 :]
        texts = (body, changed) if original is jwks else (changed, jwks)
        if _verifies(*texts):
            passed.append((place, original[place : place + 1], changed[max(0, place - 20) : place + 20]))
    assert passed == []


def _verifies(body, jwks):
    try:
        verify_receipt(json.loads(body), json.loads(jwks))
    except (ValueError, InvalidReceipt):  # not JSON any more, or not what was signed
        return False
    return True
