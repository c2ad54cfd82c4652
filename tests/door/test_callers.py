"""Where requests come from: no header is believed but from a proxy that the operator named."""

from __future__ import annotations

import pytest

from openhitl.review.callers import Callers, neighbourhood

PROXIES = ("127.0.0.1", "10.0.0.0/8", "fd00::/8")


@pytest.mark.parametrize(
    ("peer", "forwarded", "caller"),
    [
        ("192.0.2.7", None, "192.0.2.7"),
        ("192.0.2.7", "198.51.100.1", "192.0.2.7"),
        ("127.0.0.1", None, "127.0.0.1"),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "203.0.113.9, 198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "203.0.113.9, 198.51.100.1, 10.1.2.3", "198.51.100.1"),
        ("127.0.0.1", "10.1.2.4, 10.1.2.3", "10.1.2.4"),
        ("fd00::1", "2001:db8::7", "2001:db8::7"),
        ("::ffff:127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("fe80::1%eth0", None, "fe80::1"),
        ("127.0.0.1", "somebody", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("not an address", "198.51.100.1", ""),
    ],
)
def test_whoever_called(peer, forwarded, caller):
    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
    assert Callers(PROXIES).of({"client": (peer, 4711)}, headers) == caller


def test_nobody_is_known_behind_a_socket_without_addresses():
    assert Callers(PROXIES).of({"client": None}, {"x-forwarded-for": "198.51.100.1"}) == ""
    assert Callers(PROXIES).of({}, {}) == ""


def test_without_proxies_no_header_is_believed():
    scope = {"client": ("127.0.0.1", 4711)}
    assert Callers().of(scope, {"x-forwarded-for": "198.51.100.1"}) == "127.0.0.1"


def test_the_addresses_of_one_line_count_as_one():
    assert neighbourhood("192.0.2.7") == "192.0.2.7"
    assert neighbourhood("2001:db8:1:2::3") == neighbourhood("2001:db8:1:2:ffff::4") == "2001:db8:1:2::/64"
    assert neighbourhood("") == ""
