"""What a form asks for, whatever a service sent. HITL v0.8 §10.3."""

import json

import pytest

from openhitl.protocol.incoming_forms import FormSummary, Values, form_summary, sensitive_keys

WIZARD = {
    "form": {
        "steps": [
            {"title": "Person", "fields": [{"key": "name", "required": True}]},
            {"title": "Bank", "fields": [{"key": "iban", "sensitive": "yes", "required": "yes"}, "junk"]},
            "junk",
        ]
    }
}


def test_a_wizard_is_summarised_by_its_steps():
    summary = form_summary(WIZARD)
    assert summary == FormSummary(steps=("Person", "Bank"), fields=2, required=1)
    assert summary.line == "2-step form (Person, Bank): 2 fields, 1 required"


def test_a_single_page_is_summarised_by_its_fields():
    summary = form_summary({"form": {"fields": [{"key": "name"}], "steps": None}})
    assert summary is not None
    assert summary.line == "Form: 1 field, 0 required"


def test_titles_are_cut_to_one_line():
    steps = [{"title": "long " * 20 + "\nand more"}] + [{}] * 8
    summary = form_summary({"form": {"steps": steps}})
    assert summary is not None
    first = summary.line.removeprefix("9-step form (").partition(",")[0]
    assert (len(first), first[-1]) == (60, "…")
    assert ", …)" in summary.line


@pytest.mark.parametrize("context", [{}, {"form": None}, {"form": ["name"]}])
def test_where_there_is_no_form_there_is_nothing_to_say(context):
    assert form_summary(context) is None
    assert sensitive_keys(context) == frozenset()


@pytest.mark.parametrize(("said", "keys"), [("yes", {"a"}), (1, {"a"}), (True, {"a"}), (False, set())])
def test_whatever_a_service_calls_sensitive_is(said, keys):
    """§10.3.1."""
    assert sensitive_keys({"form": {"fields": [{"key": "a", "sensitive": said}]}}) == keys
    assert sensitive_keys(WIZARD) == {"iban"}


def test_values_are_masked_in_print_only():
    values = Values({"iban": "DE00", "name": "Heron"}, frozenset({"iban"}))
    assert repr(values) == "{'iban': '(hidden)', 'name': 'Heron'}"
    assert json.loads(json.dumps(values)) == {"iban": "DE00", "name": "Heron"}
