"""Messages for browsers: sealed, signed for, and what they say. RFC 8291, RFC 8292, Push API."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from openhitl.errors import InvalidRequest
from openhitl.protocol.base64url import decode, encode
from openhitl.protocol.push.choices import (
    PushChoices,
    Shows,
    answers_offered,
    read_choices,
    spelled_choices,
)
from openhitl.protocol.push.encryption import MAX_PLAINTEXT_BYTES, encrypt, parse_receiver
from openhitl.protocol.push.messages import Button, PushMessage, encoded, topic_of
from openhitl.protocol.push.services import checked_endpoint, origin_of
from openhitl.protocol.push.vapid import authorization, signing_input
from tests.protocol.values import case, content

CURVE = ec.SECP256R1()
LOW = {"risk": {"level": "low", "reasons": []}}
#: RFC 8291 §5 and appendix A.
PLAINTEXT = b"When I grow up, I want to be a watermelon"
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
P256DH = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8w"
    "EqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)
MESSAGE = PushMessage(
    title="A question", body="Deploy?", url="https://hitl.example/review/review_1", tag="review_1",
    language="en", badge=3,
)  # fmt: skip


def key(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(decode(text)), CURVE)


def point(private: ec.EllipticCurvePrivateKey) -> bytes:
    return private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def test_the_example_of_the_rfc():
    """RFC 8291 §5."""
    sealed = encrypt(PLAINTEXT, parse_receiver(P256DH, AUTH), ephemeral=key(SENDER), salt=decode(SALT))
    assert encode(sealed) == BODY


@given(st.binary(max_size=MAX_PLAINTEXT_BYTES), st.binary(min_size=16, max_size=16))
def test_what_is_sealed_can_be_read_by_its_browser(text, salt):
    browser = ec.generate_private_key(CURVE)
    receiver = parse_receiver(encode(point(browser)), encode(salt))
    sealed = encrypt(text, receiver, ephemeral=ec.generate_private_key(CURVE), salt=salt)
    assert len(sealed) == len(text) + 103
    assert http_ece.decrypt(sealed, private_key=browser, auth_secret=salt, version="aes128gcm") == text


def test_what_is_too_long_is_refused():
    """RFC 8030 §7.2."""
    assert MAX_PLAINTEXT_BYTES == 3_993
    with pytest.raises(ValueError, match="at most"):
        encrypt(b"x" * 3_994, parse_receiver(P256DH, AUTH), ephemeral=key(SENDER), salt=bytes(16))


@pytest.mark.parametrize(
    ("p256dh", "auth", "path"),
    [
        (None, AUTH, "keys.p256dh"),
        ("", AUTH, "keys.p256dh"),
        ("ä", AUTH, "keys.p256dh"),
        (encode(b"\x04" + bytes(64)), AUTH, "keys.p256dh"),
        (encode(b"\x02" + decode(P256DH)[1:33]), AUTH, "keys.p256dh"),
        (P256DH, encode(bytes(15)), "keys.auth"),
        (P256DH, 5, "keys.auth"),
        (P256DH, "a" * 201, "keys.auth"),
    ],
)
def test_keys_that_are_none(p256dh, auth, path):
    with pytest.raises(InvalidRequest) as caught:
        parse_receiver(p256dh, auth)
    assert [one["path"] for one in caught.value.details["errors"]] == [path]


def test_keys_may_be_padded():
    assert parse_receiver(f"{P256DH}=", f"{AUTH}==") == parse_receiver(P256DH, AUTH)


def test_who_sends_is_said_for_one_push_service_and_half_a_day():
    """RFC 8292 §2, §3."""
    now = datetime(2026, 5, 4, 12, tzinfo=UTC)
    signed = signing_input("https://push.example", "mailto:ops@example.org", now=now)
    header, claims = (json.loads(decode(part)) for part in signed.decode().split("."))
    assert header == {"typ": "JWT", "alg": "ES256"}
    assert claims == {
        "aud": "https://push.example",
        "exp": int(datetime(2026, 5, 5, 0, tzinfo=UTC).timestamp()),
        "sub": "mailto:ops@example.org",
    }
    assert authorization(b"a.b", b"\0", b"\4") == "vapid t=a.b.AA, k=BA"


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/abc:def",
        "https://fcm.googleapis.com:443/fcm/send/abc",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAAA",
        "https://web.push.apple.com/QGuQyavXutnMH",
        "https://wns2-by3p.notify.windows.com/w/?token=BQYAAAC",
        "https://push.example.org/up?token=1",
        "https://push.example.org:8443/up",
        "http://127.0.0.1:9000/push/1",
    ],
)
def test_push_services_that_are_known(endpoint):
    others = ("push.example.org", "push.example.org:8443", "http://127.0.0.1:9000")
    assert checked_endpoint(endpoint, others) == endpoint


@pytest.mark.parametrize(
    "endpoint",
    [
        None,
        "",
        "https://",
        "http://fcm.googleapis.com/fcm/send/abc",
        "https://fcm.googleapis.com:8443/x",
        "https://fcm.googleapis.com.evil.example/x",
        "https://evil.example/fcm.googleapis.com",
        "https://fcm.googleapis.com@evil.example/x",
        "https://user@fcm.googleapis.com/x",
        "https://evilnotify.windows.com/x",
        "https://.notify.windows.com.evil/x",
        "https://.push.apple.com/x",
        "https://push.apple.com/x",
        "https://fcm.googleapis.com/x#y",
        "https://fcm.googleapis.com/x y",
        "https://fcm.googleapis.com/\u00e4",
        "https://[fcm/x",
        "https://[::1].push.apple.com/x",
        "https://[2606:4700:4700::1111]x.push.apple.com/x",
        "https://evil.example\\.push.apple.com/x",
        "https://evil.example%2f.push.apple.com/x",
        "https://a_b!$&'()*;=,.push.apple.com/x",
        "https://169.254.169.254/latest/meta-data",
        "https://push.example.org/x",
        "https://fcm.googleapis.com/" + "x" * 2_000,
    ],
)
def test_addresses_that_are_no_push_service(endpoint):
    with pytest.raises(InvalidRequest):
        checked_endpoint(endpoint, ["127.0.0.1:1"])


def test_who_a_push_service_is():
    """RFC 8292 §2: the origin."""
    assert origin_of("https://Web.Push.Apple.com/a/b?c") == "https://web.push.apple.com"


def test_a_message_is_declarative():
    """Push API "declarative push message"."""
    buttons = (
        Button(name="open", label="Open", url=MESSAGE.url),
        Button(name="later", label="Later", url=MESSAGE.url, token="t"),
    )
    given = {"again": False, "case_id": "review_1", "browser": 7, "unsent": "Not sent", "buttons": buttons}
    message = PushMessage(**{**spread(MESSAGE), **given})
    assert json.loads(encoded(message)) == {
        "web_push": 8030,
        "notification": {
            "title": "A question",
            "body": "Deploy?",
            "lang": "en",
            "dir": "auto",
            "navigate": MESSAGE.url,
            "tag": "review_1",
            "silent": True,
            "actions": [
                {"action": "open", "title": "Open", "navigate": MESSAGE.url},
                {"action": "later", "title": "Later", "navigate": MESSAGE.url},
            ],
            "data": {"case_id": "review_1", "browser": 7, "tokens": {"later": "t"}, "unsent": "Not sent"},
        },
        "app_badge": 3,
        "mutable": True,
    }


@pytest.mark.parametrize("letter", ["x", "ü", "\u4e2d", '"', "\n", "\U0001f600"])
@pytest.mark.parametrize("count", [3_500, 4_000, 9_000])
def test_a_long_message_loses_its_end(letter, count):
    body = letter * count
    spelled = encoded(PushMessage(**{**spread(MESSAGE), "body": body}))
    kept = json.loads(spelled)["notification"]["body"]
    assert len(spelled) <= MAX_PLAINTEXT_BYTES
    assert kept == body or (kept.endswith("…") and body.startswith(kept[:-1]))


def test_a_topic_is_short_and_says_nothing():
    """RFC 8030 §5.4."""
    topic = topic_of("review_1")
    assert len(topic) == 32
    assert topic == topic_of("review_1") != topic_of("review_2")
    assert decode(topic)


def test_choices_are_read_as_they_were_kept():
    kept = spelled_choices("full", answers=True)
    assert read_choices({**kept, "language": "de"}) == PushChoices(
        shows=Shows.FULL, answers=True, language="de"
    )
    assert read_choices({"push_shows": "all", "push_answers": 1, "language": 5}) == PushChoices()
    with pytest.raises(InvalidRequest):
        spelled_choices("all", answers=False)


def spread(message: PushMessage) -> dict[str, object]:
    return {name: getattr(message, name) for name in message.__dataclass_fields__}


@pytest.mark.parametrize(
    ("chosen", "context", "offered"),
    [
        (PushChoices(shows=Shows.FULL, answers=True), LOW, ("reject", "approve")),
        (PushChoices(shows=Shows.FULL, answers=True), {}, ()),
        (PushChoices(shows=Shows.FULL), LOW, ()),
        (PushChoices(shows=Shows.TITLE, answers=True), LOW, ()),
        (PushChoices(), LOW, ()),
    ],
)
def test_answers_are_offered_to_whoever_wants_them_where_all_is_shown(chosen, context, offered):
    """What you see is what you sign."""
    small = content(type="approval", prompt="Order tea?", message="", context=context)
    assert answers_offered(case(), small, chosen) == offered
