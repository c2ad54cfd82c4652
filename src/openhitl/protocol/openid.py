"""OpenID Connect without I/O: who somebody is to a provider, and whom of its people we let in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from openhitl.protocol.record import record

#: OpenID Connect Core 1.0 §2 "sub": a provider never gives longer ones.
MAX_SUBJECT_CHARACTERS = 255
#: How far clocks may be apart. RFC 7519 §4.1.4.
SKEW = timedelta(minutes=1)
#: How long ago a token may have been made that we have just asked for.
MAX_AGE = timedelta(minutes=10)
#: No date that is meant lies beyond this; infinity and what is no number do.
_LATEST = 1e12
#: Algorithms whose keys a provider publishes. None of them is a shared secret, and `none` is no algorithm.
ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"}
)


@record(frozen=True, slots=True)
class Subject:
    """Who somebody is to an OpenID provider, for good. OpenID Connect Core 1.0 §2."""

    issuer: str
    subject: str


@record(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a provider says of somebody. `email` is one that it has verified, in lower case; else empty."""

    subject: Subject
    name: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Admission:
    """Whose first sign-in makes an account: anybody's, or by e-mail address or its domain, in lower case."""

    allowed: frozenset[str]

    @classmethod
    def of(cls, entries: Iterable[str]) -> Admission:
        """Read entries like `*`, `ada@example.org`, `example.org`."""
        return cls(frozenset(entry.lower() for entry in entries))

    def admits(self, identity: Identity) -> bool:
        """Tell whether somebody may join. A domain does not stand for those below it."""
        domain = identity.email.rpartition("@")[2]
        return "*" in self.allowed or bool(identity.email and {identity.email, domain} & self.allowed)


def identity_of(issuer: str, claims: Mapping[str, Any]) -> Identity:
    """Read who somebody is from claims that were checked. OpenID Connect Core 1.0 §5.1."""
    names = (claims.get(claim) for claim in ("name", "preferred_username", "nickname"))
    name = next((name.strip() for name in names if isinstance(name, str) and name.strip()), "")
    return Identity(subject=Subject(issuer, claims["sub"]), name=name, email=verified_email(claims))


def verified_email(claims: Mapping[str, Any]) -> str:
    """Return the address that a provider has verified; empty without one. OpenID Connect Core 1.0 §5.1."""
    email = claims.get("email")
    # Beyond ASCII there are letters whose lower case is another letter's.
    if claims.get("email_verified") is not True or not isinstance(email, str) or not email.isascii():
        return ""
    local, _, domain = email.partition("@")
    is_plain = local and domain and "@" not in domain and email.isprintable() and " " not in email
    return email.lower() if is_plain else ""


def claims_problem(
    claims: Mapping[str, Any], *, issuer: str, client_id: str, nonce: str, now: datetime
) -> str:
    """Say what is wrong with the claims of an ID token; empty if nothing is.

    OpenID Connect Core 1.0 §3.1.3.7; its signature is not looked at here.
    """
    if claims.get("iss") != issuer:
        return "iss"
    # There is nobody else whom we would trust with it. §3.1.3.7 (3)
    if claims.get("aud") not in (client_id, [client_id]):
        return "aud"
    if claims.get("azp", client_id) != client_id:
        return "azp"
    if claims.get("nonce") != nonce:
        return "nonce"
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 1 <= len(subject) <= MAX_SUBJECT_CHARACTERS:
        return "sub"
    if not (subject.isascii() and subject.isprintable()):
        return "sub"
    return _wrong_time(claims, now.timestamp())


def _wrong_time(claims: Mapping[str, Any], now: float) -> str:
    skew, age = SKEW.total_seconds(), MAX_AGE.total_seconds()
    expires, issued, begins = (_seconds(claims.get(name)) for name in ("exp", "iat", "nbf"))
    if expires is None or now >= expires + skew:
        return "exp"
    if issued is None or not now - age - skew <= issued <= now + skew:
        return "iat"
    if "nbf" in claims and (begins is None or begins > now + skew):
        return "nbf"
    return ""


def _seconds(value: object) -> float | None:
    """Read a NumericDate. RFC 7519 §2."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) < _LATEST:
        return None
    return float(value)
