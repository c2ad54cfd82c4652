"""What the human is shown, bound by a digest. design: what you see is what you sign."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from openhitl.protocol.case import DefaultAction
from openhitl.protocol.shown import shown, with_shown_digest
from tests.protocol.values import CASE_ID, NOW, content


def test_everything_that_a_page_shows_is_in_it():
    given = content(context={"a": 1}, previous_case_id="review_0")
    assert shown(CASE_ID, given, NOW) == {
        "case_id": CASE_ID,
        "type": "approval",
        "prompt": "Deploy?",
        "message": "Deploy?",
        "context": {"a": 1},
        "default_action": "skip",
        "expires_at": "2026-02-20T10:00:00Z",
        "agent": "alice's agent",
        "previous_case_id": "review_0",
    }


def test_any_change_of_what_is_shown_changes_the_digest():
    given = content(context={"a": 1})
    changed = [
        replace(given, type="x-other"),
        replace(given, prompt="Delete?"),
        replace(given, message="M"),
        replace(given, context={"a": 2}),
        replace(given, default_action=DefaultAction.REJECT),
        replace(given, agent="mallory"),
        replace(given, previous_case_id="review_0"),
    ]
    digests = [with_shown_digest(CASE_ID, one, NOW).shown_digest for one in (given, *changed)]
    digests.append(with_shown_digest("review_other", given, NOW).shown_digest)
    digests.append(with_shown_digest(CASE_ID, given, NOW + timedelta(seconds=1)).shown_digest)
    assert len(set(digests)) == len(digests)


def test_what_is_not_shown_does_not_matter():
    given = content()
    hidden = replace(given, metadata={"a": 1}, inline_actions=("approve",), timeout="1d")
    assert (
        with_shown_digest(CASE_ID, given, NOW).shown_digest
        == with_shown_digest(CASE_ID, hidden, NOW).shown_digest
    )
