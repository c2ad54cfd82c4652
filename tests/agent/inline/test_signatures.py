"""Forged, altered and old requests are refused; the real ones pass."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from openhitl.agent.inline.discord_signature import check_discord
from openhitl.agent.inline.signatures import check_slack, check_telegram, check_whatsapp
from openhitl.errors import InvalidSignature

NOW = datetime(2026, 2, 20, 10, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))
BODY = '{"name": "Zoë"}'.encode()
SECRET = "8f742231b10e8888abcd"
KEY = Ed25519PrivateKey.from_private_bytes(b"\7" * 32)
PUBLIC = KEY.public_key().public_bytes_raw().hex()


def _mac(signed: bytes) -> str:
    return hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()


def slack(
    body: bytes = BODY, *, secret: str = SECRET, timestamp: str = STAMP, signature: str | None = None
) -> None:
    given = "v0=" + _mac(f"v0:{timestamp}:".encode() + BODY) if signature is None else signature
    check_slack(body, secret=secret, timestamp=timestamp, signature=given, now=NOW)


def whatsapp(body: bytes = BODY, *, secret: str = SECRET, signature: str | None = None) -> None:
    given = "sha256=" + _mac(BODY) if signature is None else signature
    check_whatsapp(body, app_secret=secret, signature=given)


def discord(
    body: bytes = BODY, *, timestamp: str = STAMP, public_key: str = PUBLIC, signature: str | None = None
) -> None:
    given = KEY.sign(STAMP.encode() + BODY).hex() if signature is None else signature
    check_discord(body, public_key=public_key, timestamp=timestamp, signature=given)


def test_what_the_platform_signed_passes() -> None:
    slack()
    whatsapp()
    discord()
    check_telegram(secret_token="s" * 20, header="s" * 20)


def _at(delta: timedelta) -> str:
    return str(int((NOW + delta).timestamp()))


@pytest.mark.parametrize(
    "forged",
    [
        lambda: slack(BODY + b" "),
        lambda: slack(secret="another"),
        lambda: slack(secret=""),
        lambda: slack(signature=""),
        lambda: slack(signature=_mac(b"v0:" + STAMP.encode() + b":" + BODY)),
        lambda: slack(signature="ü"),
        lambda: slack(timestamp=_at(timedelta(minutes=-6))),
        lambda: slack(timestamp=_at(timedelta(minutes=6))),
        lambda: slack(timestamp="now"),
        lambda: slack(timestamp="٣"),
        lambda: slack(timestamp="9" * 5000),
        lambda: whatsapp(BODY[1:]),
        lambda: whatsapp(secret="another"),
        lambda: whatsapp(secret=""),
        lambda: whatsapp(signature=_mac(BODY)),
        lambda: whatsapp(signature="sha256=\udcff"),
        lambda: discord(BODY + b"x"),
        lambda: discord(timestamp=STAMP + "0"),
        lambda: discord(timestamp="ü"),
        lambda: discord(public_key="00"),
        lambda: discord(public_key="zz"),
        lambda: discord(signature="00" * 64),
        lambda: discord(signature="not hex"),
        lambda: check_telegram(secret_token="s", header="t"),
        lambda: check_telegram(secret_token="s", header=""),
        lambda: check_telegram(secret_token="", header=""),
    ],
)
def test_anything_else_does_not(forged: Callable[[], None]) -> None:
    with pytest.raises(InvalidSignature):
        forged()
