"""What is small enough to be answered in a row of a list."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from openhitl.protocol.brief import (
    HIGH_RISK,
    LOW_RISK,
    MAX_PROMPT_CHARACTERS,
    MAX_REASON_CHARACTERS,
    brief_actions,
)
from openhitl.protocol.case import Assurance
from openhitl.protocol.policies import read_policy
from tests.protocol.test_policies import RAW
from tests.protocol.values import content

LOW: dict[str, Any] = {"risk": "low"}
ITEMS: list[dict[str, str]] = [{"id": "a", "title": "A"}]


def actions(**fields: Any) -> tuple[str, ...]:
    given = {"type": "approval", "prompt": "Approve this", "message": "", "context": LOW}
    return brief_actions(replace(content(), **{**given, **fields}), Assurance.SIGNED_IN)


def test_an_approval_or_confirmation_of_low_risk_that_is_only_its_prompt_is_brief() -> None:
    assert actions() == ("reject", "approve")
    assert actions(type="confirmation") == ("cancel", "confirm")
    assert actions(message=" Approve this ") == ("reject", "approve")
    assert actions(prompt="x" * MAX_PROMPT_CHARACTERS) == ("reject", "approve")
    reason = "x" * MAX_REASON_CHARACTERS
    assert actions(context={"risk": {"level": " Minimal", "reasons": [reason]}}) == ("reject", "approve")


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "selection", "context": {**LOW, "items": ITEMS}},
        {"type": "input"},
        {"type": "x-sealed"},
        {"message": "More."},
        {"previous_case_id": "review_1"},
        {"prompt": "x" * (MAX_PROMPT_CHARACTERS + 1)},
        {"prompt": "two\nlines"},
        {"prompt": "hidden\u200b"},
        {"context": {}},
        {"context": {"risk": "medium"}},
        {"context": {"risk": {"level": "low", "reasons": ["one", "two"]}}},
        {"context": {"risk": {"level": "low", "reasons": ["x" * (MAX_REASON_CHARACTERS + 1)]}}},
        {"context": {"risk": {"level": "low", "score": 3}}},
        {"context": {**LOW, "facts": {"to": "production"}}},
        {"context": {**LOW, "consequences": {"approve": "it goes out"}}},
        {"context": {**LOW, "unheard_of": 1}},
        {"context": {**LOW, "links": 5}},
        {"type": "confirmation", "context": {**LOW, "items": ITEMS}},
        {"type": "confirmation", "context": {**LOW, "irreversible": True}},
        {"policy": read_policy({**RAW, "mode": "optional"})},
    ],
)
def test_everything_else_has_to_be_opened(fields: dict[str, Any]) -> None:
    assert actions(**fields) == ()


def test_what_wants_a_passkey_has_to_be_opened() -> None:
    brief = replace(content(), type="approval", prompt="Approve this", message="", context=LOW)
    assert brief_actions(brief, Assurance.PASSKEY) == ()
    assert brief_actions(brief, Assurance.LINK) == ("reject", "approve")


def test_no_word_is_a_great_risk_and_a_small_one():
    assert not HIGH_RISK & LOW_RISK
