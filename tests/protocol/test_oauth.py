"""Proof keys, scopes, resources, client metadata and documents of OAuth."""

import hashlib

import pytest

from openhitl.errors import (
    InvalidClientMetadata,
    InvalidRedirectUri,
    InvalidScope,
    InvalidTarget,
    OAuthError,
)
from openhitl.protocol.oauth import (
    challenge_of,
    checked_challenge,
    checked_resource,
    granted_scopes,
    is_same,
    narrowed_scopes,
    single,
)
from openhitl.protocol.oauth_clients import (
    LOCAL_REDIRECTS,
    LONG_TOKEN_LIFE,
    TOKEN_LIFE,
    UNNAMED,
    Client,
    ClientKind,
    is_document_id,
    parse_document,
    parse_metadata,
)
from openhitl.protocol.oauth_documents import resource_document, resource_document_url, server_document
from openhitl.protocol.redirects import checked_redirect
from openhitl.protocol.user_codes import code_from_numbers, read_code

#: RFC 7636 Appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
BASE = "https://hitl.example.org"
CALLBACK = "https://app.example.com/callback"


def test_the_challenge_of_the_rfc():
    """RFC 7636 Appendix B."""
    assert challenge_of(VERIFIER) == checked_challenge(CHALLENGE, "S256") == CHALLENGE


@pytest.mark.parametrize(
    ("challenge", "method"),
    [
        (None, None),
        (None, "S256"),
        ("", "S256"),
        (CHALLENGE, None),
        (CHALLENGE, "plain"),
        (CHALLENGE, "s256"),
        (CHALLENGE[:-1], "S256"),
        (CHALLENGE + "A", "S256"),
        (CHALLENGE[:-1] + "=", "S256"),
        (CHALLENGE[:-1] + "N", "S256"),  # no digest ends so
        (CHALLENGE + "\n", "S256"),
    ],
)
def test_other_challenges_are_refused(challenge, method):
    """RFC 7636 §4.4.1, RFC 9700 §2.1.1."""
    with pytest.raises(OAuthError):
        checked_challenge(challenge, method)


@pytest.mark.parametrize(
    "verifier", [None, "", "a" * 42, "a" * 129, "a" * 42 + "+", "ä" * 43, "a" * 43 + "\n"]
)
def test_verifiers_have_43_to_128_unreserved_characters(verifier):
    """RFC 7636 §4.1."""
    with pytest.raises(OAuthError):
        challenge_of(verifier)


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        (None, {"ask", "read"}),
        ("", {"ask", "read"}),
        ("read", {"read"}),
        ("ask  read", {"ask", "read"}),
        ("openid profile email", {"ask", "read"}),
        ("openid read offline_access", {"read"}),
    ],
)
def test_scopes(asked, granted):
    assert granted_scopes(asked) == granted


@pytest.mark.parametrize("asked", ["decide", "ask decide", "ASK", "openid admin"])
def test_no_other_scope_is_granted(asked):
    """RFC 6749 §3.3."""
    with pytest.raises(InvalidScope):
        granted_scopes(asked)


def test_a_refreshed_token_has_no_more_scopes():
    """RFC 6749 §6."""
    both, read = frozenset({"ask", "read"}), frozenset({"read"})
    assert narrowed_scopes(both, None) == narrowed_scopes(both, "openid") == both
    assert narrowed_scopes(both, "read") == narrowed_scopes(read, "openid profile email") == read
    with pytest.raises(InvalidScope):
        narrowed_scopes(read, "ask read")


@pytest.mark.parametrize(
    ("asked", "resource"),
    [
        (None, BASE),
        (BASE, BASE),
        (f"{BASE}/", BASE),
        ("HTTPS://HITL.example.org", BASE),
        (f"{BASE}/mcp-server/mcp/", f"{BASE}/mcp-server/mcp"),
        (f"{BASE}/mcp-server/mcp", f"{BASE}/mcp-server/mcp"),
        (f"{BASE}/mcp", f"{BASE}/mcp"),
    ],
)
def test_resources_of_this_server(asked, resource):
    """RFC 8707 §2."""
    assert checked_resource(asked, BASE) == resource


