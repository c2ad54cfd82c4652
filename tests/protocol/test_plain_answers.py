"""Answers in as few words as they have."""

import pytest

from openhitl.protocol.outcomes import Decision, Outcome
from openhitl.protocol.plain_answers import asks_for_text, plain_answer
from openhitl.protocol.questions import MAX_ID_CHARACTERS, headed, selection, text_input

LONG = "x" * 300


def answered(action: str, **data: object) -> Decision:
    return Decision(case_id="review_1", outcome=Outcome.ANSWERED, action=action, data=data)


@pytest.mark.parametrize(
    ("review_type", "context", "decision", "words"),
    [
        ("selection", {}, answered("select", selected=["a", "b"]), "a\nb"),
        ("selection", selection([LONG])["context"], answered("select", selected=[LONG[:200]]), LONG),
        (
            "selection",
            selection([{"id": "y" * MAX_ID_CHARACTERS, "title": "short"}, LONG])["context"],
            answered("select", selected=["z" * 200]),
            "z" * 200,
        ),
        ("selection", {}, answered("select", selected=[7]), "7"),
        ("approval", {}, answered("approve", feedback="Fine."), "approve"),
        ("escalation", {}, Decision(case_id="review_1", outcome=Outcome.EXPIRED), ""),
        ("input", text_input()["context"], answered("submit", answer=" so \n"), " so \n"),
        ("input", {"form": {"fields": [{"key": "floor"}]}}, answered("submit", floor=3), '{"floor": 3}'),
        ("x-shop", {"form": "none"}, answered("done"), "{}"),
    ],
)
def test_answers_are_said_plainly(review_type, context, decision, words):
    assert plain_answer(review_type, context, decision) == words


def test_only_the_one_field_of_a_free_text_question_is_text():
    assert asks_for_text(text_input()["context"])
    assert not asks_for_text({})
    assert not asks_for_text({"form": {"fields": [1]}})


def test_a_text_of_any_length_has_a_prompt():
    """HITL v0.8 §6: a prompt has at most 500 characters."""
    assert headed("Go?") == ("Go?", None)
    prompt, beside = headed("long " * 200)
    assert (len(prompt), beside) == (500, "long " * 200)
    assert prompt.endswith("long…")
