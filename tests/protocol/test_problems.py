"""What is wrong with a request, and where."""

from __future__ import annotations

import pytest

from openhitl.errors import InvalidRequest, NoItems
from openhitl.protocol.problems import (
    MAX_DEPTH,
    MAX_WHOLE,
    Problems,
    check_storable,
    invalid,
    list_of,
    object_of,
    text_of,
)


def errors_of(call, *args, **more):
    with pytest.raises(InvalidRequest) as refused:
        call(*args, **more)
    return [(error["path"], error["message"]) for error in refused.value.details["errors"]]


def nested(depth, inner=None):
    return inner if depth == 0 else [nested(depth - 1, inner)]


def test_all_problems_are_told_at_once():
    problems = Problems()
    assert problems.take(invalid, "a", "is wrong") is None
    assert problems.take(text_of, "good", "p", most=4) == "good"
    assert problems.take(text_of, 5, path="b") is None
    assert errors_of(problems.raise_any) == [("a", "is wrong"), ("b", "must be text")]


def test_no_problem_raises_nothing():
    problems = Problems()
    assert problems.take(text_of, "good", "p") == "good"
    problems.raise_any()


def test_a_refusal_of_another_kind_goes_through():
    def refuse():
        raise NoItems

    with pytest.raises(NoItems):
        Problems().take(refuse)


def test_text_has_a_kind_and_a_length():
    assert text_of("ab", "p", least=1, most=2) == "ab"
    assert errors_of(text_of, None, "p") == [("p", "is required")]
    assert errors_of(text_of, 5, "p") == [("p", "must be text")]
    assert errors_of(text_of, "", "p", least=1) == [("p", "must not be empty")]
    assert errors_of(text_of, "a", "p", least=2) == [("p", "must have at least 2 characters")]
    assert errors_of(text_of, "abc", "p", most=2) == [("p", "must have at most 2 characters")]


def test_objects_and_arrays_have_their_kind():
    assert object_of({}, "p") == {}
    assert list_of([], "p") == []
    assert errors_of(object_of, [], "p") == [("p", "must be an object")]
    assert errors_of(list_of, {}, "p") == [("p", "must be an array")]
    assert errors_of(list_of, None, "p") == [("p", "is required")]


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        MAX_WHOLE,
        -MAX_WHOLE,
        1.5,
        1e300,
        "",
        "ä 日本 👍",
        {"ä": [1, {"b": []}]},
        nested(MAX_DEPTH),
    ],
)
def test_ordinary_json_can_be_stored(value):
    check_storable(value)


@pytest.mark.parametrize(
    ("value", "path", "message"),
    [
        ("a\0b", "", "NUL"),
        ("\ud800", "", "half a character"),
        ({"a": ["x", {"b": "\udfff"}]}, "a[1].b", "half a character"),
        ([[], ["\0"]], "[1][0]", "NUL"),
        ({"a": {"k\0": 1}}, "a.k⟦U+0000⟧", "NUL"),
        ({"\ud83d": 1}, "⟦U+D83D⟧", "half a character"),
        ({"n": MAX_WHOLE + 1}, "n", "send it as text"),
        ({"n": -(10**400)}, "n", "send it as text"),
        ({"n": float("nan")}, "n", "not a number"),
        ([float("inf")], "[0]", "not a number"),
        (nested(MAX_DEPTH + 1), "[0]" * MAX_DEPTH, "nested more than 32 levels"),
        ({"a": nested(MAX_DEPTH - 1, {})}, "a" + "[0]" * (MAX_DEPTH - 1), "nested more than 32 levels"),
    ],
)
def test_what_no_database_page_or_signature_can_keep_is_refused(value, path, message):
    [(where, what)] = errors_of(check_storable, value)
    assert where == path
    assert message in what


def test_a_very_long_name_is_not_echoed_whole():
    [(path, _)] = errors_of(check_storable, {"k" * 5_000: "\0"})
    assert path == "k" * 100
