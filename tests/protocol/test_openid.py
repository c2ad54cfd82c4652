"""OpenID Connect's pure rules: whom we let in, and what an ID token must say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from openhitl.protocol.openid import (
    MAX_AGE,
    SKEW,
    Admission,
    Identity,
    Subject,
    claims_problem,
    identity_of,
    verified_email,
)

NOW = datetime(2026, 2, 20, 10, 0, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ISSUER, CLIENT = "https://id.example.org", "client"
GOOD: dict[str, Any] = {
    "iss": ISSUER,
    "aud": CLIENT,
    "sub": "ada",
    "nonce": "nonce",
    "exp": int(NOW.timestamp()) + 300,
    "iat": int(NOW.timestamp()),
}


def somebody(email: str) -> Identity:
    return Identity(subject=Subject(ISSUER, "ada"), email=email)


def problem(now: datetime = NOW, **changes: Any) -> str:
    claims = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    return claims_problem(claims, issuer=ISSUER, client_id=CLIENT, nonce="nonce", now=now)


@pytest.mark.parametrize(
    ("entries", "email", "admitted"),
    [
        ([], "ada@example.org", False),
        ([], "", False),
        (["*"], "", True),
        (["*"], "ada@example.org", True),
        (["example.org"], "ada@example.org", True),
        (["EXAMPLE.org"], "ada@example.org", True),
        (["example.org"], "ada@evil.example.org", False),
        (["example.org"], "ada@example.org.evil.net", False),
        (["example.org"], "ada@notexample.org", False),
        (["ada@example.org"], "ada@example.org", True),
        (["Ada@Example.org"], "ada@example.org", True),
        (["ada@example.org"], "eve@example.org", False),
        (["ada@example.org", "example.net"], "eve@example.net", True),
        (["example.org"], "", False),
    ],
)
def test_who_may_join(entries: list[str], email: str, admitted: bool) -> None:
    assert Admission.of(entries).admits(somebody(email)) is admitted


@pytest.mark.parametrize(
    ("claims", "email"),
    [
        ({"email": "Ada@Example.ORG", "email_verified": True}, "ada@example.org"),
        ({"email": "ada@example.org"}, ""),
        ({"email": "ada@example.org", "email_verified": False}, ""),
        ({"email": "ada@example.org", "email_verified": "true"}, ""),
        ({"email": "ada@example.org", "email_verified": 1}, ""),
        ({"email_verified": True}, ""),
        ({"email": ["ada@example.org"], "email_verified": True}, ""),
        ({"email": "ada@ban\u212a.example", "email_verified": True}, ""),  # KELVIN SIGN, lower case k
        ({"email": "ada@evil.example@example.org", "email_verified": True}, ""),
        ({"email": "ada @example.org", "email_verified": True}, ""),
        ({"email": "ada\n@example.org", "email_verified": True}, ""),
        ({"email": "@example.org", "email_verified": True}, ""),
        ({"email": "ada@", "email_verified": True}, ""),
        ({"email": "ada", "email_verified": True}, ""),
    ],
)
def test_an_address_counts_only_if_the_provider_has_verified_it(claims: dict[str, Any], email: str) -> None:
    """OpenID Connect Core 1.0 §5.1 "email_verified"."""
    assert verified_email(claims) == email


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": " Ada Lovelace ", "preferred_username": "ada"}, "Ada Lovelace"),
        ({"name": " ", "preferred_username": "ada"}, "ada"),
        ({"name": 7, "nickname": "ada"}, "ada"),
        ({}, ""),
    ],
)
def test_a_name_is_what_the_provider_calls_somebody(claims: dict[str, Any], name: str) -> None:
    identity = identity_of(ISSUER, {"sub": "ada", **claims})
    assert (identity.name, identity.subject) == (name, Subject(ISSUER, "ada"))


def test_what_an_id_token_says_is_for_us_and_for_now() -> None:
    """OpenID Connect Core 1.0 §3.1.3.7; each claim is tried in tests/identity/test_openid.py too."""
    assert problem() == ""
    assert problem(aud=[CLIENT], azp=CLIENT, nbf=GOOD["iat"]) == ""
    wrong: list[tuple[str, Any]] = [
        ("iss", "https://evil.example"),
        ("aud", [CLIENT, "other"]),
        ("azp", "other"),
        ("nonce", "other"),
        ("sub", None),
        ("sub", "\u00e9"),
        ("exp", "soon"),
        ("exp", float("nan")),
        ("iat", True),
        ("nbf", "now"),
        ("nbf", GOOD["iat"] + 3600),
    ]
    assert [problem(**{name: value}) for name, value in wrong] == [name for name, _ in wrong]


def test_clocks_may_be_a_minute_apart_and_tokens_ten_minutes_old() -> None:
    expiry = datetime.fromtimestamp(GOOD["exp"], UTC)
    assert problem(expiry + SKEW - SECOND) == ""
    assert problem(expiry + SKEW) == "exp"
    late = GOOD["exp"] + 3600
    assert problem(NOW + MAX_AGE + SKEW, exp=late) == ""
    assert problem(NOW + MAX_AGE + SKEW + SECOND, exp=late) == "iat"
    assert problem(NOW - SKEW) == ""
    assert problem(NOW - SKEW - SECOND) == "iat"
