"""Receipts: what they vouch for, and everything that must not pass for one. HITL v0.8 §13.4; RFC 7515."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from openhitl.agent.receipts import verify_receipt
from openhitl.errors import InvalidReceipt
from openhitl.protocol import jcs, jws, receipts, wire
from openhitl.protocol.base64url import encode
from openhitl.protocol.case import Status
from openhitl.protocol.jws import public_jwk
from openhitl.protocol.receipts import LogPlace
from openhitl.protocol.shown import with_shown_digest
from tests.protocol.values import CASE_ID, HUMAN, answer, case, content

SALT = "c2FsdA"
SIGNER = "https://hitl.example.com/.well-known/jwks.json"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
JWKS = {"keys": [public_jwk(PUBLIC)]}
URLS = wire.Urls(review="https://a.example/1", poll="https://a.example/2", events="https://a.example/3")
PLACE = LogPlace(position=7, hash=bytes(32), generation=0, actor=HUMAN)
DONE = case(Status.COMPLETED)
CONTENT = with_shown_digest(CASE_ID, content(context={"a": 1.5}), DONE.expires_at)
ANSWER = answer(data={"note": "é"}, shown_digest=CONTENT.shown_digest)


def claims(given=ANSWER, place=PLACE, **more):
    return {**receipts.claims_of(DONE, given, place, salt=SALT, signer=SIGNER), **more}


def signed(said, header=None, sign=KEY.sign):
    """Make `result.signature`, with a header of the caller's if one is given."""
    text = receipts.signing_input(said, jws.key_id(PUBLIC))
    if header is not None:
        text = f"{encode(jcs.canonical(header))}.{text.decode().split('.')[1]}".encode()
    return receipts.signature_object({**claims(), **said}, text, sign(text), salt=SALT)


def poll(signature=None, given=ANSWER):
    return json.loads(json.dumps(wire.poll_body(DONE, given, signature or signed(claims(given)))))


def with_signature(**changes):
    return poll({**signed(claims()), **changes})


def header(**changes):
    usual = {"alg": "EdDSA", "kid": jws.key_id(PUBLIC), "typ": receipts.JWS_TYPE}
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


def refused(body, jwks=JWKS, match=None):
    with pytest.raises(InvalidReceipt, match=match):
        verify_receipt(body, jwks)


# -- what is good -----------------------------------------------------------------------------


def test_a_receipt_says_what_was_decided_by_whom_when_and_where():
    receipt = verify_receipt(poll(), JWKS)
    assert (receipt.case_id, receipt.type, receipt.action) == (CASE_ID, "approval", "approve")
    assert receipt.by == {"kind": "link", "id": HUMAN.id, "assurance": "link"}
    assert (receipt.surface, receipt.decided_at) == ("page", "2026-02-20T11:00:00Z")
    assert (receipt.position, receipt.log_hash) == (7, "00" * 32)
    assert (receipt.shown_digest, receipt.key_id) == (CONTENT.shown_digest, JWKS["keys"][0]["kid"])
    assert [check.claim for check in receipt.checks if not check.compared] == [
        "type", "shown", "who", "surface", "log",
    ]  # fmt: skip


def test_a_name_is_told_where_one_is_known():
    given = replace(ANSWER, name="Bob")
    assert verify_receipt(poll(given=given), JWKS).by["name"] == "Bob"
    place = replace(PLACE, actor=replace(HUMAN, name="Alice"))
    body = poll(signed(claims(given, place)), given)
    assert verify_receipt(body, JWKS).by["name"] == "Alice"


def test_a_case_is_compared_with_what_was_shown():
    view = wire.case_view(DONE, CONTENT, ANSWER, URLS, signed(claims()))
    receipt = verify_receipt(view, JWKS)
    assert [check.claim for check in receipt.checks if not check.compared] == ["who", "surface", "log"]
    refused({**view, "message": "Stop?"}, match="what was shown")
    refused({**view, "type": "confirmation"}, match="type")
    refused({**view, "outcome": "unreachable"}, match="does not vouch for outcome")


def test_the_next_case_is_not_vouched_for():
    assert verify_receipt({**poll(), "next_case_id": "review_2"}, JWKS)


def test_a_receipt_is_a_jws_that_any_library_reads():
    """RFC 7515 §5.2 by hand, RFC 8037 §3.1."""
    value = poll()["result"]["signature"]["value"]
    text, _, signature = value.rpartition(".")
    KEY.public_key().verify(base64.urlsafe_b64decode(signature + "=="), text.encode())
    said = json.loads(base64.urlsafe_b64decode(text.split(".")[1] + "=="))
    digest = hashlib.sha256(SALT.encode() + '{"note":"é"}'.encode()).digest()
    assert said["data_digest"] == encode(digest)


def test_a_key_is_named_by_its_thumbprint():
    """RFC 8037 appendix A.1 and A.3."""
    public = base64.urlsafe_b64decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo=")
    assert jws.key_id(public) == "receipt-kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


# -- what is not ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        header(alg="none"),
        header(alg="HS256"),
        header(alg="Ed25519"),
        header(typ="JWT"),
        header(typ=None),
        header(kid=None),
        header(crit=["exp"]),
        header(jwk=public_jwk(PUBLIC)),
        ["EdDSA"],
    ],
)
def test_only_one_header_is_that_of_a_receipt(said):
    refused(poll(signed(claims(), said)))


