"""Which answers a case takes. HITL v0.8 §10."""

from __future__ import annotations

import pytest

from openhitl.errors import InvalidAction, InvalidAnswer, InvalidRequest
from openhitl.protocol.answers import CheckedAnswer, check_answer
from openhitl.protocol.case import ACTIONS
from openhitl.protocol.context import Context
from openhitl.protocol.fields import MAX_TEXT_CHARACTERS
from tests.protocol.values import asked, case_bodies

CASES = case_bodies()
ITEMS = [{"id": "a"}, {"id": "b"}, {"id": "c"}]
EMAIL = CASES["approval-email-reply"]
PURCHASE = CASES["approval-purchase-order"]
IMPORT = CASES["escalation-import-failed"]
LONG = "x" * (MAX_TEXT_CHARACTERS + 1)


def case_of(review_type, **context):
    return {"type": review_type, "prompt": "P", "context": context}


def check(body, action, data):
    question = asked(body)
    return check_answer(question.content, question.context, action, data)


def codes_of(body, action, data):
    with pytest.raises(InvalidAnswer) as refused:
        check(body, action, data)
    return [(error["path"], error["code"]) for error in refused.value.details["errors"]]


@pytest.mark.parametrize("name", sorted(CASES))
def test_only_the_actions_of_its_type_answer_a_case(name):
    question = asked(CASES[name])
    actions = ACTIONS.get(question.content.type, ("submit",))
    with pytest.raises(InvalidAction) as refused:
        check_answer(question.content, question.context, "explode", {})
    assert refused.value.details["valid_actions"] == list(actions)


def test_what_cannot_be_stored_is_no_answer():
    with pytest.raises(InvalidRequest) as refused:
        check(EMAIL, "approve", {"feedback": "a\0b"})
    assert refused.value.details["errors"][0]["path"] == "data.feedback"


# -- approval, §10.1 --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("approve", {}),
        ("approve", {"feedback": "Fine."}),
        ("approve", {"edits": {}}),
        ("reject", {"feedback": "Not now."}),
        ("edit", {"feedback": "Shorter."}),
        ("edit", {"edits": {"content": "Hello Alice,"}}),
        ("edit", {"edits": {"title": "New", "sections": ["end"]}}),
    ],
)
def test_an_approval_takes_feedback_and_edits(action, data):
    assert check(EMAIL, action, data) == CheckedAnswer(action, data)


@pytest.mark.parametrize(
    ("action", "data", "faults"),
    [
        ("approve", {"note": "x"}, [("data.note", "unknown_field")]),
        ("approve", {"feedback": 5}, [("data.feedback", "wrong_type")]),
        ("approve", {"feedback": LONG}, [("data.feedback", "too_long")]),
        ("approve", {"edits": {"content": "new"}}, [("data.edits", "edits_need_edit")]),
        ("reject", {"edits": {"content": "new"}}, [("data.edits", "edits_need_edit")]),
        ("edit", {}, [("data.feedback", "required")]),
        ("edit", {"feedback": "  "}, [("data.feedback", "required")]),
        ("edit", {"edits": {}}, [("data.feedback", "required")]),
        ("edit", {"edits": "new"}, [("data.edits", "wrong_type")]),
        ("edit", {"edits": {"content": {"a": 1}}}, [("data.edits.content", "wrong_type")]),
        (
            "edit",
            {"a": 1, "b": 2, "edits": 3},
            [("data.a", "unknown_field"), ("data.b", "unknown_field"), ("data.edits", "wrong_type")],
        ),
    ],
)
def test_an_approval_refuses_edits_that_would_be_overlooked(action, data, faults):
    assert codes_of(EMAIL, action, data) == faults


def test_an_artifact_that_is_json_may_be_edited_to_json():
    check(PURCHASE, "edit", {"edits": {"content": {"total": 1}}})
    check(CASES["approval-bare"], "edit", {"edits": {"content": 5}})


