"""Forms as a whole. HITL v0.8 §10.3."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openhitl.errors import InvalidRequest
from openhitl.protocol.case import Progress
from openhitl.protocol.fields import is_empty
from openhitl.protocol.forms import MAX_FIELDS, MAX_STEPS, Form
from tests.protocol.values import case_bodies

TEXT = {"key": "a", "label": "A", "type": "text"}
CASES = case_bodies()
EMPLOYEE = Form.parse(CASES["input-new-employee"]["context"]["form"])
WIZARD = Form.parse(CASES["input-contractor-wizard"]["context"]["form"])


def fields(*raw):
    return Form.parse({"fields": list(raw)})


def named(key, field_type="text", **more):
    return {"key": key, "label": key, "type": field_type, **more}


def only_if(field, operator, value):
    return {"field": field, "operator": operator, "value": value}


def paths_of(raw):
    with pytest.raises(InvalidRequest) as refused:
        Form.parse(raw)
    return [error["path"] for error in refused.value.details["errors"]]


# -- reading ----------------------------------------------------------------------------------


def test_a_form_without_steps_is_one_step_without_a_title():
    form = fields(TEXT)
    assert not form.has_steps
    assert [(step.title, [field.key for field in step.fields]) for step in form.steps] == [("", ["a"])]


def test_a_wizard_keeps_its_steps_and_session():
    assert WIZARD.has_steps
    assert WIZARD.session_id == "form_4410"
    assert [(step.title, len(step.fields)) for step in WIZARD.steps] == [
        ("Person", 3),
        ("Company", 2),
        ("Terms", 8),
        ("Check and send", 0),
    ]
    assert WIZARD.sensitive_keys == {"tax_number", "rate"}


@pytest.mark.parametrize(
    ("raw", "paths"),
    [
        ("form", ["context.form"]),
        ({}, ["context.form"]),
        ({"fields": [TEXT], "steps": []}, ["context.form"]),
        ({"fields": [TEXT], "layout": "wide"}, ["context.form.layout"]),
        ({"fields": [TEXT], "session_id": 5}, ["context.form.session_id"]),
        ({"fields": TEXT}, ["context.form.fields"]),
        ({"fields": []}, ["context.form"]),
        ({"fields": [named(f"k{index}") for index in range(MAX_FIELDS + 1)]}, ["context.form"]),
        ({"fields": [{"key": "a"}, TEXT, 5]}, ["context.form.fields[0].type", "context.form.fields[2]"]),
        ({"fields": [TEXT, TEXT]}, ["context.form.fields[1].key"]),
        ({"steps": []}, ["context.form.steps"]),
        ({"steps": [{"title": "S", "fields": []}]}, ["context.form"]),
        ({"steps": [{"title": "S", "fields": []}] * (MAX_STEPS + 1)}, ["context.form.steps"]),
        (
            {"steps": [{"title": "", "fields": [TEXT]}, "x"]},
            ["context.form.steps[0].title", "context.form.steps[1]"],
        ),
        ({"steps": [{"title": "S"}]}, ["context.form.steps[0].fields"]),
        ({"steps": [{"title": "S", "fields": [], "icon": "x"}]}, ["context.form.steps[0].icon"]),
        ({"steps": [{"title": "S", "description": 1, "fields": []}]}, ["context.form.steps[0].description"]),
        (
            {"steps": [{"title": "S", "fields": [TEXT]}, {"title": "T", "fields": [named("b"), TEXT]}]},
            ["context.form.steps[1].fields[1].key"],
        ),
    ],
)
def test_a_wrong_form_is_refused_at_every_path(raw, paths):
    assert paths_of(raw) == paths


@pytest.mark.parametrize(
    ("on", "condition", "path"),
    [
        (TEXT, only_if("z", "eq", "x"), "field"),
        (TEXT, only_if("b", "eq", "x"), "field"),
        (TEXT, only_if("a", "eq", 1), "value"),
        (TEXT, only_if("a", "gt", "x"), "value"),
        (TEXT, only_if("a", "in", ["x", 1]), "value"),
        (named("a", "number"), only_if("a", "lt", "5"), "value"),
        (named("a", "boolean"), only_if("a", "eq", "true"), "value"),
        (named("a", "date"), only_if("a", "gt", "soon"), "value"),
        (named("a", "select", options=[{"value": "x", "label": "X"}]), only_if("a", "eq", "y"), "value"),
    ],
)
def test_a_condition_looks_back_and_compares_like_with_like(on, condition, path):
    """HITL v0.8 §10.3.3: so there are no cycles."""
    dependent = named("b", conditional=condition)
    assert paths_of({"fields": [on, dependent]}) == [f"context.form.fields[1].conditional.{path}"]


def test_a_condition_may_look_back_to_an_earlier_step():
    later = named("b", conditional=only_if("a", "eq", "x"))
    form = Form.parse({"steps": [{"title": "S", "fields": [TEXT]}, {"title": "T", "fields": [later]}]})
    assert [field.key for field in form.visible({"a": "x"})] == ["a", "b"]


# -- checking ---------------------------------------------------------------------------------


def test_a_field_that_depends_on_a_hidden_one_is_hidden_too():
    """Even by `neq`, which an absent value would meet."""
    form = fields(
        named("a", "boolean"),
        named("b", conditional=only_if("a", "eq", True)),
        named("c", conditional=only_if("b", "neq", "x"), required=True),
    )
    assert [field.key for field in form.visible({"a": False, "b": "y"})] == ["a"]
    assert form.check({"b": "y", "c": "z"}).values == {}
    assert [field.key for field in form.visible({"a": True})] == ["a", "b", "c"]


def test_hidden_fields_are_neither_required_nor_part_of_the_answer():
    """HITL v0.8 §10.3.3."""
    form = fields(TEXT, named("b", required=True, conditional=only_if("a", "eq", "x")))
    assert form.check({"a": "y", "b": "left over"}).values == {"a": "y"}
    assert form.check({"a": "y"}).errors == {}
    assert list(form.check({"a": "x"}).errors) == ["b"]


def test_all_errors_are_told_by_key():
    result = EMPLOYEE.check({"full_name": "B2", "weekly_hours": "many", "nickname": "b", "remote": True})
    assert {key: error.code for key, error in result.errors.items()} == {
        "nickname": "unknown_field",
        "full_name": "pattern",
        "weekly_hours": "not_a_number",
        "first_day": "required",
        "work_email": "required",
        "terms": "required",
        "laptop": "required",
        "salary": "required",
    }
    assert result.values == {"remote": True}


def test_one_step_is_checked_alone():
    assert WIZARD.check({"signer": "B"}, step=1).errors == {}
    assert list(WIZARD.check({"signer": "B", "is_company": True}, step=2).errors) == ["company"]
    assert WIZARD.check({}, step=4).errors == {}


def test_false_and_nought_are_answers_and_emptiness_is_none():
    assert not is_empty(False)
    assert not is_empty(0)
    assert all(map(is_empty, (None, "", [])))
    form = fields(named("a", "boolean", required=True), named("b", "number", required=True))
    assert form.check({"a": False, "b": 0}).errors == {}
    assert [error.code for error in form.check({"a": None, "b": ""}).errors.values()] == [
        "required",
        "required",
    ]


# -- HTML forms -------------------------------------------------------------------------------


def test_an_html_post_is_decoded_by_type():
    assert EMPLOYEE.from_text(
        [
            ("full_name", "Bo Writer"),
            ("about", "first\r\nsecond "),
            ("weekly_hours", "38,5"),
            ("first_day", " 2026-04-01 "),
            ("work_email", " b@example.com"),
            ("profile", ""),
            ("terms", "false"),
            ("laptop", "l13"),
            ("access", "wiki"),
            ("access", "git"),
            ("noise", "3.0"),
            ("badge_colour", " teal "),
            ("salary", "52 000"),
            ("unknown", "x"),
        ]
    ) == {
        "full_name": "Bo Writer",
        "about": "first\nsecond ",
        "weekly_hours": 38.5,
        "first_day": "2026-04-01",
        "work_email": "b@example.com",
        "remote": False,
        "terms": False,
        "laptop": "l13",
        "access": ["wiki", "git"],
        "noise": 3,
        "badge_colour": " teal ",
        "salary": 52000,
    }


def test_an_absent_checkbox_is_false_and_an_absent_radio_nothing():
    form = fields(
        named("optional", "boolean"),
        named("asked", "boolean", required=True),
        named("more", "multiselect", options=[{"value": "x", "label": "X"}]),
    )
    assert form.from_text([]) == {"optional": False}
    assert form.from_text([("optional", "on"), ("asked", "no"), ("more", "")]) == {
        "optional": True,
        "asked": False,
    }


def test_a_number_that_cannot_be_read_stays_text_to_be_refused():
    values = EMPLOYEE.from_text([("salary", "95,000"), ("weekly_hours", "many")])
    assert (values["salary"], values["weekly_hours"]) == ("95,000", "many")
    errors = EMPLOYEE.check(values).errors
    assert (errors["salary"].code, errors["weekly_hours"].code) == ("ambiguous_number", "not_a_number")


def test_of_a_repeated_name_the_last_counts():
    assert fields(TEXT).from_text([("a", "1"), ("a", "2")]) == {"a": "2"}


@given(st.lists(st.tuples(st.sampled_from([field.key for field in EMPLOYEE.fields]), st.text())))
def test_any_post_decodes_to_values_that_can_be_checked(pairs):
    EMPLOYEE.check(EMPLOYEE.from_text(pairs))


# -- progress ---------------------------------------------------------------------------------


def test_progress_counts_what_is_asked_and_filled():
    """HITL v0.8 §10.3.4."""
    values = {"signer": "B", "is_company": True, "company": "", "days": 0}
    assert WIZARD.progress(values, 2) == Progress(
        current_step=2, total_steps=4, completed_fields=3, total_fields=9
    )


@pytest.mark.parametrize(("step", "current"), [(-3, 1), (0, 1), (4, 4), (99, 4)])
def test_progress_stays_within_the_steps(step, current):
    assert WIZARD.progress({}, step).current_step == current
