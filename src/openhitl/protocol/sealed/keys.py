"""X25519 keys as values. RFC 7748."""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from openhitl.errors import InvalidEnvelope

SIZE = 32
_PRIME = 2**255 - 19


@dataclass(frozen=True, slots=True, eq=False)
class Keys:
    """A private key of 32 random bytes and the public key that belongs to it. It never prints the first.

    Raises: ValueError for any other number of bytes.
    """

    private: bytes = field(repr=False)
    public: bytes = field(init=False)

    def __post_init__(self) -> None:
        public = X25519PrivateKey.from_private_bytes(self.private).public_key().public_bytes_raw()
        object.__setattr__(self, "public", public)

    def shared_with(self, public: bytes) -> bytes:
        """Compute the 32 bytes that only the two key holders can.

        Raises: InvalidEnvelope for a public key that makes them the same for everybody (RFC 7748 §6.1).
        """
        private = X25519PrivateKey.from_private_bytes(self.private)
        try:
            return private.exchange(X25519PublicKey.from_public_bytes(public))
        except ValueError as error:
            raise InvalidEnvelope("A public key in the envelope is not one of X25519.") from error


def is_canonical(public: bytes) -> bool:
    """Tell whether bytes are the one spelling of a public key: 32 of them, below 2^255 - 19.

    X25519 ignores the highest bit and reduces the rest (RFC 7748 §5); keys that are compared by their
    bytes must not have a second spelling.
    """
    return len(public) == SIZE and int.from_bytes(public, "little") < _PRIME


def is_usable(public: bytes) -> bool:
    """Tell whether somebody can be written to with a public key: canonical, and not of low order.

    With a key of low order all that two parties share is known to everybody. RFC 7748 §6.1.
    """
    if not is_canonical(public):
        return False
    try:
        Keys(bytes(SIZE)).shared_with(public)
    except InvalidEnvelope:
        return False
    return True
