"""Buckets that leak: what may be done how often, with many asking at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from tests.store.desk import NOW

EVERY = timedelta(seconds=10)


def take(desk, now=NOW, name="sign-in:192.0.2.7", burst=3):
    return desk.store.take(name, every=EVERY, burst=burst, now=now)


def test_a_burst_is_let_through_and_what_follows_waits(desk):
    assert [take(desk) for _ in range(3)] == [None] * 3
    assert take(desk) == EVERY
    assert take(desk, NOW + timedelta(seconds=4)) == timedelta(seconds=6)


def test_asking_too_early_costs_nothing(desk):
    for _ in range(3):
        take(desk)
    for _ in range(5):
        assert take(desk) == EVERY
    assert take(desk, NOW + EVERY) is None


def test_in_the_long_run_the_rate_holds(desk):
    taken = [take(desk, NOW + timedelta(seconds=second)) is None for second in range(100)]
    assert sum(taken) == 3 + 9  # the burst, then one every ten seconds


def test_after_a_pause_there_is_one_burst_not_more(desk):
    take(desk)
    later = NOW + timedelta(days=1)
    assert [take(desk, later) for _ in range(4)] == [None, None, None, EVERY]


def test_names_are_counted_apart(desk):
    assert take(desk, burst=1) is None
    assert take(desk, name="sign-in:192.0.2.8", burst=1) is None
    assert take(desk, burst=1) == EVERY


def test_many_at_once_get_no_more_than_the_burst(desk):
    with ThreadPoolExecutor(8) as threads:
        waits = list(threads.map(lambda _: take(desk), range(24)))
    assert waits.count(None) == 3


def test_what_counts_nothing_any_more_is_forgotten(desk):
    take(desk, burst=1)
    take(desk, NOW + timedelta(hours=1), name="sign-in:192.0.2.8", burst=1)
    assert desk.store.forget_rates(NOW + timedelta(seconds=5), 10) == 0
    assert desk.store.forget_rates(NOW + EVERY, 10) == 1
    assert take(desk, NOW + timedelta(hours=1), name="sign-in:192.0.2.8", burst=1) == EVERY