@pytest.mark.parametrize(
    "asked",
    [
        "https://evil.example",
        f"{BASE}.evil.example",
        f"{BASE}//",
        f"{BASE}/api",
        f"{BASE}/mcp-server/MCP",
        f"{BASE}/mcp#fragment",
        f"{BASE}/?x=1",
        "http://hitl.example.org",
        "https://[",
        "mcp",
        "/",
    ],
)
def test_no_other_resource(asked):
    """RFC 8707 §2: invalid_target."""
    with pytest.raises(InvalidTarget):
        checked_resource(asked, BASE)


def test_parameters_come_once_and_empty_ones_not_at_all():
    """RFC 6749 §3.1."""
    assert single([("a", "1"), ("b", "")]) == {"a": "1"}
    with pytest.raises(OAuthError):
        single([("a", "1"), ("a", "1")])


def test_secrets_are_compared_by_their_digest():
    digest = hashlib.sha256(b"secret").digest()
    assert is_same("secret", digest)
    assert not is_same("Secret", digest)
    assert not is_same(None, digest)
    assert not is_same("\ud800", digest)


def test_what_a_program_registers():
    metadata = parse_metadata(
        {
            "client_name": " Deploy bot ",
            "redirect_uris": [CALLBACK],
            "grant_types": ["authorization_code", "implicit", "refresh_token"],
            "response_types": ["code", "token"],
            "token_endpoint_auth_method": "none",
            "logo_uri": "https://app.example.com/logo.png",
            "scope": "openid",
            "contacts": None,
        }
    )
    assert metadata.to_wire() == {
        "client_name": "Deploy bot",
        "redirect_uris": [CALLBACK],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    }


def test_what_is_meant_without_a_word():
    """RFC 7591 §2."""
    metadata = parse_metadata({"redirect_uris": [CALLBACK]})
    assert (metadata.name, metadata.grant_types) == (UNNAMED, ("authorization_code",))
    assert metadata.auth_method == "client_secret_basic"


def test_a_device_needs_no_redirect():
    metadata = parse_metadata({"grant_types": ["urn:ietf:params:oauth:grant-type:device_code"]})
    assert metadata.redirect_uris == ()
    assert metadata.to_wire()["response_types"] == []


@pytest.mark.parametrize(
    "change",
    [
        {"client_name": ""},
        {"client_name": 7},
        {"client_name": "x" * 101},
        {"client_name": "Bank\u202e"},
        {"client_name": "two\nlines"},
        {"grant_types": ["implicit"]},
        {"grant_types": ["refresh_token"]},
        {"grant_types": "authorization_code"},
        {"grant_types": [7]},
        {"grant_types": ["authorization_code"] * 10},
        {"response_types": ["token"]},
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"token_endpoint_auth_method": ["none"]},
    ],
)
def test_metadata_that_is_refused(change):
    """RFC 7591 §3.2.2: invalid_client_metadata."""
    with pytest.raises(InvalidClientMetadata):
        parse_metadata({"redirect_uris": [CALLBACK], **change})


@pytest.mark.parametrize("body", [None, [], "x", 7])
def test_metadata_is_an_object(body):
    with pytest.raises(InvalidClientMetadata):
        parse_metadata(body)


@pytest.mark.parametrize("redirects", [None, [], CALLBACK, [CALLBACK] * 21, ["http://app.example.com/"], [7]])
def test_redirects_that_are_refused(redirects):
    """RFC 7591 §3.2.2: invalid_redirect_uri."""
    with pytest.raises(InvalidRedirectUri):
        parse_metadata({"redirect_uris": redirects})


