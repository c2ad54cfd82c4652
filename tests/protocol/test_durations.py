"""Durations. HITL v0.8 §6 `timeout`, §13.1."""

from __future__ import annotations

from datetime import timedelta

import pytest

from openhitl.errors import InvalidRequest
from openhitl.protocol.durations import DEFAULT_TIMEOUT, MAX_TIMEOUT, MIN_TIMEOUT, parse_duration
from tests.protocol.values import vectors


@pytest.mark.parametrize(("text", "milliseconds"), vectors("durations")["milliseconds"].items())
def test_a_duration_is_iso_8601_or_shorthand(text, milliseconds):
    assert parse_duration(text) == timedelta(milliseconds=milliseconds)


@pytest.mark.parametrize("text", vectors("durations")["refused"])
def test_anything_else_is_no_duration(text):
    with pytest.raises(InvalidRequest):
        parse_duration(text)


def test_the_default_lies_within_the_bounds():
    assert MIN_TIMEOUT < parse_duration(DEFAULT_TIMEOUT) < MAX_TIMEOUT
