"""Proof that a device holds the key that it signs with."""

from __future__ import annotations

import pytest

from openhitl.protocol.base64url import encode
from openhitl.protocol.devices import DeviceKeys
from openhitl.protocol.sealed.possession import is_proven, pairing_claim, session_claim
from tests.protocol.sealed.households import device

ONE, OTHER = device("one"), device("other")
KEYS = DeviceKeys(ONE.listed.box, ONE.listed.sign)
CLAIM = session_claim("person:1", 7, KEYS)


def test_what_is_signed_says_what_it_is_good_for() -> None:
    label, keys = "openhitl device claim v1", [KEYS.box, KEYS.sign]
    assert CLAIM.decode().split("\n") == [label, "session", "person:1", "7", *keys]
    claim = pairing_claim("ABCD-EFGH", KEYS).decode()
    assert claim.split("\n") == [label, "pairing", "ABCD-EFGH", "", *keys]


def test_a_device_proves_that_it_has_its_key() -> None:
    assert is_proven(CLAIM, KEYS, encode(ONE.sign.sign(CLAIM)))


@pytest.mark.parametrize(
    "signature",
    [
        None,
        5,
        "",
        "not base64!",
        encode(OTHER.sign.sign(CLAIM)),
        encode(ONE.sign.sign(session_claim("person:1", 8, KEYS))),
        encode(ONE.sign.sign(pairing_claim("7", KEYS))),
    ],
)
def test_nothing_else_does(signature: object) -> None:
    assert not is_proven(CLAIM, KEYS, signature)


def test_a_key_that_is_no_point_proves_nothing() -> None:
    """RFC 8032 §5.1.3."""
    bad = DeviceKeys(KEYS.box, encode(b"\xff" * 32))
    assert not is_proven(CLAIM, bad, encode(bytes(64)))
