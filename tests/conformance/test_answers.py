"""Answers are made from what the hitl object says, and are such that nothing happens."""

from __future__ import annotations

from typing import Any

import pytest

from openhitl.conformance.answers import answer_to
from openhitl.conformance.check import NotApplicable
from openhitl.conformance.quoting import quoted


def form(*fields: dict[str, Any]) -> dict[str, Any]:
    labelled = [{"label": "A field", "required": True, **field} for field in fields]
    return {"type": "input", "context": {"form": {"fields": labelled}}}


@pytest.mark.parametrize(
    ("review_type", "action"), [("confirmation", "cancel"), ("approval", "reject"), ("escalation", "abort")]
)
def test_what_can_be_refused_is_refused(review_type: str, action: str) -> None:
    assert answer_to({"type": review_type}) == {"action": action, "data": {}}


def test_words_stand_where_the_type_has_them() -> None:
    """HITL v0.8 §10."""
    assert answer_to({"type": "approval"}, "no")["data"] == {"feedback": "no"}
    assert answer_to({"type": "escalation"}, "no")["data"] == {"reason": "no"}
    assert (
        answer_to(form({"key": "a", "type": "number"}, {"key": "b", "type": "text"}), "no")["data"]["b"]
        == "no"
    )


@pytest.mark.parametrize("name", ["items", "options", "options_preview"])
def test_a_selection_takes_an_item_of_the_context(name: str) -> None:
    hitl = {"type": "selection", "context": {name: [{"id": "a"}, {"id": "b"}]}}
    assert answer_to(hitl) == {"action": "select", "data": {"selected": ["a"]}}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ({"type": "text"}, "some words"),
        ({"type": "textarea", "validation": {"minLength": 12}}, "some wordsxx"),
        ({"type": "text", "validation": {"maxLength": 4}}, "some"),
        ({"type": "number"}, 1),
        ({"type": "range", "validation": {"min": 40, "max": 50}}, 40),
        ({"type": "number", "validation": {"max": -5}}, -5),
        ({"type": "date"}, "2030-01-15"),
        ({"type": "email"}, "someone@example.com"),
        ({"type": "boolean"}, True),
        ({"type": "select", "options": [{"value": "a", "label": "A"}]}, "a"),
        ({"type": "multiselect", "options": [{"value": "a", "label": "A"}]}, ["a"]),
        ({"type": "x-colour"}, "some words"),
    ],
)
def test_a_required_field_is_filled_in_by_its_type(field: dict[str, Any], value: Any) -> None:
    """HITL v0.8 §10.3.1."""
    assert answer_to(form({"key": "a", **field}))["data"] == {"a": value}


@pytest.mark.parametrize(
    "hitl",
    [
        {"type": "selection", "context": {"total": 5}},
        {"type": "input"},
        {"type": "input", "context": {"form": {"steps": [{"fields": [1]}]}}},
        form({"key": "a", "type": "text", "validation": {"pattern": "^x+$"}}),
        form({"key": "a", "type": "select"}),
    ],
)
def test_what_the_object_does_not_say_is_not_guessed(hitl: dict[str, Any]) -> None:
    with pytest.raises(NotApplicable):
        answer_to(hitl)


def test_a_quotation_shows_no_secret_nothing_invisible_and_no_end() -> None:
    said = 'Bearer key-12345678 {"submit_token": "abc"} /review/1?token=def&x=1 \u202e\0' + "z" * 500
    shown = quoted(said, ["key-12345678"])
    assert shown.startswith('Bearer … {"submit_token": "…"} /review/1?token=…&x=1 \\u202e\\x00zzz')
    assert len(shown) == 401
