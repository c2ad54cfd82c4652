"""Requests and responses as plain values."""

from datetime import UTC, datetime

import pytest

from openhitl.client import requests
from openhitl.client.exchange import Response
from openhitl.client.origins import same_origin
from openhitl.client.pauses import MAX_BACKOFF_SECONDS, backoff_seconds, jittered

NOW = datetime(2026, 2, 20, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("30", 30.0),
        ("0", 0.0),
        ("999999", 3600.0),
        ("Fri, 20 Feb 2026 10:01:00 GMT", 60.0),
        ("Fri, 20 Feb 2026 09:00:00 GMT", 0.0),
        ("9" * 400, 3600.0),
        ("soon", None),
        ("Fri, 20 Feb 2026 10:01:00 +99999999999999", None),
        ("-5", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value, seconds):
    response = Response(status=429, headers={"retry-after": value})
    assert response.retry_after(now=NOW) == seconds


@pytest.mark.parametrize("odd", ["ü", "€", "a ", "\x01", "x" * 1001, "\ud800"])
def test_what_a_service_named_and_no_header_can_carry_is_not_sent_back(odd):
    assert "If-None-Match" not in requests.poll("https://x.example", odd).headers
    assert "Last-Event-ID" not in requests.events("https://x.example", odd).headers


def test_a_case_id_cannot_leave_its_place_in_the_path():
    request = requests.show("https://x.example", "../admin?x=1#y")
    assert request.url == "https://x.example/api/v1/reviews/..%2Fadmin%3Fx%3D1%23y"


def test_an_agents_name_is_sent_as_ascii():
    request = requests.create("https://x.example", {}, idempotency_key="k", agent_name="Bäcker\r\nX: y")
    assert request.headers["X-MCP-Agent-Name"] == "B%C3%A4cker%0D%0AX: y"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://x.example/a", "https://x.example:443/b?c", True),
        ("https://x.example", "http://x.example", False),
        ("https://x.example", "https://x.example.evil.example", False),
        ("https://x.example", "https://x.example@evil.example", False),
        ("http://localhost:4485", "http://127.0.0.1:4485/x", True),
        ("http://localhost:4485", "http://localhost:4486", False),
        ("https://x.example", "//x.example", False),
        ("https://x.example", "https://evil.example\\@x.example/", False),
        ("https://x.example", "https://x.example\\@evil.example/", False),
        ("https://x.example", "https://x.example/\ud800", False),
    ],
)
def test_an_origin_is_scheme_host_and_port(one, other, same):
    assert same_origin(one, other) is same


def test_the_back_off_grows_to_its_bound_and_is_never_the_same_for_all():
    for failures in range(1, 40):
        assert 0.25 <= backoff_seconds(failures) <= MAX_BACKOFF_SECONDS
    assert backoff_seconds(30) >= MAX_BACKOFF_SECONDS / 2
    assert len({backoff_seconds(5) for _ in range(20)}) > 1
    assert 30.0 <= jittered(30.0) <= 33.0
