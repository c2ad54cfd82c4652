"""Keccak-256 and signed requests, by the vectors that World publishes. World ID 4.0 "RP Signatures"."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from openhitl.errors import SetupError
from openhitl.evidence.keccak import hash_to_field, keccak256
from openhitl.evidence.world_request import RequestSigner, request_message

CREATED_AT = 1_700_000_000
NONCE = "008ae1aa597fa146ebd3aa2ceddf360668dea5e526567e92b0321816a4e895bd"


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (b"", "00c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a4"),
        (b"test_signal", "00c1636e0a961a3045054c4d61374422c31a95846b8442f0927ad2ff1d6112ed"),
        (b"\x01\x02\x03", "00f1885eda54b7a053318cd41e2093220dab15d65381b1157a3633a83bfd5c92"),
        (b"hello", "001c8aff950685c2ed4bc3174f3472287b56d9517b9c948127319a09a7a36dea"),
    ],
)
def test_a_signal_is_hashed_to_a_number_of_the_field(data: bytes, field: str) -> None:
    assert hash_to_field(data).hex() == field


def test_blocks_are_padded_where_they_end() -> None:
    assert len({keccak256(b"a" * count) for count in range(130, 280)}) == 150


def test_a_request_is_signed_as_world_app_checks_it() -> None:
    signer = RequestSigner("0x" + "ab" * 32)
    now = datetime.fromtimestamp(CREATED_AT, UTC)
    assert signer.signed("test-action", now, drawn=bytes(range(32))) == {
        "nonce": f"0x{NONCE}",
        "created_at": CREATED_AT,
        "expires_at": CREATED_AT + 300,
        "signature": "0x05594adb6c1495768a38d523d7d6ee6356b2c31231919198794ed022ade7d08f73753f83bd167067"
        "d99c9b969d28e9222315837c66af25867b041273a6d5056f1b",
    }
    message = request_message(bytes.fromhex(NONCE), CREATED_AT, CREATED_AT + 300, "test-action").hex()
    assert message == (
        f"01{NONCE}000000006553f100000000006553f22c"
        "00aa0ce59768ae5b1c52f07a9387f14f09f277422c0d2f8a268c7bad0c60a46a"
    )


def test_every_signature_can_be_traced_to_its_key() -> None:
    signer = RequestSigner("cd" * 32)
    now = datetime.fromtimestamp(CREATED_AT, UTC)
    signed = [str(signer.signed(f"action {number}", now)["signature"]) for number in range(20)]
    assert {one[-2:] for one in signed} == {"1b", "1c"}
    assert all(int(one[66:130], 16) <= 2**255 for one in signed), "s is the lower one"


@pytest.mark.parametrize("key", ["", "ab" * 31, "zz" * 32, "00" * 32])
def test_what_is_no_key_is_said_without_saying_it(key: str) -> None:
    with pytest.raises(SetupError) as refused:
        RequestSigner(key)
    assert not key or key not in str(refused.value)
