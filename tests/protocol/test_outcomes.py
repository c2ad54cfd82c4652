"""What became of a question. HITL v0.8 §8, §10."""

from datetime import UTC, datetime

import pytest

from openhitl.errors import AnswerCancelled, AnswerExpired
from openhitl.protocol.incoming import parse_poll
from openhitl.protocol.outcomes import SAFE_DEFAULTS, Decision, Outcome, Receipt, decision_from


def answered(action, **data) -> Decision:
    return Decision(case_id="review_1", outcome=Outcome.ANSWERED, action=action, data=data)


def test_only_a_yes_to_exactly_what_was_shown_is_an_approval():
    assert answered("approve").approved
    assert answered("confirm").approved
    edited = answered("edit", edits={"content": "changed"})
    assert edited.approved_with_edits
    assert not edited.approved
    assert edited.denied
    # HITL v0.8 §15.3: edits that are not the content say what to change.
    for wish in ({"feedback": "shorter"}, {"edits": {"title": "Scaling"}}, {"edits": {}}, {"edits": "end"}):
        changes_wanted = answered("edit", **wish)
        assert not changes_wanted.approved_with_edits
        assert not changes_wanted.approved
    assert not Decision(case_id="x", outcome=Outcome.EXPIRED, default_action="approve").approved


def test_an_answer_is_read_from_a_final_poll():
    decision = decision_from(
        parse_poll(
            {
                "status": "completed",
                "case_id": "review_1",
                "completed_at": "2026-02-20T10:00:00Z",
                "result": {"action": "edit", "data": {"feedback": "shorter"}},
                "responded_by": {"name": "Alice"},
                "next_case_id": "review_2",
            }
        )
    )
    assert decision.answered
    assert decision.require_answer() is decision
    assert decision == Decision(
        case_id="review_1",
        outcome=Outcome.ANSWERED,
        action="edit",
        data={"feedback": "shorter"},
        responded_by={"name": "Alice"},
        decided_at=datetime(2026, 2, 20, 10, tzinfo=UTC),
        next_case_id="review_2",
    )


def test_silence_is_no_answer():
    poll = parse_poll({"status": "expired", "case_id": "review_1", "default_action": "skip"})
    with pytest.raises(AnswerExpired) as raised:
        decision_from(poll).require_answer()
    assert raised.value.details == {"case_id": "review_1", "default_action": "skip", "poll": poll.body}


def test_a_default_action_is_taken_only_where_it_is_asked_for():
    poll = parse_poll({"status": "expired", "case_id": "review_1"})
    decision = decision_from(poll, default_action="reject")
    assert decision.require_answer(SAFE_DEFAULTS).action == "reject"
    assert "approve" not in SAFE_DEFAULTS
    with pytest.raises(AnswerExpired):
        decision_from(poll, default_action="approve").require_answer(SAFE_DEFAULTS)


def test_the_default_action_of_a_case_says_nothing_about_an_answer():
    poll = parse_poll({"status": "cancelled", "case_id": "review_1"})
    assert decision_from(poll, default_action="reject").default_action is None


def test_sensitive_values_are_masked_in_print_and_there_to_be_used():
    body = {"status": "completed", "case_id": "review_1"}
    body["result"] = {"action": "submit", "data": {"pin": "1234", "name": "Heron"}}
    fields = [{"key": "pin", "sensitive": True}, {"key": "name"}]
    decision = decision_from(parse_poll(body), context={"form": {"fields": fields}})
    assert "1234" not in repr(decision)
    assert decision.data == {"pin": "1234", "name": "Heron"}


def test_a_receipt_is_kept_with_the_body_that_it_vouches_for():
    signature = {"algorithm": "EdDSA", "value": "a.b.c", "signed_at": "2026-02-20T10:00:00Z", "signer": "s"}
    body = {"status": "completed", "case_id": "review_1"}
    body["result"] = {"action": "approve", "data": {}, "signature": signature}
    decision = decision_from(parse_poll(body))
    assert decision.receipt == Receipt(**signature)
    assert decision.poll == body


@pytest.mark.parametrize("reason", ["Not me.", None])
def test_a_cancelled_question_is_no_answer(reason):
    poll = parse_poll({"status": "cancelled", "case_id": "review_1", "reason": reason})
    with pytest.raises(AnswerCancelled) as raised:
        decision_from(poll).require_answer()
    assert raised.value.details == {"case_id": "review_1", "reason": reason, "poll": poll.body}
