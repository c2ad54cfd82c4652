"""Base64url without padding, as tokens, digests and signatures are spelt. RFC 4648 §5, RFC 7515 §2."""

from __future__ import annotations

import base64


def encode(raw: bytes) -> str:
    """Spell bytes."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """Read the one right spelling of bytes: no other text passes for the same. Raises: ValueError."""
    raw = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    if encode(raw) != text:
        raise ValueError("that is not how these bytes are spelt")
    return raw
