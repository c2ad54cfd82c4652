"""Words can be replaced, and what would not fit a button is refused before it is sent."""

from __future__ import annotations

import pytest

from openhitl.agent.inline import ENGLISH, GERMAN, InlineDesk
from openhitl.agent.inline.wording import wording
from openhitl.errors import SetupError


def test_every_word_has_a_german_one() -> None:
    assert set(GERMAN) == set(ENGLISH)
    assert wording(GERMAN) == GERMAN


def test_one_word_can_be_replaced() -> None:
    assert wording({"button.approve": "Ship it"}) == {**ENGLISH, "button.approve": "Ship it"}


@pytest.mark.parametrize(
    "words",
    [
        {"button.approve": "x" * 21},
        {"button.approve": " "},
        {"button.approve": "Reject"},
        {"heading.approval": "x" * 121},
        {"button.submit": "Send"},
    ],
)
def test_words_that_would_be_refused_by_a_platform_are_refused_here(words: dict[str, str]) -> None:
    with pytest.raises(SetupError):
        InlineDesk(words=words)
