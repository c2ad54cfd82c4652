"""Instants as the wire spells them. HITL v0.8 §6, §8."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from openhitl.protocol.timestamps import parse_timestamp, timestamp


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (datetime(2026, 2, 20, 10, tzinfo=UTC), "2026-02-20T10:00:00Z"),
        (datetime(2026, 2, 20, 10, 0, 0, 123_000, tzinfo=UTC), "2026-02-20T10:00:00.123Z"),
        (datetime(2026, 2, 20, 10, 0, 0, 999, tzinfo=UTC), "2026-02-20T10:00:00Z"),
        (datetime(2026, 2, 20, 10, tzinfo=timezone(timedelta(hours=2))), "2026-02-20T08:00:00Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00Z"),
    ],
)
def test_an_instant_is_spelt_in_utc(instant, text):
    assert timestamp(instant) == text


@pytest.mark.parametrize(
    "text", ["2026-02-20T10:00:00Z", "2026-02-20T11:00:00+01:00", "2026-02-20T10:00:00.000999Z"]
)
def test_an_instant_is_read_to_the_millisecond(text):
    assert parse_timestamp(text) == datetime(2026, 2, 20, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "2026-02-20",
        "2026-02-20T10:00:00",
        "2026-02-30T10:00:00Z",
        "0001-01-01T00:00:00+02:00",
    ],
)
def test_an_instant_that_could_be_another_is_refused(text):
    with pytest.raises(ValueError, match=r".+"):
        parse_timestamp(text)
