"""What a review case is. HITL v0.8 §6, §8, §10."""

from __future__ import annotations

from datetime import timedelta

from openhitl.protocol.case import FINAL, SEALED_TYPE, Status, actions_of, ref_of
from tests.protocol.values import NOW, answer, case, content

HOUR = timedelta(hours=1)


def test_each_type_has_its_actions_and_a_custom_one_those_of_input():
    assert actions_of("approval") == ("approve", "edit", "reject")
    assert actions_of("x-anything") == actions_of("input") == ("submit",)


def test_one_custom_type_is_read_by_devices_alone():
    assert [content(name).is_sealed for name in ("approval", "x-anything", SEALED_TYPE)] == [
        False,
        False,
        True,
    ]


def test_three_of_six_statuses_are_final():
    """HITL v0.8 §8."""
    assert len(Status) == 6
    assert {status for status in Status if status.is_final} == FINAL
    assert [case(status).is_final for status in Status] == [status in FINAL for status in Status]


def test_the_clock_wakes_a_case_for_the_next_reminder_or_its_deadline():
    assert case().wake_at == NOW + timedelta(days=1)
    assert case(reminders=(NOW + HOUR, NOW + 2 * HOUR)).wake_at == NOW + HOUR
    assert case(Status.COMPLETED, reminders=(NOW,)).wake_at is None


def test_public_data_leaves_the_secrets_out():
    given = answer(data={"a": 1, "pin": "0000"}, sensitive=frozenset({"pin"}))
    assert given.public_data == {"a": 1}


def test_people_name_a_case_by_its_last_four_characters():
    assert ref_of("review_01j9zq7f3k") == "7F3K"
