"""Canonical JSON. RFC 8785."""

from __future__ import annotations

import base64
import hashlib
import json
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openhitl.errors import InvalidRequest
from openhitl.protocol.jcs import canonical, digest
from tests.protocol.values import vectors

TEXT = st.text(st.characters(codec="utf-8"))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
)


@pytest.mark.parametrize(("number", "spelt"), vectors("canonical")["numbers"])
def test_numbers_are_spelt_as_ecmascript_does(number, spelt):
    assert canonical(number) == spelt.encode()


@pytest.mark.parametrize(("value", "spelt"), vectors("canonical")["values"])
def test_values_have_one_spelling(value, spelt):
    assert canonical(value) == spelt.encode()


@given(VALUES)
def test_the_bytes_read_back_as_the_value(value):
    assert json.loads(canonical(value), parse_int=float) == value


@given(VALUES)
def test_the_bytes_do_not_depend_on_the_way_there(value):
    assert canonical(json.loads(canonical(value), parse_int=float)) == canonical(value)


@given(st.dictionaries(TEXT, st.none()))
def test_keys_stand_in_the_order_of_their_utf_16_units(value):
    keys = list(json.loads(canonical(value)))
    assert keys == sorted(keys, key=lambda key: key.encode("utf-16-be"))


def test_plain_and_exact_spelling_agree():
    """An astral key or a fraction takes the exact way; the rest of the bytes stays the same."""
    plain = {"b": [1, None, True, "ü\n"], "a": {"x": -5}}
    exact = canonical({**plain, "c": 0.5})
    assert exact == canonical(plain)[:-1] + b',"c":0.5}'


def test_a_tuple_is_an_array_and_an_enum_its_text():
    class Word(StrEnum):
        YES = "yes"

    assert canonical({"a": (1, Word.YES)}) == b'{"a":[1,"yes"]}'


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), [-float("inf")], 10**400, {"a": "\ud800"}, {"\udfff": 0.5}]
)
def test_what_json_cannot_spell_is_refused(value):
    with pytest.raises(InvalidRequest):
        canonical(value)


def test_what_is_not_json_is_refused():
    with pytest.raises(InvalidRequest, match="JSON has no form for bytes"):
        canonical({"a": b""})


def test_a_digest_is_base64url_of_sha_256_without_padding():
    plain = base64.urlsafe_b64encode(hashlib.sha256(b"{}").digest()).decode()
    assert digest({}) == plain.rstrip("=")
    assert len(digest({})) == 43
