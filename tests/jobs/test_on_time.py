"""Expiry and reminders reach those who wait, on time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from openhitl.protocol.timestamps import parse_timestamp, timestamp
from tests.door.test_events import follow
from tests.servers import running, token_of

LATE = timedelta(seconds=5)


def test_a_reminder_and_the_deadline_are_told_within_five_seconds(tmp_path):
    """HITL v0.8 §8.5: the worker of a running server, in real time."""
    with running(tmp_path) as server:
        remind_at = datetime.now(UTC) + timedelta(seconds=2)
        body = {
            "type": "confirmation",
            "prompt": "Go on?",
            "timeout": "10s",
            "default_action": "abort",
            "reminder_at": timestamp(remind_at),
        }
        hitl = server.ask(body)
        with follow(server, hitl) as reader:
            assert reader.next()[0] == "review.pending"
            kind, data, _ = reader.next()
            assert datetime.now(UTC) - remind_at < LATE
            assert (kind, data["review_url"]) == ("review.reminder", hitl["review_url"])
            assert data["message"]
            assert data["reminder_at"] == timestamp(remind_at)
            kind, data, _ = reader.next()
            assert datetime.now(UTC) - parse_timestamp(hitl["expires_at"]) < LATE
            assert kind == "review.expired"
            assert data["default_action"] == "abort"
            assert data["expired_at"] == hitl["expires_at"]
            assert reader.next() is None
        polled = server.status(hitl)
        assert (polled["status"], polled["default_action"]) == ("expired", "abort")
        assert "reminder_sent_at" in polled
        late = server.anyone.post(
            hitl["submit_url"],
            headers={"authorization": f"Bearer {hitl['submit_token']}"},
            json={
                "action": "confirm",
                "submitted_via": "x-test",
                "submitted_by": {"platform": "x-test", "platform_user_id": "1"},
            },
        )
        assert (late.status_code, late.json()["error"]) == (410, "case_expired")
        for method, end, given in (
            ("POST", "respond", {"action": "confirm"}),
            ("PUT", "draft", {"values": {"note": "hm"}}),
            ("POST", "draft", {"values": {"note": "hm"}}),
            ("POST", "cancel", {"reason": "no"}),
        ):
            late = server.anyone.request(
                method,
                f"/reviews/{hitl['case_id']}/{end}",
                params={"token": token_of(hitl["review_url"])},
                json=given,
            )
            assert (late.status_code, late.json()["error"]) == (410, "case_expired"), end
