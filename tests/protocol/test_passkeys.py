"""What browsers know a server by."""

from __future__ import annotations

import pytest

from openhitl.protocol.passkeys import RelyingParty


@pytest.mark.parametrize(
    ("url", "party"),
    [
        ("http://localhost:4485", ("localhost", "http://localhost:4485")),
        ("https://HITL.Example.com/ask", ("hitl.example.com", "https://hitl.example.com")),
        ("https://hitl.example.com:8443", ("hitl.example.com", "https://hitl.example.com:8443")),
        ("https://hitl.example.com:443", ("hitl.example.com", "https://hitl.example.com")),
        ("http://localhost:80", ("localhost", "http://localhost")),
    ],
)
def test_a_server_is_known_by_its_host_and_its_origin(url, party):
    assert RelyingParty.of(url) == RelyingParty(*party)


@pytest.mark.parametrize(
    ("url", "has_name"),
    [
        ("http://localhost:4485", True),
        ("https://10.example", True),
        ("http://127.0.0.1:4485", False),
        ("http://[::1]:4485", False),
    ],
)
def test_browsers_make_passkeys_for_names_only(url, has_name):
    """WebAuthn Level 3 §5.1.3: the effective domain of the origin has to be a domain."""
    assert RelyingParty.of(url).has_name is has_name
