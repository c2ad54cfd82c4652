"""The form of tokens: a prefix that says the purpose, and 43 characters of base64url.

Only SHA-256 of a whole token, prefix included, is ever stored, so a token of one purpose can never
verify as another. HITL v0.8 §7 "Token Model", §7.5 "Implementation note".
"""

from __future__ import annotations

import hashlib
import re
from enum import StrEnum

from openhitl.errors import InvalidToken
from openhitl.protocol.base64url import encode


class Purpose(StrEnum):
    """What a token is for; the value is its prefix."""

    REVIEW = "hitlr_"
    SUBMIT = "hitls_"
    POLL = "hitlp_"
    AGENT = "hitla_"
    SERVICE = "hitlv_"
    PERSON = "hitlu_"
    PASSKEY_LINK = "hitlk_"
    SESSION = "hitlc_"
    JOIN_LINK = "hitlj_"
    SIGN_IN_LINK = "hitli_"
    CLIENT = "hitlx_"
    CODE = "hitlo_"
    REFRESH = "hitlf_"
    DEVICE = "hitld_"
    CLAIM = "hitlq_"


#: How a case's token purposes are stored.
STORED_AS = {Purpose.REVIEW: "review", Purpose.SUBMIT: "submit", Purpose.POLL: "poll"}
_FORM = re.compile(r"hitl[rspavukcjixofdq]_[A-Za-z0-9_-]{43}\Z")


def token_from_bytes(purpose: Purpose, secret: bytes) -> str:
    """Spell 32 secret bytes as a token of this purpose (49 characters)."""
    return purpose + encode(secret)


def hash_token(token: str) -> bytes:
    """Return SHA-256 of the whole token, the only form that is stored."""
    return hashlib.sha256(token.encode("ascii")).digest()


def checked_hash(purpose: Purpose, token: str | None) -> bytes:
    """Hash a token that must be of this purpose.

    Raises: InvalidToken for any other purpose or form, before anything is looked up.
    """
    if token is None or not token.startswith(purpose) or not _FORM.match(token):
        raise InvalidToken
    return hash_token(token)
