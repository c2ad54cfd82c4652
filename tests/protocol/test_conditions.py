"""When a form field is asked for. HITL v0.8 §10.3.3."""

from __future__ import annotations

import pytest

from openhitl.protocol.conditions import Condition, Operator
from openhitl.protocol.forms import Form
from tests.protocol.values import vectors

_OPTIONS = [{"value": value, "label": value.upper()} for value in "abc"]


def form_of(kind, operator, value):
    """Make a form of a field of a type, and one that depends on it."""
    on = {"key": "on", "label": "On", "type": kind}
    if kind in ("select", "multiselect"):
        on["options"] = _OPTIONS
    condition = {"field": "on", "operator": operator, "value": value}
    return Form.parse(
        {"fields": [on, {"key": "dependent", "label": "D", "type": "text", "conditional": condition}]}
    )


def given_values(value):
    return {} if value is None else {"on": value}


@pytest.mark.parametrize(
    "vector", vectors("conditions"), ids=lambda vector: f"{vector['on']} {vector['condition']}"
)
def test_a_field_is_asked_for_while_its_condition_holds(vector):
    form = form_of(vector["on"], *vector["condition"])
    for value in vector["holds"]:
        assert [field.key for field in form.visible(given_values(value))] == ["on", "dependent"], value
    for value in vector["fails"]:
        assert [field.key for field in form.visible(given_values(value))] == ["on"], value


def test_true_is_not_one():
    assert not Condition("x", Operator.EQ, 1).holds({"x": True})
    assert not Condition("x", Operator.IN, [0, 1]).holds({"x": False})


def test_values_of_different_kinds_are_neither_more_nor_less():
    assert not Condition("x", Operator.GT, 5).holds({"x": "6"})
    assert not Condition("x", Operator.LT, "b").holds({"x": 1})
    assert not Condition("x", Operator.GT, 0).holds({"x": True})


def test_a_list_equals_the_same_list():
    assert Condition("x", Operator.EQ, ["a"]).holds({"x": ["a"]})
