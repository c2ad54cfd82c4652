"""X25519 keys as values. RFC 7748."""

import pytest

from openhitl.errors import InvalidEnvelope
from openhitl.protocol.sealed.keys import Keys, is_canonical, is_usable

#: RFC 7748 §6.1
BOB = Keys(bytes.fromhex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"))
BOB_PUBLIC = "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"
ALICE_PUBLIC = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
SHARED = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"

PRIME = 2**255 - 19
#: Points of small order: the first two, -1, and the two of order 8.
LOW_ORDER = [
    bytes(32),
    bytes([1]) + bytes(31),
    (PRIME - 1).to_bytes(32, "little"),
    bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
]


def test_the_numbers_of_rfc_7748():
    assert BOB.public.hex() == BOB_PUBLIC
    assert BOB.shared_with(bytes.fromhex(ALICE_PUBLIC)).hex() == SHARED


def test_a_private_key_is_not_printed():
    assert BOB.private.hex() not in f"{BOB!r}{BOB}"
    assert repr(BOB.private) not in f"{BOB!r}{BOB}"
    assert repr(BOB.public) in repr(BOB)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_private_key_has_32_bytes(size):
    with pytest.raises(ValueError, match="32 bytes"):
        Keys(bytes(size))


@pytest.mark.parametrize("public", [*LOW_ORDER, b"", bytes(33)])
def test_public_keys_that_make_everybody_share_the_same_are_refused(public):
    """RFC 7748 §6.1: the all-zero result."""
    with pytest.raises(InvalidEnvelope):
        BOB.shared_with(public)


@pytest.mark.parametrize("number", [PRIME, PRIME + 9, 2**255 - 1, 2**255, 2**256 - 1])
def test_a_second_spelling_of_a_key_is_noticed(number):
    """RFC 7748 §5: the highest bit is ignored, the rest is reduced."""
    assert not is_canonical(number.to_bytes(32, "little"))


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_public_key_has_32_bytes(size):
    assert not is_canonical(bytes(size))


def test_public_keys_are_canonical():
    assert is_canonical((PRIME - 1).to_bytes(32, "little"))
    assert is_canonical(BOB.public)


@pytest.mark.parametrize("public", [*LOW_ORDER, bytes([255]) * 32, b"", bytes(31)])
def test_nobody_is_written_to_with_a_key_that_everybody_shares(public):
    assert not is_usable(public)


def test_a_key_that_somebody_has_is_usable():
    assert is_usable(BOB.public)
