"""Which buttons for which case. HITL v0.8 §7.5 "Agent Behavior", §7.6, §7.7."""

from __future__ import annotations

from typing import Any

import pytest

from openhitl.agent.inline.case import from_json, inline_case, to_json
from openhitl.errors import PeerError
from tests.agent.inline.asks import SUBMIT_TOKEN, ask

POLICY = {"mode": "required", "required_for": ["inline_submit"], "requirements": {"any_of": []}}


@pytest.mark.parametrize(
    ("review_type", "named", "actions", "link"),
    [
        ("confirmation", None, ("confirm", "cancel"), "confirmation"),
        ("confirmation", ["cancel"], ("cancel",), "confirmation"),
        ("confirmation", [], (), "review"),
        ("escalation", None, ("retry", "skip", "abort"), "escalation"),
        ("escalation", ["abort", "skip"], ("abort", "skip"), "escalation"),
        ("approval", None, (), "approval"),
        ("approval", ["approve", "reject"], ("approve", "reject"), "edit"),
        ("approval", ["approve", "reject", "edit"], (), "approval"),
        ("selection", None, (), "open"),
        ("selection", ["select"], (), "open"),
        ("input", ["submit"], (), "open"),
        ("x-shop-comparison", None, (), "open"),
        ("confirmation", ["approve", "confirm", "x-else", "confirm"], ("confirm",), "confirmation"),
    ],
)
def test_each_type_has_the_buttons_of_section_7_7(
    review_type: str, named: Any, actions: tuple[str, ...], link: str
) -> None:
    case = inline_case(ask(review_type, inline_actions=named))
    assert (case.actions, case.link) == (actions, link)


@pytest.mark.parametrize(
    "changes",
    [
        {"submit_url": None},
        {"submit_token": None},
        {"submit_url": "http://api.shop.example/respond"},
        {"submit_url": "https://agent:secret@api.shop.example/respond"},
        {"submit_url": "javascript:alert(1)"},
        {"submit_url": "https://api.shop.example/\ud800"},
        {"submit_token": "two\r\nlines"},
        {"submit_token": "ümlaut"},
    ],
)
def test_without_a_safe_way_to_submit_there_is_only_the_page(changes: dict[str, Any]) -> None:
    """§7.5: submit_url must be HTTPS and come with its token."""
    case = inline_case(ask("confirmation", **changes))
    assert (case.actions, case.link, case.submit_token) == ((), "review", None)


@pytest.mark.parametrize(
    ("policy", "has_buttons"),
    [
        (None, True),
        (POLICY, False),
        ({**POLICY, "required_for": ["browser_submit"]}, True),
        ({**POLICY, "mode": "step_up"}, True),
        ({**POLICY, "mode": "optional"}, True),
        ({**POLICY, "mode": "x-new"}, False),
        ({"mode": "required"}, False),
        ("required", False),
        (["required"], False),
    ],
)
def test_a_policy_that_a_press_cannot_meet_takes_the_buttons(policy: Any, has_buttons: bool) -> None:
    """§7.6: what cannot be read is taken for the strictest."""
    assert bool(inline_case(ask("confirmation", verification_policy=policy)).actions) is has_buttons


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/review/1",
        "https://shop.example/" + "x" * 1200,
        "https://shop.example/review/1)**@everyone",
        "https://shop.example/>evil",
        "https://shop.example/ü",
        "https://agent@shop.example/",
    ],
)
def test_a_review_url_that_is_no_plain_secure_address_is_refused(url: str) -> None:
    if url.endswith("@everyone"):
        # All of it may stand in an address; no platform reads it as anything else.
        assert inline_case(ask(review_url=url)).review_url == url
        return
    with pytest.raises(PeerError):
        inline_case(ask(review_url=url))


def test_on_this_machine_addresses_need_no_https() -> None:
    local = {"review_url": "http://localhost:4485/review/1", "submit_url": "http://127.0.0.1:4485/respond"}
    assert inline_case(ask("confirmation", **local)).actions == ("confirm", "cancel")


def test_what_is_decided_in_the_chat_is_shown_there_line_by_line() -> None:
    context = {
        "risk_level": "high",
        "items": [{"title": "one", "sure": True}, "two"],
        "note": "a\r\n\n  b\u202ec\n",
        "none": None,
    }
    case = inline_case(ask("confirmation", context=context, message="Look."))
    assert case.message == "Look."
    assert case.details is not None
    assert case.details.splitlines() == [
        "Risk level: high",
        "Items:",
        "  - Title: one",
        "    Sure: yes",
        "  - two",
        "Note:",
        "  a",
        "",
        "    b⟦U+202E⟧c",
        "None: –",
    ]


def test_a_link_needs_no_more_than_the_question() -> None:
    assert inline_case(ask("input", context={"form": {"fields": []}})).details == ""


def _nested(levels: int) -> dict[str, Any]:
    context: dict[str, Any] = {}
    for _ in range(levels):
        context = {"a": context}
    return context


@pytest.mark.parametrize("context", [{"log": "x" * 9000}, {"a": ["x"] * 5000}, _nested(10), _nested(400)])
def test_a_context_beyond_any_chat_is_not_spelt_at_all(context: dict[str, Any]) -> None:
    assert inline_case(ask("confirmation", context=context)).details is None


def test_a_case_survives_its_store_and_hides_its_secrets_from_logs() -> None:
    for changes in ({}, {"expires_at": "some day"}):
        case = inline_case(ask("escalation", context={"a": "b"}, **changes))
        assert from_json(to_json(case)) == case
        assert SUBMIT_TOKEN not in repr(case)
        assert "token=" not in repr(case)