def test_a_signature_made_with_the_public_key_as_a_secret_is_refused():
    """RFC 8725 §2.1: the algorithm is ours to choose, not the receipt's."""

    def sign(text):
        return hmac.digest(PUBLIC, text, "sha256")

    refused(poll(signed(claims(), header(alg="HS256"), sign)))
    refused(poll(signed(claims(), None, sign)), match="length")


def test_a_receipt_without_a_signature_is_refused():
    refused(poll(signed(claims(), header(alg="none"), lambda text: b"")))
    refused(poll(signed(claims(), None, lambda text: b"")), match="length")


def test_a_receipt_of_another_key_is_refused():
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    public = other.public_key().public_bytes_raw()
    refused(poll(signed(claims(), None, other.sign)), match="not signed with the key")
    refused(poll(), {"keys": [public_jwk(public)]}, match="no such key")
    refused(poll(), {"keys": [{**public_jwk(public), "kid": jws.key_id(PUBLIC)}]}, match="no such key")
    refused(poll(signed(claims(), header(kid=jws.key_id(public)))), match="no such key")


def test_bytes_that_are_no_point_of_the_curve_verify_nothing():
    nowhere = b"\x02" + bytes(31)
    body = poll(signed(claims(), header(kid=jws.key_id(nowhere))))
    refused(body, {"keys": [public_jwk(nowhere)]}, match="not signed with the key")


@pytest.mark.parametrize(
    "jwks",
    [
        {},
        {"keys": []},
        {"keys": "all"},
        {"keys": ["one"]},
        *(
            {"keys": [{**public_jwk(PUBLIC), name: value}]}
            for name, value in [
                ("kty", "RSA"), ("crv", "X25519"), ("use", "enc"), ("alg", "HS256"), ("x", 1), ("x", "AA"),
                ("x", "é"), ("kid", "receipt-1"),
            ]
        ),
    ],
)  # fmt: skip
def test_a_jwks_must_have_the_key_as_it_is_published(jwks):
    refused(poll(), jwks)


def test_another_key_beside_it_does_no_harm():
    oauth = {"kty": "RSA", "kid": "oauth-1", "use": "sig"}
    assert verify_receipt(poll(), {"keys": [oauth, *JWKS["keys"]]})


@pytest.mark.parametrize(
    "changes",
    [
        {"algorithm": "RS256"},
        {"value": "a.b"},
        {"value": "é.b.c"},
        {"value": "!.b.c"},
        {"value": "bm8.b.c"},  # "no", which is not JSON
        {"value": 1},
        {"signed_at": "2026-02-20T11:00:01Z"},
        {"signer": SIGNER + "#salt=other"},
        {"signer": SIGNER.replace("hitl.", "evil.") + "#salt=" + SALT},
        {"more": "x"},
    ],
)
def test_the_signature_s_own_members_count(changes):
    refused(with_signature(**changes))


def test_what_is_nested_too_deep_is_refused():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    body = poll()
    refused({**body, "result": {**body["result"], "data": deep}}, match="no form")
    header = base64.urlsafe_b64encode(b"[" * 99_999).decode()
    refused(with_signature(value=f"{header}.b.c"), match="not JSON")


def test_what_is_signed_is_an_object():
    text = jws.signing_input([], key_id=jws.key_id(PUBLIC), kind=receipts.JWS_TYPE)
    refused(with_signature(value=jws.compact(text, KEY.sign(text))), match="not a JSON object")


def test_base64url_has_one_spelling():
    value = signed(claims())["value"]
    last = chr(ord(value[-1]) + 1)  # the low bits of the last character mean nothing
    refused(with_signature(value=value[:-1] + last))
    refused(with_signature(value=value + "=="))


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "expired"},
        {"case_id": "review_2"},
        {"created_at": "2026-02-20T10:00:01Z"},
        {"completed_at": "2026-02-20T11:00:01Z"},
        {"submission_context": {"mode": "inline_submit"}},
        {"responded_by": {"name": "Bob"}},
        {"opened_at": "2026-02-20T10:30:00Z"},
    ],
)
def test_the_poll_body_s_members_count(changes):
    refused({**poll(), **changes})


@pytest.mark.parametrize("name", ["status", "case_id", "created_at", "completed_at", "submission_context"])
def test_no_member_of_the_poll_body_may_be_missing(name):
    refused({key: value for key, value in poll().items() if key != name})


@pytest.mark.parametrize(
    "changes",
    [{"action": "reject"}, {"data": {"note": "e"}}, {"data": {}}, {"data": {"a": "\ud800"}}, {"note": ""}],
)
def test_the_result_s_members_count(changes):
    body = poll()
    refused({**body, "result": {**body["result"], **changes}})


@pytest.mark.parametrize(
    "changes",
    [
        {"v": 2},
        {"case_id": "review_2"},
        {"action": "reject"},
        {"data_digest": "other"},
        {"decided_at": "2026-02-20T11:00:01Z"},
        {"log": "7"},
        {"log": {"position": 7}},
        {"poll": None},
    ],
)
def test_every_claim_counts(changes):
    refused(poll(signed(claims(**changes))))


@pytest.mark.parametrize("body", [{}, {"result": "yes"}, {"result": {"action": "approve", "data": {}}}])
def test_a_body_without_a_receipt_is_refused(body):
    refused(body, match="There is no receipt")


def test_a_signature_that_is_no_object_is_refused():
    refused({"result": {"action": "approve", "data": {}, "signature": "yes"}}, match="members")
