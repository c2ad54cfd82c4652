"""Parameters that a human may change before a retry. HITL v0.8 §10.5 `modified_params`."""

from __future__ import annotations

import pytest

from openhitl.protocol.params import Param, parse_params


def only(params, options):
    [param] = parse_params(params, options)
    return param


def test_a_list_of_texts_holds_the_choices_of_its_singular():
    choices = ("rolling", "canary")
    assert only({}, {"strategies": list(choices)}) == Param(name="strategy", kind="choice", choices=choices)
    assert only({}, {"regions": ["eu"]}).name == "region"
    assert only({}, {"mode": ["fast"]}).name == "mode"
    assert only({"region": "eu"}, {"regions": ["eu", "us"]}).value == "eu"


def test_a_range_bounds_the_number_it_names():
    assert only({"timeout": 60}, {"timeout_range": {"min": 10, "max": 90, "unit": "seconds"}}) == Param(
        name="timeout", kind="number", value=60, least=10, most=90, unit="seconds"
    )
    assert only({}, {"timeout_range": {"min": 10, "max": 90, "unit": 5}}).unit == ""


@pytest.mark.parametrize(
    "options",
    [
        {"left": 2},
        {"strategies": []},
        {"strategies": ["a", 1]},
        {"timeout_range": [1, 2]},
        {"timeout_range": {"min": 1}},
        {"timeout_range": {"min": "1", "max": 2}},
        {"timeout_range": {"min": 3, "max": 2}},
        {"timeout": {"min": 1, "max": 2}},
    ],
)
def test_anything_else_in_the_options_is_information(options):
    assert parse_params({}, options) == ()


def test_values_without_a_control_are_no_parameters():
    assert parse_params({"list": [1], "object": {}, "nothing": None}, {}) == ()


@pytest.mark.parametrize(
    ("param", "good", "bad", "expectation"),
    [
        (Param(name="p", kind="choice", choices=("a", "b")), ["a"], ["c", 1, ["a"]], "must be one of a, b"),
        (Param(name="p", kind="boolean"), [True, False], [1, "true"], "must be true or false"),
        (Param(name="p", kind="text"), ["", "x"], [1, None], "must be text"),
        (Param(name="p", kind="number"), [0, -1.5], ["1", True, None], "must be a number"),
        (Param(name="p", kind="number", least=1, most=5), [1, 5], [0.9, 5.1], "must be from 1 to 5"),
    ],
)
def test_a_parameter_keeps_its_kind_and_bounds(param, good, bad, expectation):
    assert all(map(param.accepts, good))
    assert not any(map(param.accepts, bad))
    assert param.expectation == expectation
