"""From what a person gives to an answer that their case takes. HITL v0.8 §10."""

from __future__ import annotations

from typing import Any

import pytest

from openhitl.errors import CallerError, InvalidAction
from openhitl.person.answers import Given, answer_data
from tests.person.bodies import CONFIRMATION, ESCALATION, FORM, ITEMS, RISKY, SELECTION
from tests.person.drawings import asked
from tests.servers import APPROVAL

PARTIAL = {**CONFIRMATION, "context": {"items": ITEMS, "partial": True}}
NOTE = {"type": "x-note", "prompt": "Anything?", "context": {}}
TWINS = {**SELECTION, "context": {"items": [{"id": "a", "title": "Same"}, {"id": "b", "title": "Same"}]}}


@pytest.mark.parametrize(
    ("body", "action", "given", "data"),
    [
        (APPROVAL, "approve", {}, {}),
        (APPROVAL, "reject", {"reason": "No."}, {"feedback": "No."}),
        (APPROVAL, "edit", {"content": "New"}, {"edits": {"content": "New"}}),
        (SELECTION, "select", {"choose": ("team LEAD",)}, {"selected": ["job_2"]}),
        (SELECTION, "select", {"choose": ("job_1",), "reason": "x"}, {"selected": ["job_1"], "note": "x"}),
        (SELECTION, "select", {"data": {"selected": ["job_1"]}}, {"selected": ["job_1"]}),
        (
            FORM,
            "submit",
            {"fields": (("city", "Faro"), ("nights", "3"), ("late", "no"))},
            {"city": "Faro", "nights": 3, "late": False},
        ),
        (FORM, "submit", {"fields": (("city", "Faro"),)}, {"city": "Faro"}),
        (CONFIRMATION, "confirm", {}, {}),
        (PARTIAL, "confirm", {"choose": ("Staff engineer",)}, {"confirmed_items": ["job_1"]}),
        (CONFIRMATION, "cancel", {"reason": "Not now."}, {"note": "Not now."}),
        (
            ESCALATION,
            "retry",
            {"fields": (("timeout", "300"), ("dry_run", "yes"))},
            {"modified_params": {"timeout": 300, "dry_run": True}},
        ),
        (ESCALATION, "abort", {"reason": "Enough."}, {"reason": "Enough."}),
        (NOTE, "submit", {"fields": (("any", "thing"),)}, {"any": "thing"}),
    ],
)
def test_what_is_given_becomes_data(body, action: str, given: dict[str, Any], data: dict[str, Any]) -> None:
    assert answer_data(asked(body), action, Given(**given)) == data


@pytest.mark.parametrize(
    ("body", "action", "given", "words"),
    [
        (APPROVAL, "edit", {}, "data.feedback: say what to change"),
        (APPROVAL, "approve", {"content": "New"}, "data.edits: are sent with the action edit"),
        (SELECTION, "select", {}, "data.selected: must be an array of item ids"),
        (SELECTION, "select", {"choose": ("x",)}, "choose: 'x' is no item of this case; it has job_1, job_2"),
        (TWINS, "select", {"choose": ("same",)}, "choose: 'same' names 2 items: use an id"),
        (FORM, "submit", {"fields": (("nights", "12"),)}, "data.nights: Enter 9 or less."),
        (FORM, "submit", {"fields": (("town", "Faro"),)}, "data.town: This form has no such field."),
        (FORM, "submit", {"fields": (("late", "maybe"),)}, "data.late: This is not of the right kind."),
        (FORM, "submit", {"reason": "x"}, "reason: is no part of an answer to this type: give fields"),
        (
            FORM,
            "submit",
            {"fields": (("city", "Faro"),), "data": {"city": "Faro"}},
            "data.city: is given twice",
        ),
        (
            ESCALATION,
            "retry",
            {"fields": (("timeout", "soon"),)},
            "timeout: must be a number",
        ),
        (
            ESCALATION,
            "retry",
            {"fields": (("dry_run", "so"),)},
            "dry_run: must be true or false",
        ),
        (ESCALATION, "skip", {"choose": ("x",)}, "choose: goes with select and confirm"),
    ],
)
def test_what_is_wrong_is_named_by_its_path(body, action: str, given: dict[str, Any], words: str) -> None:
    with pytest.raises(CallerError) as caught:
        answer_data(asked(body), action, Given(**given))
    assert words in str(caught.value)


def test_an_answer_of_another_type_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(InvalidAction, match="it takes approve, edit, reject"):
        answer_data(asked(APPROVAL), "confirm", Given())


@pytest.mark.parametrize(
    ("action", "data", "needed"),
    [
        ("approve", {}, True),
        ("reject", {}, False),
        ("edit", {"feedback": "Smaller."}, False),
        ("edit", {"edits": {"content": "x"}}, True),
    ],
)
def test_only_what_lets_something_grave_happen_takes_the_reference_code(action, data, needed: bool) -> None:
    assert asked({**APPROVAL, "context": RISKY}).needs_ref(action, data) is needed
    assert asked(APPROVAL).needs_ref(action, data) is False


@pytest.mark.parametrize(
    ("fields", "action", "needed"),
    [
        ({"assurance": "passkey"}, "reject", True),
        ({"verification_policy": {"mode": "required", "required_for": ["browser_submit"]}}, "reject", True),
        ({"verification_policy": {"mode": "step_up", "required_for": ["browser_submit"]}}, "approve", True),
        ({"verification_policy": {"mode": "step_up", "required_for": ["browser_submit"]}}, "reject", False),
        ({"verification_policy": {"mode": "optional", "required_for": ["browser_submit"]}}, "approve", False),
        ({"verification_policy": {"mode": "required", "required_for": ["inline_submit"]}}, "approve", False),
        ({}, "approve", False),
    ],
)
def test_what_takes_evidence_is_for_a_browser(fields: dict[str, Any], action: str, needed: bool) -> None:
    """HITL v0.8 §7.6."""
    assert asked(APPROVAL, **fields).needs_browser(action) is needed