# -- selection, §10.2 -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bounds", "selected"),
    [
        ({}, ["a"]),
        ({}, ["c", "a", "b"]),
        ({"min": 0}, []),
        ({"min": 2, "max": 2}, ["a", "b"]),
        ({"max": 9}, ["b"]),
    ],
)
def test_a_selection_takes_known_items_within_its_bounds(bounds, selected):
    data = {"selected": selected, "note": "n"}
    assert check(case_of("selection", items=ITEMS, **bounds), "select", data).data == data


@pytest.mark.parametrize(
    ("bounds", "data", "faults"),
    [
        ({}, {}, [("data.selected", "wrong_type")]),
        ({}, {"selected": "a"}, [("data.selected", "wrong_type")]),
        ({}, {"selected": [1]}, [("data.selected", "wrong_type")]),
        ({}, {"selected": []}, [("data.selected", "wrong_count")]),
        ({"max": 1}, {"selected": ["a", "b"]}, [("data.selected", "wrong_count")]),
        ({"min": 2}, {"selected": ["a"]}, [("data.selected", "wrong_count")]),
        ({}, {"selected": ["a", "z"]}, [("data.selected[1]", "unknown_option")]),
        ({}, {"selected": ["a", "a"]}, [("data.selected", "repeated")]),
        ({}, {"selected": ["a"], "note": []}, [("data.note", "wrong_type")]),
        ({}, {"selected": ["a"], "reason": "x"}, [("data.reason", "unknown_field")]),
    ],
)
def test_a_selection_refuses_any_other_choice(bounds, data, faults):
    assert codes_of(case_of("selection", items=ITEMS, **bounds), "select", data) == faults


def test_a_wrong_number_of_choices_is_told_the_right_one():
    for bounds, message in (
        ({"min": 1, "max": 1}, "choose 1"),
        ({"min": 1, "max": 2}, "choose 1 to 2"),
        ({}, "choose 1 to 3"),
    ):
        with pytest.raises(InvalidAnswer) as refused:
            check(case_of("selection", items=ITEMS, **bounds), "select", {"selected": []})
        assert refused.value.details["errors"][0]["message"] == message


# -- input, §10.3 -----------------------------------------------------------------------------


def test_a_form_is_answered_by_its_visible_fields():
    wizard = CASES["input-contractor-wizard"]
    data = {
        "signer": "B",
        "tax_number": "12",
        "is_company": False,
        "company": "left over",
        "model": "day",
        "rate": 400,
        "starts": "2026-05-01",
    }
    checked = check(wizard, "submit", data)
    assert checked.data == {key: value for key, value in data.items() if key != "company"}
    assert checked.sensitive == {"tax_number", "rate"}


def test_a_secret_that_was_not_given_is_not_named():
    checked = check(
        CASES["input-contractor-wizard"], "submit", {"signer": "B", "model": "fixed", "starts": "2026-05-01"}
    )
    assert checked.sensitive == frozenset()


def test_form_errors_name_field_code_and_numbers():
    with pytest.raises(InvalidAnswer) as refused:
        check(
            case_of(
                "input",
                form={"fields": [{"key": "n", "label": "N", "type": "number", "validation": {"min": 5}}]},
            ),
            "submit",
            {"n": 1},
        )
    assert refused.value.details["errors"] == [
        {
            "path": "data.n",
            "field": "n",
            "code": "too_small",
            "message": "Enter 5 or more.",
            "params": {"least": 5},
        }
    ]


def test_a_custom_type_with_a_form_is_checked_and_one_without_takes_any_object():
    """HITL v0.8 §10 "Custom Types"."""
    assert check(CASES["custom-comparison"], "submit", {"better": "a"}).data == {"better": "a"}
    assert codes_of(CASES["custom-comparison"], "submit", {"better": "c"}) == [
        ("data.better", "unknown_option")
    ]
    anything = {"answer": "All fine.", "deep": {"a": [1]}}
    assert check(CASES["custom-everything-else"], "submit", anything) == CheckedAnswer("submit", anything)


# -- confirmation, §10.4 ----------------------------------------------------------------------


def confirmation(**context):
    return case_of("confirmation", items=ITEMS, **context)