def test_programs_that_do_not_refresh_get_tokens_for_a_day():
    def client(*grant_types):
        metadata = parse_metadata({"redirect_uris": [CALLBACK], "grant_types": list(grant_types)})
        return Client(ref=1, client_id="x", kind=ClientKind.DYNAMIC, metadata=metadata)

    assert client("authorization_code").token_life == LONG_TOKEN_LIFE
    assert client("authorization_code", "refresh_token").token_life == TOKEN_LIFE


def test_local_redirects_can_be_registered():
    assert [checked_redirect(uri) for uri in LOCAL_REDIRECTS] == list(LOCAL_REDIRECTS)


DOCUMENT = "https://app.example.com/oauth/client.json"


@pytest.mark.parametrize(
    ("client_id", "is_one"),
    [
        (DOCUMENT, True),
        ("https://app.example.com", False),
        ("https://app.example.com/", False),
        ("https://app.example.com/a/../b", False),
        ("https://app.example.com/./b", False),
        ("https://app.example.com/b#c", False),
        ("https://alice@app.example.com/b", False),
        ("http://localhost/client.json", False),
        ("com.example.app:/client", False),
        ("client_7", False),
        ("https://[/b", False),
        ("https://app.example.com/" + "x" * 1_000, False),
    ],
)
def test_client_ids_that_are_documents(client_id, is_one):
    """OAuth Client ID Metadata Document §3."""
    assert is_document_id(client_id) is is_one


def test_a_document_is_about_its_own_address_and_has_no_secret():
    document = {"client_id": DOCUMENT, "client_name": "App", "redirect_uris": [CALLBACK]}
    assert parse_document(DOCUMENT, document).auth_method == "none"
    for change in (
        {"client_id": DOCUMENT + "?"},
        {"client_id": None},
        {"token_endpoint_auth_method": "client_secret_post"},
        {"client_secret": "x"},
    ):
        with pytest.raises(InvalidClientMetadata):
            parse_document(DOCUMENT, {**document, **change})
    with pytest.raises(InvalidClientMetadata):
        parse_document(DOCUMENT, [document])


def test_the_documents_name_each_other():
    """RFC 8414 §2, RFC 9728 §2, RFC 9207 §3."""
    server = server_document(BASE)
    assert server["issuer"] == BASE
    assert server["token_endpoint"] == f"{BASE}/api/v1/oauth/token"
    assert server["code_challenge_methods_supported"] == ["S256"]
    assert server["authorization_response_iss_parameter_supported"] is True
    resource = resource_document(BASE, "/mcp-server/mcp")
    assert resource["resource"] == f"{BASE}/mcp-server/mcp"
    assert resource["authorization_servers"] == [BASE]


def test_where_a_resource_is_described():
    """RFC 9728 §3."""
    well_known = "https://example.org/.well-known/oauth-protected-resource"
    assert resource_document_url("https://example.org") == well_known
    assert resource_document_url("https://example.org/hitl", "/mcp") == f"{well_known}/hitl/mcp"


def test_codes_are_read_however_they_are_typed():
    """RFC 8628 §6.1."""
    code = code_from_numbers([0, 1, 2, 3, 16, 17, 18, 19])
    assert code == "BCDF-VWXZ"
    for typed in ("BCDF-VWXZ", "bcdfvwxz", " b c d f – V W X Z "):
        assert read_code(typed) == code
    for typed in ("", "BCDF-VWX", "BCDF-VWXZZ", "BCDF-VWXA", "BCDF-VWX1"):
        assert read_code(typed) is None


def errors_of(error):
    yield error
    for child in error.__subclasses__():
        yield from errors_of(child)


@pytest.mark.parametrize("error", list(errors_of(OAuthError)))
def test_what_is_said_of_errors_can_be_sent(error):
    """RFC 6749 §5.2: %x20-21 / %x23-5B / %x5D-7E."""
    said = error().details["error_description"]
    assert said.isascii()
    assert said.isprintable()
    assert not {'"', "\\"} & set(said)
    assert "RFC" not in said
