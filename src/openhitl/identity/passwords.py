"""Passwords, hashed with argon2id. RFC 9106; OWASP's parameters are the library's defaults and above."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from openhitl.errors import InvalidRequest
from openhitl.protocol.problems import SUMMARY

#: NIST SP 800-63B-4 §3.1.1.2: fifteen for a password that stands alone; no rules of what is in it.
LEAST_CHARACTERS = 15
#: More would only give the hash function work.
MOST_CHARACTERS = 1_000

_hasher = PasswordHasher()


@cache
def _nobodys() -> str:
    """Hash a password that nobody has. Only who lets people in needs it, and it takes its time."""
    return _hasher.hash("nobody's password")


def hash_password(password: object, *, name: str = "") -> str:
    """Hash a new password. Raises: InvalidRequest for one that is too short, too long or the name."""
    if not isinstance(password, str) or not LEAST_CHARACTERS <= len(password) <= MOST_CHARACTERS:
        raise _refusal("wrong_length", f"must have {LEAST_CHARACTERS} to {MOST_CHARACTERS} characters")
    if len(set(password)) < LEAST_CHARACTERS // 3 or password.casefold() == name.casefold():
        raise _refusal("too_easy", "is too easy to guess")
    return _hasher.hash(password)


def verify_password(known: str | None, password: str) -> bool:
    """Tell whether a password is the one that was hashed; as slow where none was."""
    if len(password) > MOST_CHARACTERS:
        return False
    try:
        # Checked where there is no password, too, so that a stranger cannot tell by the time it takes.
        return _hasher.verify(known or _nobodys(), password) and known is not None
    except (VerificationError, InvalidHashError):
        return False


def _refusal(code: str, message: str) -> InvalidRequest:
    return InvalidRequest(SUMMARY, errors=[{"path": "password", "code": code, "message": message}])
