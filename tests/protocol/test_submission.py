"""Reading what is submitted. HITL v0.8 §7.5."""

from __future__ import annotations

import pytest

from openhitl.errors import InvalidRequest
from openhitl.protocol.case import SubmittedBy
from openhitl.protocol.submission import Submission, parse_submission

PRESSED = {
    "action": "confirm",
    "submitted_via": "slack_block_action",
    "submitted_by": {"platform": "slack", "platform_user_id": "U1", "display_name": "Alice"},
}

EVIDENCE = {
    "proof_type": "proof_of_human",
    "provider": "passkey",
    "format": "provider_opaque",
    "presentation": {"proof": "opaque"},
    "binding": {},
}


def paths_of(body, **more):
    with pytest.raises(InvalidRequest) as refused:
        parse_submission(body, **{"inline": True, "demo": False, **more})
    return [error["path"] for error in refused.value.details["errors"]]


def test_a_browser_submits_an_action_and_data():
    body = {"action": "approve", "data": {"feedback": "ok"}, "submission_id": "s-1"}
    assert parse_submission(body, inline=False, demo=False) == Submission(
        action="approve", data={"feedback": "ok"}, submission_id="s-1"
    )
    assert parse_submission({"action": "approve", "data": None}, inline=False, demo=False) == Submission(
        action="approve"
    )


def test_an_agent_says_who_pressed_which_button():
    assert parse_submission(PRESSED, inline=True, demo=False) == Submission(
        action="confirm",
        submitted_via="slack_block_action",
        submitted_by=SubmittedBy(platform="slack", platform_user_id="U1", display_name="Alice"),
    )


def test_nobody_needs_a_display_name():
    by = {"platform": "x-pager", "platform_user_id": "7"}
    given = parse_submission({**PRESSED, "submitted_by": by}, inline=True, demo=False)
    assert given.submitted_by == SubmittedBy(platform="x-pager", platform_user_id="7")


@pytest.mark.parametrize("via", ["telegram_inline_button", "x-terminal"])
def test_a_channel_is_one_of_the_protocol_or_a_custom_one(via):
    assert parse_submission({**PRESSED, "submitted_via": via}, inline=True, demo=False).submitted_via == via


@pytest.mark.parametrize(
    ("more", "paths"),
    [
        ({"action": None}, ["action"]),
        ({"action": ""}, ["action"]),
        ({"action": ["confirm"]}, ["action"]),
        ({"data": []}, ["data"]),
        ({"submission_id": ""}, ["submission_id"]),
        ({"submission_id": "s" * 201}, ["submission_id"]),
        ({"colour": 1}, ["colour"]),
        ({"submitted_via": None}, ["submitted_via"]),
        ({"submitted_via": "cli"}, ["submitted_via"]),
        ({"submitted_by": None}, ["submitted_by"]),
        ({"submitted_by": "alice"}, ["submitted_by"]),
        ({"submitted_by": {}}, ["submitted_by.platform"]),
        ({"submitted_by": {"platform": "irc", "platform_user_id": "1"}}, ["submitted_by.platform"]),
        ({"submitted_by": {"platform": "x-irc"}}, ["submitted_by.platform_user_id"]),
        ({"submitted_by": {"platform": "x-irc", "platform_user_id": 1}}, ["submitted_by.platform_user_id"]),
        (
            {"submitted_by": {"platform": "x-irc", "platform_user_id": "1", "display_name": 2}},
            ["submitted_by.display_name"],
        ),
        (
            {"submitted_by": {"platform": "x-irc", "platform_user_id": "1", "role": "cto"}},
            ["submitted_by.role"],
        ),
        ({"action": 1, "colour": 1, "data": 1}, ["colour", "action", "data"]),
        ({"data": {"a": ["\0"]}}, ["data.a[0]"]),
    ],
)
def test_a_wrong_field_is_refused_at_its_path(more, paths):
    assert paths_of({**PRESSED, **more}) == paths


def test_a_browser_does_not_say_who_relayed_it():
    assert paths_of(PRESSED, inline=False) == ["submitted_via", "submitted_by"]


def test_a_submission_is_an_object():
    assert paths_of(["confirm"]) == ["body"]


def test_a_demo_takes_the_lines_of_the_reference_services():
    """The curl lines of the protocol's quick start, as printed."""
    given = parse_submission({"action": "confirm", "submitted_via": "cli"}, inline=True, demo=True)
    assert given.submitted_via == "x-cli"
    assert given.submitted_by == SubmittedBy(platform="x-unknown", platform_user_id="x-unknown")
    assert parse_submission({"action": "confirm"}, inline=True, demo=True).submitted_via == "x-unknown"


def test_evidence_comes_with_either_kind_of_submission():
    """HITL v0.8 §7.6."""
    sent = {"verification_evidence": [EVIDENCE]}
    for inline, body in ((True, {**PRESSED, **sent}), (False, {"action": "approve", **sent})):
        [piece] = parse_submission(body, inline=inline, demo=False).evidence
        assert (piece.provider, piece.presentation) == ("passkey", {"proof": "opaque"})
