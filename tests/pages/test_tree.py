"""Any JSON as rows that a person can read."""

from __future__ import annotations

import pytest

from openhitl.review.pages.tree import humanise, key_facts, read


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
