"""What a question is on the wire. HITL v0.8 §6, §10."""

from datetime import UTC, datetime, timedelta

import pytest

from openhitl.errors import InvalidRequest
from openhitl.protocol import questions


def body(question, **terms):
    return questions.request_body("Go on?", question, terms)


def test_an_approval_takes_a_text_or_a_whole_artifact():
    assert body(questions.approval("text")) == {
        "type": "approval",
        "prompt": "Go on?",
        "context": {"artifact": {"content": "text"}},
    }
    artifact = {"title": "Plan", "content": "x", "format": "markdown"}
    assert body(questions.approval(artifact))["context"] == {"artifact": artifact}
    assert body(questions.approval(None)) == {"type": "approval", "prompt": "Go on?"}


def test_plain_choices_are_their_own_ids():
    question = questions.selection(["Staging", "Production"], minimum=1, maximum=1)
    assert question["context"] == {
        "items": [{"id": "Staging", "title": "Staging"}, {"id": "Production", "title": "Production"}],
        "min": 1,
        "max": 1,
    }


def test_two_choices_that_are_the_same_are_refused():
    with pytest.raises(InvalidRequest):
        questions.selection(["A", "A"])


def test_a_question_in_words_is_one_textarea_called_answer():
    assert questions.text_input("e.g. main")["context"]["form"]["fields"] == [
        {
            "key": "answer",
            "label": "Answer",
            "type": "textarea",
            "required": True,
            "placeholder": "e.g. main",
        }
    ]


def test_a_list_of_fields_is_a_form():
    fields = [{"key": "a", "label": "A", "type": "text"}]
    assert questions.form_input(fields) == questions.form_input({"fields": fields})


def test_confirmation_and_escalation_name_what_the_spec_names():
    confirm = questions.confirmation(["a@b.example"], irreversible=True, partial=True)
    assert confirm["context"] == {
        "items": [{"id": "a@b.example", "title": "a@b.example"}],
        "irreversible": True,
        "partial": True,
    }
    escalate = questions.escalation("It broke.", params={"retries": 3})
    assert escalate["context"] == {"error": {"summary": "It broke."}, "params": {"retries": 3}}


def test_terms_are_spelled_for_the_wire():
    made = body(
        questions.approval(None),
        message="More.",
        context={"facts": {"a": 1}},
        timeout=timedelta(minutes=30),
        default_action="reject",
        reminder_at=[datetime(2026, 2, 20, 10, tzinfo=UTC)],
        previous_case_id="review_0",
        metadata={"run": 7},
        agent_name="not in the body",
        give_up_after=timedelta(seconds=1),
    )
    assert made == {
        "type": "approval",
        "prompt": "Go on?",
        "message": "More.",
        "context": {"facts": {"a": 1}},
        "timeout": "PT1800S",
        "default_action": "reject",
        "reminder_at": ["2026-02-20T10:00:00Z"],
        "previous_case_id": "review_0",
        "metadata": {"run": 7},
    }


def test_a_reminder_without_a_time_zone_is_refused():
    with pytest.raises(InvalidRequest):
        body(questions.approval(None), reminder_at=[datetime(2026, 2, 20, 10)])


def test_what_is_not_said_is_not_sent():
    assert body(questions.selection([{"id": "a"}]))["context"] == {"items": [{"id": "a"}]}
    assert body(questions.confirmation()) == {"type": "confirmation", "prompt": "Go on?"}
    assert "params" not in body(questions.escalation({"summary": "It broke."}))["context"]
    [field] = body(questions.text_input())["context"]["form"]["fields"]
    assert "placeholder" not in field


def test_a_timeout_in_words_is_sent_as_it_is():
    assert body(questions.approval(None), timeout="30m")["timeout"] == "30m"
