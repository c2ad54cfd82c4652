"""Codes of six digits that change each half minute. RFC 6238; each is good once (§5.2)."""

from __future__ import annotations

import hmac
from datetime import datetime

import pyotp

STEP_SECONDS = 30
#: Codes of one half minute before and after count too: clocks differ. RFC 6238 §5.2.
DRIFT_STEPS = 1


def new_secret() -> str:
    """Draw a secret of 160 bits, as base32."""
    return pyotp.random_base32()


def provisioning_uri(secret: str, name: str, issuer: str) -> str:
    """Spell the address that an app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer)


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """Number the half minute whose code this is; None if it is no code of now."""
    digits = "".join(code.split())
    present = int(now.timestamp()) // STEP_SECONDS
    found = None
    for step in range(present - DRIFT_STEPS, present + DRIFT_STEPS + 1):
        if hmac.compare_digest(pyotp.TOTP(secret).generate_otp(step).encode(), digits.encode()):
            found = step
    return found
