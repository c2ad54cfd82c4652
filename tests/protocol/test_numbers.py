"""Numbers as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openhitl.protocol.numbers import parse_number
from tests.protocol.values import vectors


@pytest.mark.parametrize(("text", "number"), vectors("numbers")["read"].items())
def test_a_number_is_read_as_typed(text, number):
    assert parse_number(text) == number


@pytest.mark.parametrize("text", vectors("numbers")["refused"])
def test_what_is_no_number_or_could_be_two_is_refused(text):
    assert parse_number(text) is None


def test_a_whole_number_is_an_int():
    assert type(parse_number("5.0")) is int
    assert type(parse_number("5.5")) is float


@given(st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_that_a_program_spells_is_read_back(number):
    assert parse_number(str(number)) == number


@given(st.text())
def test_no_text_breaks_the_reader(text):
    parse_number(text)
