"""Reading a field's definition. HITL v0.8 §10.3.1, §10.3.3."""

from __future__ import annotations

from datetime import date

import pytest

from openhitl.errors import InvalidRequest
from openhitl.protocol.conditions import Condition, Operator
from openhitl.protocol.definitions import parse_field
from openhitl.protocol.fields import Field, Option

MINIMAL = {"key": "k", "label": "K", "type": "text"}
OPTIONS = [{"value": "a", "label": "A"}]


def parse(**more):
    return parse_field({**MINIMAL, **more}, "f")


def test_a_minimal_field_has_the_defaults_of_the_protocol():
    assert parse() == Field(key="k", label="K", type="text")


def test_every_property_is_read():
    assert parse(
        required=True,
        placeholder="p",
        hint="h",
        default="AB",
        validation={"minLength": 1, "maxLength": 5, "pattern": "[A-Z]+"},
        conditional={"field": "other", "operator": "in", "value": ["x"]},
    ) == Field(
        key="k",
        label="K",
        type="text",
        required=True,
        placeholder="p",
        hint="h",
        default="AB",
        min_length=1,
        max_length=5,
        pattern="[A-Z]+",
        conditional=Condition("other", Operator.IN, ["x"]),
    )


def test_a_secret_has_an_address_instead_of_a_default():
    field = parse(sensitive=True, default_ref="https://records.example.com/1")
    assert (field.sensitive, field.default_ref, field.default) == (
        True,
        "https://records.example.com/1",
        None,
    )


def test_options_and_bounds_are_read():
    assert parse(type="select", options=OPTIONS).options == (Option("a", "A"),)
    numbered = parse(type="range", validation={"min": 0, "max": 10})
    assert (numbered.least, numbered.most) == (0, 10)


@pytest.mark.parametrize(
    ("bound", "day"),
    [
        ("2026-05-31", date(2026, 5, 31)),
        (1_780_185_600, date(2026, 5, 31)),
        (1_780_185_600_000, date(2026, 5, 31)),
        (1_780_185_600.5, date(2026, 5, 31)),
    ],
)
def test_a_date_is_bounded_by_a_date_or_unmistakable_unix_time(bound, day):
    assert parse(type="date", validation={"min": bound}).least == day
    assert parse(type="date", validation={"max": bound}).most == day


