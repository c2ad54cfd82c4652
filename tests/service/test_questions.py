"""The builders of questions: what they build is what a case can be made of. HITL v0.8 §6, §10."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from openhitl.errors import InvalidType
from openhitl.protocol.creation import Asked, Asking, parse_creation
from openhitl.service import Question, approval, confirmation, escalation, form, sample, selection

NOW = datetime(2026, 2, 20, 10, tzinfo=UTC)
CITY = {"key": "city", "label": "City", "type": "text"}


def asked(question: Question) -> Asked:
    asking = Asking(case_id="review_1", agent_name="Shop", agent_id=None, relays_answers=True)
    return parse_creation(question.body, asking, now=NOW)


@pytest.mark.parametrize(
    ("question", "review_type", "context"),
    [
        (approval("Ship?", "Order 7"), "approval", {"artifact": {"content": "Order 7"}}),
        (
            selection("Which?", ["red", {"id": "b", "title": "blue"}], minimum=1, maximum=2),
            "selection",
            {"items": [{"id": "red", "title": "red"}, {"id": "b", "title": "blue"}], "min": 1, "max": 2},
        ),
        (form("Where to?", [CITY]), "input", {"form": {"fields": [CITY]}}),
        (
            confirmation("Send?", ["to Alice"], irreversible=True, partial=True),
            "confirmation",
            {"items": [{"id": "to Alice", "title": "to Alice"}], "irreversible": True, "partial": True},
        ),
        (
            escalation("The build failed.", "exit 2", params={"attempts": 3}),
            "escalation",
            {"error": {"summary": "exit 2"}, "params": {"attempts": 3}},
        ),
    ],
)
def test_each_builder_asks_for_its_type(question: Question, review_type: str, context: Any) -> None:
    content = asked(question).content
    assert (content.type, content.context) == (review_type, context)


def test_a_question_says_what_may_be_answered_inline() -> None:
    """HITL v0.8 §7.5 `inline_actions`."""
    assert asked(approval("Ship?", inline_actions=["approve"])).content.inline_actions == ("approve",)
    assert asked(approval("Ship?")).content.inline_actions is None


@pytest.mark.parametrize("review_type", ["approval", "selection", "input", "confirmation", "escalation"])
def test_there_is_a_sample_of_every_type(review_type: str) -> None:
    assert asked(sample(review_type)).content.type == review_type


def test_there_is_no_sample_of_a_type_that_is_none() -> None:
    with pytest.raises(InvalidType):
        sample("banana")
