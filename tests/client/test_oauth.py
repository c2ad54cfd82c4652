"""The client's side of OAuth, as values: what is asked, and which answers are believed."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from openhitl.client import oauth
from openhitl.client.exchange import Response
from openhitl.errors import LoginRefused

SERVER = "https://hitl.example.com"
NOW = datetime(2026, 2, 20, 10, tzinfo=UTC)
TOLD = {
    "issuer": SERVER,
    "authorization_endpoint": f"{SERVER}/authorize",
    "token_endpoint": f"{SERVER}/token",
    "registration_endpoint": f"{SERVER}/register",
    "revocation_endpoint": f"{SERVER}/revoke",
    "device_authorization_endpoint": f"{SERVER}/device_authorization",
    "code_challenge_methods_supported": ["plain", "S256"],
    "authorization_response_iss_parameter_supported": True,
}
CODE = {
    "device_code": "d",
    "user_code": "WDJB-MJHT",
    "verification_uri": f"{SERVER}/device",
    "expires_in": 600,
}


def answer(body, status=200) -> Response:
    return Response(status=status, headers={}, body=json.dumps(body).encode())


def metadata(**changes) -> oauth.Metadata:
    return oauth.read_metadata(SERVER, answer(TOLD | changes))


def test_the_document_of_an_issuer_with_a_path_stands_before_that_path():
    """RFC 8414 §3.1."""
    request = oauth.metadata_request("https://example.com/hitl")
    assert request.url == "https://example.com/.well-known/oauth-authorization-server/hitl"


@pytest.mark.parametrize(
    "issuer", [f"{SERVER}/", "https://HITL.example.com", "http://hitl.example.com", None]
)
def test_an_issuer_is_compared_letter_by_letter(issuer):
    """RFC 8414 §3.3."""
    with pytest.raises(LoginRefused, match="calls itself"):
        metadata(issuer=issuer)


def test_a_server_without_https_is_refused_unless_it_is_this_machine():
    there = "http://hitl.example.com"
    with pytest.raises(LoginRefused, match="https"):
        oauth.read_metadata(there, answer(TOLD | {"issuer": there}))


@pytest.mark.parametrize("body", [[], "x", None, {}])
def test_what_is_no_document_is_refused(body):
    with pytest.raises(LoginRefused):
        oauth.read_metadata(SERVER, answer(body))
    with pytest.raises(LoginRefused):
        oauth.read_metadata(SERVER, Response(status=502, headers={}, body=b"<html>"))


def test_an_optional_endpoint_elsewhere_is_as_good_as_none():
    assert metadata(device_authorization_endpoint="https://evil.example.com/d").device_url == ""
    assert metadata(revocation_endpoint=7).revocation_url == ""


def test_the_challenge_is_that_of_the_rfc():
    """RFC 7636 Appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert oauth.challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_the_address_where_somebody_says_yes_keeps_its_own_query():
    url = oauth.authorization_url(
        metadata(authorization_endpoint=f"{SERVER}/authorize?tenant=1"),
        client_id="c",
        redirect_uri="http://127.0.0.1:9/callback",
        state="s",
        verifier="v" * 43,
        agent_name="Bücherwurm & Co",
    )
    query = parse_qs(urlsplit(url).query)
    assert query["tenant"] == ["1"]
    assert query["agent_name"] == ["Bücherwurm & Co"]
    assert "v" * 43 not in url


@pytest.mark.parametrize(
    "query",
    [
        {"code": "c"},
        {"code": "c", "iss": "https://evil.example.com"},
        {"iss": SERVER},
        {"iss": SERVER, "code": ""},
        {"iss": SERVER, "error": "access_denied", "code": "c"},
        {"iss": SERVER, "error": "server_error"},
    ],
)
def test_a_redirect_without_a_code_of_this_server_is_refused(query):
    """RFC 9207 §2.4."""
    with pytest.raises(LoginRefused):
        oauth.read_redirect(metadata(), query)


@pytest.mark.parametrize(
    "changes",
    [
        {"access_token": None},
        {"access_token": ""},
        {"access_token": "with\r\nheader: x"},
        {"access_token": "ünicode"},
        {"access_token": "x" * 20_000},
        {"token_type": "DPoP"},
        {"token_type": None},
    ],
)
def test_tokens_that_no_header_can_carry_are_refused(changes):
    body = {"access_token": "a", "token_type": "Bearer"} | changes
    with pytest.raises(LoginRefused):
        oauth.read_tokens(answer(body), now=NOW)


@pytest.mark.parametrize(
    ("expires_in", "ends"),
    [
        (3600, NOW + timedelta(hours=1)),
        (0, NOW),
        (None, None),
        (-1, None),
        ("3600", None),
        (True, None),
        (1e300, NOW + timedelta(days=3650)),
    ],
)
def test_a_lifetime_is_believed_within_reason(expires_in, ends):
    body = {"access_token": "a", "token_type": "bearer", "expires_in": expires_in}
    assert oauth.read_tokens(answer(body), now=NOW).expires_at == ends


@pytest.mark.parametrize(
    "changes",
    [
        {"device_code": None},
        {"user_code": ""},
        {"verification_uri": 7},
        {"expires_in": None},
        {"verification_uri": "https://evil.example.com/device"},
    ],
)
def test_a_device_code_that_leads_nowhere_is_refused(changes):
    with pytest.raises(LoginRefused):
        oauth.read_device(metadata(), answer(CODE | changes))


def test_an_address_that_fills_the_code_in_elsewhere_is_not_shown():
    code = oauth.read_device(
        metadata(), answer(CODE | {"verification_uri_complete": "https://evil.example.com"})
    )
    assert code.complete_url == f"{SERVER}/device"


@pytest.mark.parametrize(("given", "seconds"), [(None, 5), (2, 2), (0, 5), (True, 5), ("9", 5), (1e9, 60)])
def test_polling_is_as_slow_as_the_server_likes_within_reason(given, seconds):
    """RFC 8628 §3.2."""
    assert oauth.read_device(metadata(), answer(CODE | {"interval": given})).interval_seconds == seconds


@pytest.mark.parametrize(
    ("body", "status", "pause"),
    [
        ({"error": "authorization_pending"}, 400, 5),
        ({"error": "slow_down"}, 400, 10),
        ({"error": "access_denied"}, 400, None),
        ({"error": "expired_token"}, 400, None),
        ({}, 503, 10),
        ({}, 200, None),
        ([], 400, None),
    ],
)
def test_the_next_poll_comes_when_the_rfc_says(body, status, pause):
    """RFC 8628 §3.5."""
    assert oauth.next_interval(answer(body, status), 5) == pause