@pytest.mark.parametrize("default", ["", [], None])
def test_an_empty_default_is_none_at_all(default):
    parse(default=default, validation={"minLength": 1}, sensitive=True)


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"colour": "red"}, "f.colour"),
        ({"key": None}, "f.key"),
        ({"key": "1k"}, "f.key"),
        ({"key": "a-b"}, "f.key"),
        ({"key": "k" * 101}, "f.key"),
        ({"label": ""}, "f.label"),
        ({"label": "l" * 201}, "f.label"),
        ({"type": "file"}, "f.type"),
        ({"type": None}, "f.type"),
        ({"required": "yes"}, "f.required"),
        ({"sensitive": 1}, "f.sensitive"),
        ({"placeholder": 1}, "f.placeholder"),
        ({"hint": []}, "f.hint"),
        ({"default_ref": "ftp://example.com"}, "f.default_ref"),
        ({"default_ref": 5}, "f.default_ref"),
        ({"default_ref": "https://example.com/" + "a" * 2_000}, "f.default_ref"),
        ({"options": OPTIONS}, "f.options"),
        ({"type": "select"}, "f.options"),
        ({"type": "select", "options": []}, "f.options"),
        ({"type": "select", "options": OPTIONS * 2}, "f.options"),
        ({"type": "select", "options": OPTIONS * 1_001}, "f.options"),
        ({"type": "select", "options": ["a"]}, "f.options[0]"),
        ({"type": "select", "options": [{"value": "", "label": "None"}]}, "f.options[0].value"),
        ({"type": "select", "options": [{"value": 1, "label": "One"}]}, "f.options[0].value"),
        ({"type": "select", "options": [{"value": "a", "label": ""}]}, "f.options[0].label"),
        ({"type": "select", "options": [{"value": "a", "label": "A", "icon": "x"}]}, "f.options[0].icon"),
        ({"validation": []}, "f.validation"),
        ({"validation": {"step": 1}}, "f.validation.step"),
        ({"validation": {"minLength": -1}}, "f.validation.minLength"),
        ({"validation": {"minLength": 1.5}}, "f.validation.minLength"),
        ({"validation": {"maxLength": True}}, "f.validation.maxLength"),
        ({"validation": {"minLength": 3, "maxLength": 2}}, "f.validation"),
        ({"validation": {"min": 1}}, "f.validation.min"),
        ({"type": "x-scale", "validation": {"max": 1}}, "f.validation.max"),
        ({"type": "number", "validation": {"minLength": 1}}, "f.validation.minLength"),
        ({"type": "number", "validation": {"pattern": "a"}}, "f.validation.pattern"),
        ({"type": "number", "validation": {"min": "1"}}, "f.validation.min"),
        ({"type": "number", "validation": {"min": 2, "max": 1}}, "f.validation"),
        ({"type": "boolean", "validation": {"min": 1}}, "f.validation.min"),
        ({"type": "date", "validation": {"min": 2026}}, "f.validation.min"),
        ({"type": "date", "validation": {"min": "31.5.2026"}}, "f.validation.min"),
        ({"type": "date", "validation": {"max": 10**18}}, "f.validation.max"),
        ({"type": "date", "validation": {"max": True}}, "f.validation.max"),
        ({"type": "date", "validation": {"min": "2026-02-01", "max": "2026-01-01"}}, "f.validation"),
        ({"validation": {"pattern": "(?=a)a"}}, "f.validation.pattern"),
        ({"validation": {"pattern": "(?<!a)b"}}, "f.validation.pattern"),
        ({"validation": {"pattern": r"(a)\1"}}, "f.validation.pattern"),
        ({"validation": {"pattern": "(a"}}, "f.validation.pattern"),
        ({"validation": {"pattern": "(?:a{1000}){1000}"}}, "f.validation.pattern"),
        ({"validation": {"pattern": "a" * 1_001}}, "f.validation.pattern"),
        ({"validation": {"pattern": 5}}, "f.validation.pattern"),
        ({"conditional": "x"}, "f.conditional"),
        ({"conditional": {"field": "a", "operator": "eq"}}, "f.conditional"),
        ({"conditional": {"field": "a", "operator": "eq", "value": 1, "or": 2}}, "f.conditional"),
        ({"conditional": {"field": 1, "operator": "eq", "value": 1}}, "f.conditional.field"),
        ({"conditional": {"field": "a", "operator": "ge", "value": 1}}, "f.conditional.operator"),
        ({"conditional": {"field": "a", "operator": [], "value": 1}}, "f.conditional.operator"),
        ({"conditional": {"field": "a", "operator": "in", "value": "b"}}, "f.conditional.value"),
        ({"conditional": {"field": "a", "operator": "in", "value": []}}, "f.conditional.value"),
        ({"default": 5}, "f.default"),
        ({"default": "secret", "sensitive": True}, "f.default"),
        ({"default": "b", "type": "select", "options": OPTIONS}, "f.default"),
        ({"default": 11, "type": "range", "validation": {"min": 0, "max": 10}}, "f.default"),
        ({"default": "ab", "validation": {"maxLength": 1}}, "f.default"),
    ],
)
def test_a_wrong_definition_is_refused_at_its_path(more, path):
    with pytest.raises(InvalidRequest) as refused:
        parse(**more)
    [error] = refused.value.details["errors"]
    assert error["path"] == path
    assert error["message"]


def test_a_field_is_an_object():
    with pytest.raises(InvalidRequest):
        parse_field("name", "f")
