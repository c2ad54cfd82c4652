"""What the typed calls put on the wire. HITL v0.8 §6, §10."""

from datetime import UTC, datetime, timedelta

import pytest

from openhitl.agent import Decision, OpenCase, Outcome, questions
from openhitl.agent.replies import answer_text
from openhitl.errors import InvalidRequest


def body(question, **terms):
    return questions.request_body("Go on?", question, terms)


def case_of(question) -> OpenCase:
    return OpenCase(
        case_id="review_1", type=question["type"], prompt="x", poll_url="", context=question["context"]
    )


def answered(action, **data) -> Decision:
    return Decision(case_id="review_1", outcome=Outcome.ANSWERED, action=action, data=data)


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


@pytest.mark.parametrize(
    ("question", "decision", "words"),
    [
        (questions.selection(["Staging", "Production"]), answered("select", selected=["Staging"]), "Staging"),
        (questions.text_input(), answered("submit", answer="as\nit is"), "as\nit is"),
        (questions.approval("x"), answered("reject", feedback="no"), "reject"),
        (questions.confirmation(), answered("cancel"), "cancel"),
        (questions.escalation("x"), answered("retry"), "retry"),
        (
            questions.form_input([{"key": "a", "label": "A", "type": "number"}]),
            answered("submit", a=1.5),
            '{"a": 1.5}',
        ),
    ],
)
def test_an_answer_in_words(question, decision, words):
    assert answer_text(case_of(question), decision) == words


def test_a_choice_too_long_for_an_id_still_comes_back_whole():
    question = questions.selection(["x" * 300, "short"])
    assert len(question["context"]["items"][0]["id"]) == 200
    decision = answered("select", selected=["x" * 200])
    assert answer_text(case_of(question), decision) == "x" * 300


def test_an_item_with_an_id_of_its_own_is_said_by_that_id():
    question = questions.selection([{"id": "eu-1", "title": "Frankfurt"}])
    assert answer_text(case_of(question), answered("select", selected=["eu-1"])) == "eu-1"


def test_only_a_yes_to_exactly_what_was_shown_is_an_approval():
    assert answered("approve").approved
    assert answered("confirm").approved
    edited = answered("edit", edits={"content": "changed"})
    assert edited.approved_with_edits
    assert not edited.approved
    assert edited.denied
    changes_wanted = answered("edit", feedback="shorter")
    assert not changes_wanted.approved_with_edits
    assert not changes_wanted.approved
    assert not Decision(case_id="x", outcome=Outcome.EXPIRED, default_action="approve").approved
