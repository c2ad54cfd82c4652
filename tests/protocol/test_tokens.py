"""Tokens of one purpose each. HITL v0.8 §7 "Token Model", §7.5 "Implementation note"."""

from __future__ import annotations

import hashlib
import re

import pytest

from openhitl.errors import InvalidToken
from openhitl.protocol.tokens import STORED_AS, Purpose, checked_hash, hash_token, token_from_bytes

SECRET = bytes(range(32))


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_token_is_a_prefix_and_43_characters(purpose):
    token = token_from_bytes(purpose, SECRET)
    assert re.fullmatch(r"[A-Za-z0-9_-]{43,51}", token)
    assert token.startswith(purpose.value)
    assert checked_hash(purpose, token) == hashlib.sha256(token.encode()).digest()


def test_the_purpose_is_inside_the_hash():
    hashes = {hash_token(token_from_bytes(purpose, SECRET)) for purpose in Purpose}
    assert len(hashes) == len(Purpose)


@pytest.mark.parametrize("meant", list(Purpose))
@pytest.mark.parametrize("given", list(Purpose))
def test_a_token_verifies_for_its_own_purpose_only(meant, given):
    token = token_from_bytes(given, SECRET)
    if meant is given:
        checked_hash(meant, token)
    else:
        with pytest.raises(InvalidToken):
            checked_hash(meant, token)


GOOD = token_from_bytes(Purpose.REVIEW, SECRET)


@pytest.mark.parametrize(
    "token",
    [
        None,
        "",
        "hitlr_",
        GOOD[:-1],
        GOOD + "A",
        GOOD + "\n",
        GOOD[:-1] + "=",
        GOOD[:-1] + "é",
        GOOD.upper(),
        " " + GOOD,
    ],
)
def test_anything_else_is_no_token(token):
    with pytest.raises(InvalidToken):
        checked_hash(Purpose.REVIEW, token)


def test_a_case_has_tokens_to_review_submit_and_poll():
    assert {purpose.name.lower() for purpose in STORED_AS} == set(STORED_AS.values())
    assert set(STORED_AS.values()) == {"review", "submit", "poll"}
