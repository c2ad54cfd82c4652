"""What a callback says and how it is signed. HITL v0.8 §9; Standard Webhooks 1.0."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta

import pytest

from openhitl.errors import InvalidSignature
from openhitl.protocol.callbacks import (
    TOLERANCE_SECONDS,
    callback_body,
    callback_id,
    secret_from_bytes,
    signed_headers,
    verify_callback,
)
from openhitl.protocol.commands import Cancel, Submit, Tick
from openhitl.protocol.lifecycle import decide
from tests.protocol.values import AGENT, CASE_ID, HUMAN, NOW, answer, case

OLD, NEW = secret_from_bytes(bytes(32)), secret_from_bytes(bytes(range(32)))
BODY = b'{"event":"review.completed"}'
ENDED = [
    (Submit(case_id=CASE_ID, answer=answer("approve")), HUMAN, NOW),
    (Cancel(CASE_ID, "why"), AGENT, NOW),
    (Tick(CASE_ID), AGENT, NOW + timedelta(days=1)),
]


def ended(command, actor, now):
    [event] = decide(case(), command, actor, now=now).events
    return event


def test_the_body_is_the_event_and_its_data():
    """HITL v0.8 §9 "Service Callback"."""
    bodies = [json.loads(callback_body(ended(*one))) for one in ENDED]
    assert bodies == [
        {
            "event": "review.completed",
            "case_id": CASE_ID,
            "completed_at": "2026-02-20T10:00:00Z",
            "result": {"action": "approve", "data": {}},
        },
        {
            "event": "review.cancelled",
            "case_id": CASE_ID,
            "cancelled_at": "2026-02-20T10:00:00Z",
            "reason": "why",
        },
        {
            "event": "review.expired",
            "case_id": CASE_ID,
            "expired_at": "2026-02-21T10:00:00Z",
            "default_action": "skip",
        },
    ]


def test_what_is_sensitive_is_only_in_the_poll_body():
    given = answer("submit", {"name": "a", "pin": "1234"}, sensitive=frozenset({"pin"}))
    event = ended(Submit(case_id=CASE_ID, answer=given), HUMAN, NOW)
    assert b"1234" not in callback_body(event)
    assert b"name" in callback_body(event)


def test_a_callback_has_one_id_however_often_it_is_sent():
    event = ended(*ENDED[0])
    assert callback_id(event) == callback_id(ended(*ENDED[0])) == f"msg_{CASE_ID}_2"


def test_both_signatures_are_those_that_receivers_compute():
    """Seed code of receivers: HMAC over the body with the secret as text; Standard Webhooks, decoded."""
    headers = signed_headers(BODY, "msg_1", NOW, [NEW])
    expected = hmac.new(NEW.encode(), BODY, hashlib.sha256).hexdigest()
    assert headers["x-hitl-signature"] == f"sha256={expected}"
    seconds = str(int(NOW.timestamp()))
    signed = f"msg_1.{seconds}.".encode() + BODY
    digest = hmac.new(base64.b64decode(NEW.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("msg_1", seconds)


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_while_two_secrets_are_good_either_verifies(secret):
    verify_callback(signed_headers(BODY, "msg_1", NOW, [OLD, NEW]), BODY, secret, now=NOW)


def test_a_receiver_that_knows_the_old_secret_alone_verifies_the_plain_signature():
    headers = {"x-hitl-signature": signed_headers(BODY, "msg_1", NOW, [OLD, NEW])["x-hitl-signature"]}
    verify_callback(headers, BODY, OLD, now=NOW + timedelta(days=1))
    with pytest.raises(InvalidSignature):
        verify_callback(headers, BODY, NEW, now=NOW)


@pytest.mark.parametrize("seconds", [-TOLERANCE_SECONDS, TOLERANCE_SECONDS])
def test_a_callback_is_good_for_five_minutes(seconds):
    headers = signed_headers(BODY, "msg_1", NOW, [NEW])
    verify_callback(headers, BODY, NEW, now=NOW + timedelta(seconds=seconds))
    with pytest.raises(InvalidSignature):
        verify_callback(headers, BODY, NEW, now=NOW + timedelta(seconds=seconds + (1 if seconds > 0 else -1)))


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-id": "msg_2"},
        {"webhook-timestamp": str(int(NOW.timestamp()) + 1)},
        {"webhook-timestamp": "yesterday"},
        {"webhook-timestamp": ""},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,ä"},
        {"webhook-signature": "v2," + "A" * 44},
    ],
)
def test_whatever_is_changed_on_the_way_shows(changed):
    headers = {**signed_headers(BODY, "msg_1", NOW, [NEW]), **changed}
    with pytest.raises(InvalidSignature):
        verify_callback(headers, BODY, NEW, now=NOW)


def test_another_body_and_another_secret_show():
    headers = signed_headers(BODY, "msg_1", NOW, [NEW])
    for body, secret in ((BODY + b" ", NEW), (BODY, OLD), (BODY, "whsec_no base64")):
        with pytest.raises(InvalidSignature):
            verify_callback(headers, body, secret, now=NOW)


def test_a_callback_without_any_signature_is_refused():
    with pytest.raises(InvalidSignature):
        verify_callback({}, BODY, NEW, now=NOW)


@pytest.mark.parametrize("secret", ["no prefix", "whsec_no base64", "whsec_ä"])
def test_a_secret_that_is_no_base64_signs_with_its_own_characters(secret):
    """Other services choose their secrets as they like."""
    headers = signed_headers(BODY, "msg_1", NOW, [secret])
    verify_callback(headers, BODY, NEW, secret, now=NOW)
    digest = hmac.new(secret.encode(), f"msg_1.{int(NOW.timestamp())}.".encode() + BODY, hashlib.sha256)
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(digest.digest()).decode()}"
