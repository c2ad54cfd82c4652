"""Evidence: its form, what it is bound to, and what is told of it. HITL v0.8 §7.6."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest

from openhitl.errors import InvalidRequest
from openhitl.protocol.evidence import Bound, Proven, parse_evidence, verification_result
from openhitl.protocol.policies import Level, Verified, read_policy
from tests.protocol.test_policies import RAW

NOW = datetime(2026, 3, 26, 11, 36, tzinfo=UTC)
PIECE = {
    "proof_type": "proof_of_human",
    "provider": "passkey",
    "format": "provider_opaque",
    "presentation": {"proof": "opaque"},
    "binding": {"case_id": "review_1", "action": "approve", "challenge": "c", "more": [1]},
}


def test_evidence_is_read_as_it_was_sent():
    [piece, text] = parse_evidence([PIECE, {**PIECE, "presentation": "eyJ…", "format": "jwt", "binding": {}}])
    assert piece.binding["challenge"] == "c"
    assert (text.presentation, text.format) == ("eyJ…", "jwt")
    assert parse_evidence([]) == ()


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"proof_type": None}, "[0].proof_type"),
        ({"proof_type": "proof_of_dog"}, "[0].proof_type"),
        ({"provider": ""}, "[0].provider"),
        ({"format": "pdf"}, "[0].format"),
        ({"presentation": None}, "[0].presentation"),
        ({"presentation": ["a"]}, "[0].presentation"),
        ({"presentation": "x" * 32_767}, "[0].presentation"),
        ({"binding": None}, "[0].binding"),
        ({"binding": {"challenge": 5}}, "[0].binding.challenge"),
        ({"binding": {"case_id": "x" * 201}}, "[0].binding.case_id"),
        ({"verified": True}, "[0].verified"),
    ],
)
def test_what_is_no_evidence_is_refused_at_its_place(changes, path):
    with pytest.raises(InvalidRequest) as refused:
        parse_evidence([{**PIECE, **changes}])
    assert [error["path"] for error in refused.value.details["errors"]] == [f"verification_evidence{path}"]


@pytest.mark.parametrize("given", [None, {}, "proof", [PIECE] * 11, [3]])
def test_what_is_no_list_of_evidence_is_refused(given):
    with pytest.raises(InvalidRequest):
        parse_evidence(given)


def test_evidence_is_bound_to_case_action_data_what_was_shown_and_a_nonce():
    fields = {
        "case_id": "review_1",
        "action": "approve",
        "data_digest": "data",
        "shown_digest": "shown",
        "nonce": "once",
    }
    spelt = (
        b'{"action":"approve","case_id":"review_1","data_digest":"data",'
        b'"nonce":"once","shown_digest":"shown"}'
    )
    assert Bound(**fields, issued_at=NOW).digest == hashlib.sha256(spelt).digest()
    others = {Bound(**{**fields, name: "other"}, issued_at=NOW).digest for name in fields}
    assert len(others) == len(fields)


def test_a_result_is_the_same_for_every_provider():
    """HITL v0.8 §7.6 "Submission Context And Verification Result"."""
    verified = Verified(
        proof_type="proof_of_human", provider="passkey", format="provider_opaque", level=Level.HIGH
    )
    proven = Proven(verified=verified, once=b"nonce")
    assert verification_result(read_policy(RAW), [proven], now=NOW) == {
        "satisfied": True,
        "verified_evidence": [
            {
                "proof_type": "proof_of_human",
                "provider": "passkey",
                "assurance_level": "high",
                "bound_to_case": True,
                "bound_to_action": True,
                "fresh": True,
                "single_use_enforced": True,
                "verified_at": "2026-03-26T11:36:00Z",
            }
        ],
        "missing_requirements": [],
    }
    assert verification_result(read_policy(RAW), [], now=NOW)["satisfied"] is False
