"""JSON as it goes over the wire. RFC 8259."""

from __future__ import annotations

import json
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openhitl.protocol.case import Status
from openhitl.protocol.compact import compact

TEXT = st.text(st.characters(codec="utf-8"))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
)


@given(VALUES)
def test_what_is_spelt_reads_back_in_the_order_given(value):
    read = json.loads(compact(value))
    assert read == value
    assert json.dumps(read) == json.dumps(value)


def test_no_character_is_spent():
    assert compact({"ä": [1, "x"], "b": None}) == '{"ä":[1,"x"],"b":null}'.encode()


def test_enums_and_mappings_are_spelt_as_what_they_hold():
    assert compact(MappingProxyType({"status": Status.PENDING})) == b'{"status":"pending"}'


@pytest.mark.parametrize("value", [{1, 2}, {"a": object()}, "half a \ud800"])
def test_what_json_has_no_form_for_is_an_error(value):
    with pytest.raises(TypeError):
        compact(value)
