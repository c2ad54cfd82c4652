"""Checking an answer to one field. HITL v0.8 §10.3.1."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openhitl.protocol.fields import (
    FIELD_TYPES,
    MAX_TEXT_CHARACTERS,
    MESSAGES,
    Field,
    FieldError,
    Option,
    parse_day,
)

OPTIONS = (Option("a", "Apple"), Option("b", "Banana"))
DAYS = {"least": date(2026, 1, 1), "most": date(2026, 12, 31)}


def field(field_type, **more):
    return Field(key="k", label="K", type=field_type, **more)


@pytest.mark.parametrize(
    ("asked", "value"),
    [
        (field("text"), "words"),
        (field("text", min_length=2, max_length=3), "äß"),
        (field("text", min_length=1, max_length=1), "👍"),
        (field("text", pattern="[A-Z]{3}-[0-9]+"), "ABC-12"),
        (field("textarea"), "several\nlines"),
        (field("email"), "name@example.com"),
        (field("email"), "name+tag@localhost"),
        (field("url"), "https://example.com/a?b=c#d"),
        (field("url"), "http://[::1]:8080/"),
        (field("number"), 0),
        (field("number", least=0, most=1), 0.5),
        (field("number", least=-1, most=1), -1),
        (field("range", least=0, most=10), 10),
        (field("range"), -500),
        (field("date"), "2024-02-29"),
        (field("date", **DAYS), "2026-12-31"),
        (field("boolean"), False),
        (field("select", options=OPTIONS), "b"),
        (field("multiselect", options=OPTIONS), ["b", "a"]),
        (field("x-colour"), "teal"),
    ],
)
def test_a_fitting_value_is_accepted(asked, value):
    assert asked.check(value) is None


@pytest.mark.parametrize(
    ("asked", "value", "code"),
    [
        (field("text"), 5, "wrong_type"),
        (field("text", min_length=3), "👍👍", "too_short"),
        (field("text", max_length=2), "abc", "too_long"),
        (field("textarea"), "a" * (MAX_TEXT_CHARACTERS + 1), "too_long"),
        (field("textarea", max_length=10**9), "a" * (MAX_TEXT_CHARACTERS + 1), "too_long"),
        (field("text", pattern="[0-9]+"), "12a", "pattern"),
        (field("text", pattern="a|b"), "ab", "pattern"),
        (field("email"), "name", "not_an_email"),
        (field("email"), "a@b@c", "not_an_email"),
        (field("email"), "a b@example.com", "not_an_email"),
        (field("email"), "a@b\nBcc: x@y", "not_an_email"),
        (field("email"), 1, "wrong_type"),
        (field("url"), "example.com", "not_a_url"),
        (field("url"), "javascript:alert(1)", "not_a_url"),
        (field("url"), "https://", "not_a_url"),
        (field("url"), "https://a b", "not_a_url"),
        (field("url"), "https://[::1", "not_a_url"),
        (field("url"), "https://example.com:99999/", "not_a_url"),
        (field("url"), None, "wrong_type"),
        (field("number"), "5", "not_a_number"),
        (field("number"), True, "not_a_number"),
        (field("number"), float("nan"), "not_a_number"),
        (field("number"), float("inf"), "not_a_number"),
        (field("number", least=1), 0.99, "too_small"),
        (field("range", least=0, most=10), 11, "too_large"),
        (field("date"), "2026-02-30", "not_a_date"),
        (field("date"), "20260230", "not_a_date"),
        (field("date"), "2026-2-3", "not_a_date"),
        (field("date"), 20260203, "not_a_date"),
        (field("date", **DAYS), "2025-12-31", "too_early"),
        (field("date", **DAYS), "2027-01-01", "too_late"),
        (field("boolean"), "true", "wrong_type"),
        (field("boolean"), 1, "wrong_type"),
        (field("select", options=OPTIONS), "c", "unknown_option"),
        (field("select", options=OPTIONS), ["a"], "unknown_option"),
        (field("multiselect", options=OPTIONS), "a", "wrong_type"),
        (field("multiselect", options=OPTIONS), [1], "wrong_type"),
        (field("multiselect", options=OPTIONS), ["a", "c"], "unknown_option"),
        (field("multiselect", options=OPTIONS), ["a", "a"], "unknown_option"),
        (field("x-colour"), {"r": 1}, "wrong_type"),
    ],
)
def test_any_other_value_is_refused_with_a_code(asked, value, code):
    error = asked.check(value)
    assert error is not None
    assert error.code == code
    assert error.message


def test_every_sentence_takes_its_numbers():
    params = {"least": 1, "most": 2}
    assert {FieldError(code, params).message for code in MESSAGES}.isdisjoint({""})
    assert FieldError("too_short", {"least": 3}).message == "Use at least 3 characters."


def test_a_custom_type_is_text_and_a_range_without_ends_a_number():
    assert field("x-file-upload").kind == "text"
    assert field("range").kind == "number"
    assert field("range", least=0).kind == "number"
    assert field("range", least=0, most=1).kind == "range"
    assert all(field(name, least=0, most=1).kind == name for name in FIELD_TYPES)


def test_an_option_has_a_label_and_an_unknown_value_is_its_own():
    assert field("select", options=OPTIONS).label_of("a") == "Apple"
    assert field("select", options=OPTIONS).label_of("z") == "z"


@pytest.mark.parametrize(
    ("asked", "like", "unlike"),
    [
        (field("number"), 5, "5"),
        (field("boolean"), True, 1),
        (field("date"), "2026-01-01", "soon"),
        (field("select", options=OPTIONS), "a", "c"),
        (field("text"), "a", 1),
    ],
)
def test_a_condition_compares_like_with_like(asked, like, unlike):
    assert asked.is_comparable(like)
    assert not asked.is_comparable(unlike)


@given(st.dates())
def test_every_day_is_read_as_it_is_spelt(day):
    assert parse_day(day.isoformat()) == day


@given(
    st.sampled_from(sorted(FIELD_TYPES)),
    st.none() | st.booleans() | st.text() | st.floats() | st.lists(st.text()),
)
def test_no_value_breaks_the_check(field_type, value):
    error = field(field_type, options=OPTIONS).check(value)
    assert error is None or error.code in MESSAGES