def test_a_bare_confirm_means_all_items():
    assert check(confirmation(), "confirm", {}).data == {"confirmed_items": ["a", "b", "c"]}
    assert check(case_of("confirmation"), "confirm", {"note": "ok"}).data == {"note": "ok"}


def test_all_items_or_where_allowed_some_are_confirmed():
    everything = {"confirmed_items": ["b", "a", "c"]}
    assert check(confirmation(), "confirm", everything).data == everything
    assert check(confirmation(partial=True), "confirm", {"confirmed_items": ["b"]}).data == {
        "confirmed_items": ["b"]
    }
    assert check(case_of("confirmation"), "confirm", {"confirmed_items": []}).data == {"confirmed_items": []}


def test_a_cancel_confirms_nothing():
    assert check(confirmation(), "cancel", {"note": "no"}).data == {"note": "no"}


@pytest.mark.parametrize(
    ("context", "action", "data", "faults"),
    [
        ({}, "confirm", {"confirmed_items": ["a"]}, [("data.confirmed_items", "not_partial")]),
        ({}, "confirm", {"confirmed_items": []}, [("data.confirmed_items", "wrong_count")]),
        ({"partial": True}, "confirm", {}, [("data.confirmed_items", "required")]),
        ({"partial": True}, "confirm", {"confirmed_items": []}, [("data.confirmed_items", "wrong_count")]),
        (
            {"partial": True},
            "confirm",
            {"confirmed_items": ["z"]},
            [("data.confirmed_items[0]", "unknown_option")],
        ),
        (
            {"partial": True},
            "confirm",
            {"confirmed_items": ["a", "a"]},
            [("data.confirmed_items", "repeated")],
        ),
        ({}, "confirm", {"confirmed_items": "a"}, [("data.confirmed_items", "wrong_type")]),
        ({}, "cancel", {"confirmed_items": ["a"]}, [("data.confirmed_items", "unknown_field")]),
        ({}, "confirm", {"reason": "x"}, [("data.reason", "unknown_field")]),
        ({}, "cancel", {"note": 1}, [("data.note", "wrong_type")]),
    ],
)
def test_a_confirmation_refuses_what_is_neither(context, action, data, faults):
    assert codes_of(confirmation(**context), action, data) == faults


# -- escalation, §10.5 ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("retry", {}),
        (
            "retry",
            {
                "modified_params": {
                    "batch_size": 100,
                    "strategy": "assume_eur",
                    "dry_run": True,
                    "note": "try",
                }
            },
        ),
        ("skip", {"reason": "Not needed."}),
        ("abort", {"modified_params": {}}),
    ],
)
def test_an_escalation_takes_a_reason_and_changed_parameters(action, data):
    assert check(IMPORT, action, data) == CheckedAnswer(action, data)


@pytest.mark.parametrize(
    ("action", "data", "faults"),
    [
        ("retry", {"modified_params": {"speed": 1}}, [("data.modified_params.speed", "unknown_field")]),
        (
            "retry",
            {"modified_params": {"columns": ["sku"]}},
            [("data.modified_params.columns", "unknown_field")],
        ),
        (
            "retry",
            {"modified_params": {"batch_size": 1}},
            [("data.modified_params.batch_size", "wrong_type")],
        ),
        (
            "retry",
            {"modified_params": {"strategy": "guess"}},
            [("data.modified_params.strategy", "wrong_type")],
        ),
        ("retry", {"modified_params": []}, [("data.modified_params", "wrong_type")]),
        ("skip", {"modified_params": {"batch_size": 100}}, [("data.modified_params", "unknown_field")]),
        ("abort", {"reason": 5}, [("data.reason", "wrong_type")]),
        ("retry", {"note": "x"}, [("data.note", "unknown_field")]),
    ],
)
def test_an_escalation_refuses_parameters_that_it_did_not_name(action, data, faults):
    assert codes_of(IMPORT, action, data) == faults


def test_the_data_that_was_given_is_not_changed():
    data = {}
    question = asked(confirmation())
    assert check_answer(question.content, question.context, "confirm", data).data
    assert data == {}
    assert isinstance(question.context, Context)
