"""Any JSON as rows that a person can read."""

from __future__ import annotations

import pytest

from openhitl.protocol.tree import count_rows, has_more_values, humanise, key_facts, read


@pytest.mark.parametrize(
    ("key", "label"),
    [
        ("error_rate_percent", "Error rate percent"),
        ("errorRate", "Error rate"),
        ("API", "API"),
        ("commit-sha", "Commit sha"),
        ("_", "_"),
    ],
)
def test_keys_become_words(key: str, label: str) -> None:
    assert humanise(key) == label


def test_up_to_six_short_scalars_are_key_facts() -> None:
    rest = {f"k{number}": number for number in range(8)} | {"long": "x" * 100, "deep": {"a": 1}}
    facts, remaining = key_facts(rest)
    assert [fact.text for fact in facts] == ["0", "1", "2", "3", "4", "5"]
    assert set(remaining) == {"k6", "k7", "long", "deep"}


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (True, "yes"),
        (False, "no"),
        (None, "none"),
        ("", "empty"),
        ([], "empty"),
        ({}, "empty"),
        (0, "text"),
        ("https://example.com", "link"),
        ("see https://example.com", "text"),
        ([1], "list"),
        ({"a": [1]}, "branch"),
        ({"a": 1, "b": "x"}, "pairs"),
    ],
)
def test_every_json_value_has_a_kind(value: object, kind: str) -> None:
    assert read(value, "Label").kind == kind


@pytest.mark.parametrize(
    ("value", "rows"),
    [
        ("short", 1),
        ("x" * 130, 3),
        ("a\nb\nc", 3),
        ({"a": 1, "b": "x"}, 3),
        ([1, [2, 3]], 5),
        ({"a": {"b": 1}}, 2),
    ],
)
def test_rows_are_counted_as_they_will_be_drawn(value: object, rows: int) -> None:
    assert count_rows(read(value)) == rows


@pytest.mark.parametrize(
    ("value", "has_more"), [("text", False), ([1, 2], False), ([1, 2, 3], True), ({"a": [1], "b": 2}, True)]
)
def test_values_are_counted_no_further_than_needed(value: object, has_more: bool) -> None:
    assert has_more_values(value, 3) is has_more
