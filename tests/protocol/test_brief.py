"""What is small enough to be answered in a row of a list."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from openhitl.protocol.brief import (
    HIGH_RISK,
    LOW_RISK,
    MAX_LABEL_CHARACTERS,
    MAX_PROMPT_CHARACTERS,
    MAX_REASON_CHARACTERS,
    brief_actions,
    brief_items,
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


@pytest.mark.parametrize(
    "prompt",
    [
        "Delete  it",
        " Delete it",
        "Delete it\t",
        "Delete\tit",
        "Delete\u3000it",
        "Delete \u00a0it",
        "Delete\u2800it",
        "Delete n\u0336o\u0336t\u0336hing",
        "Delete 1\u20e3",
        "Delete \u0301it",
        "\u0e01\u0e38\u0e38\u0e38\u0e38",
        "\u0e01\u20dd",
        "Delete \ue000 it",
        "Delete \U000eeeee it",
        "Delete \u0378 it",
        "Pay \u05d0\u05d1\u05d2 12 34",
    ],
)
def test_what_does_not_read_alike_everywhere_has_to_be_opened(prompt: str) -> None:
    assert actions(prompt=prompt) == ()
    assert actions(context={"risk": {"level": "low", "reasons": [prompt]}}) == ()


@pytest.mark.parametrize(
    "prompt",
    [
        "1\u202f000\u00a0€ überweisen?",
        "Approve cafe\u0301",
        "\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd 12?",
        "\u0e17\u0e35\u0e48\u0e19\u0e35\u0e48",
        "\u0928\u092e\u0938\u094d\u0924\u0947",
        "\u4f60\u597d\uff1f",
        "Ship it \u2764\ufe0f",
    ],
)
def test_what_is_ordinary_in_a_language_is_brief(prompt: str) -> None:
    assert actions(prompt=prompt) == ("reject", "approve")


def chosen_from(items: Any = None, assurance: Assurance = Assurance.SIGNED_IN, **fields: Any) -> list[str]:
    """List the labels of a selection of one; `fields` are of its content."""
    two = [{"id": "s", "title": "Small"}, {"id": "l", "title": "Large"}]
    context = {**LOW, "items": two if items is None else items, "min": 1, "max": 1}
    given = {"type": "selection", "prompt": "Which size?", "message": "", "context": context}
    found = brief_items(replace(content(), **{**given, **fields}), assurance)
    return [item.title for item in found]


def titled(count: int, title: str = "size") -> list[dict[str, str]]:
    return [{"id": f"{number}", "title": f"{title} {number}"} for number in range(count)]


def test_one_of_a_few_short_labels_is_chosen_in_a_row() -> None:
    assert chosen_from() == ["Small", "Large"]
    assert len(chosen_from(titled(4))) == 4
    assert len(chosen_from(titled(2, "x" * (MAX_LABEL_CHARACTERS - 2)))) == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"items": titled(1)},
        {"items": titled(5)},
        {"items": titled(2, "x" * (MAX_LABEL_CHARACTERS - 1))},
        {"items": titled(2, "hidden\u200b")},
        {"items": [{"id": "a", "title": "Same"}, {"id": "b", "title": "same"}]},
        {"items": [{"id": "a", "title": "Caf\u00e9"}, {"id": "b", "title": "Cafe\u0301"}]},
        {"items": [{"id": "a", "title": "A 1"}, {"id": "b", "title": "\uff21\u00a0\u2460"}]},
        {"items": [{"id": "x" * (MAX_LABEL_CHARACTERS + 1), "title": "A"}, *titled(1)]},
        {"items": [{"id": "a", "title": "A", "description": "More."}, *titled(1)]},
        {"items": [{"id": "a", "title": "A", "metadata": {"price": 3}}, *titled(1)]},
        {"items": [{"id": "a", "title": "A", "price": 3}, *titled(1)]},
        {"context": {**LOW, "items": titled(2), "min": 0, "max": 1}},
        {"context": {**LOW, "items": titled(3), "min": 1, "max": 2}},
        {"context": {**LOW, "items": titled(2), "min": 1, "max": 1, "facts": {"to": "production"}}},
        {"context": {"items": titled(2), "min": 1, "max": 1}},
        {"context": {"risk": "high", "items": titled(2), "min": 1, "max": 1}},
        {"type": "confirmation"},
        {"message": "More."},
        {"assurance": Assurance.PASSKEY},
    ],
)
def test_any_other_choice_has_to_be_opened(fields: dict[str, Any]) -> None:
    assert chosen_from(**fields) == []


def test_what_wants_a_passkey_has_to_be_opened() -> None:
    brief = replace(content(), type="approval", prompt="Approve this", message="", context=LOW)
    assert brief_actions(brief, Assurance.PASSKEY) == ()
    assert brief_actions(brief, Assurance.LINK) == ("reject", "approve")


def test_no_word_is_a_great_risk_and_a_small_one():
    assert not HIGH_RISK & LOW_RISK
