"""Which reminders are told, and that none is told twice. HITL v0.8 §6 `reminder_at`."""

from datetime import UTC, datetime, timedelta

from openhitl.agent.reminders import MAX_REMINDERS, Reminders

NOON = datetime(2026, 2, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def test_an_instant_is_due_when_it_comes_and_then_no_more():
    reminders = Reminders([NOON])
    assert not reminders.take_due(NOON - SECOND)
    assert reminders.take_due(NOON)
    assert not reminders.take_due(NOON + HOUR)
    assert reminders.next_after(NOON) is None


def test_those_that_came_due_meanwhile_are_one_telling():
    reminders = Reminders([NOON, NOON + SECOND, NOON + HOUR])
    assert reminders.take_due(NOON + 2 * SECOND)
    assert not reminders.take_due(NOON + 2 * SECOND)
    assert reminders.next_after(NOON) == NOON + HOUR


def test_what_was_due_before_the_human_was_told_needs_no_reminder():
    reminders = Reminders([NOON - HOUR, NOON])
    reminders.pass_over(NOON)
    assert not reminders.take_due(NOON)
    assert not reminders.take_event(NOON, NOON + SECOND)


def test_the_service_and_the_clock_mean_the_same_instant():
    reminders = Reminders([NOON])
    assert reminders.take_event(NOON, NOON - SECOND)
    assert not reminders.take_due(NOON)
    other = Reminders([NOON])
    assert other.take_due(NOON)
    assert not other.take_event(NOON, NOON + SECOND)


def test_an_event_without_an_instant_means_the_one_about_now():
    reminders = Reminders([NOON, NOON + HOUR])
    assert reminders.take_event(None, NOON + SECOND)
    assert not reminders.take_due(NOON + SECOND)
    assert not reminders.take_event(None, NOON + 2 * SECOND), "said again after a reconnect"
    assert reminders.take_event(None, NOON + HOUR / 2), "one of the service's own"
    assert reminders.take_due(NOON + HOUR)


def test_what_was_told_before_a_restart_is_not_told_after():
    reminders = Reminders([NOON, NOON + HOUR], told=[NOON])
    assert not reminders.take_due(NOON + SECOND)
    assert reminders.take_due(NOON + HOUR)


def test_a_service_that_never_stops_reminding_is_not_passed_on():
    reminders = Reminders(NOON + SECOND * number for number in range(10 * MAX_REMINDERS))
    told = [reminders.take_event(NOON - SECOND * number, NOON) for number in range(10 * MAX_REMINDERS)]
    assert sum(told) <= 2 * MAX_REMINDERS
    assert reminders.next_after(NOON + HOUR) == NOON + HOUR
