"""Numbers as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openhitl.protocol.numbers import parse_number, parse_whole
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


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("007", 7), ("9" * 9, 999_999_999), ("9" * 10, None), ("9" * 5_000, None)]
)
def test_a_whole_number_of_a_query_has_up_to_nine_digits(text, number):
    assert parse_whole(text) == number


@pytest.mark.parametrize("text", ["", "-1", "+1", "1.0", " 1", "²", "٣", "one"])
def test_what_is_no_plain_whole_number_is_none(text):
    assert parse_whole(text) is None
