"""What a human's answer is in words."""

import pytest

from openhitl.agent import Decision, OpenCase, Outcome
from openhitl.agent.replies import answer_text
from openhitl.protocol import questions


def case_of(question) -> OpenCase:
    return OpenCase(
        case_id="review_1", type=question["type"], prompt="x", poll_url="", context=question["context"]
    )


def answered(action, **data) -> Decision:
    return Decision(case_id="review_1", outcome=Outcome.ANSWERED, action=action, data=data)


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
