"""Where OAuth may send a browser. RFC 6749 §3.1.2, RFC 8252 §7, RFC 9700 §4.1."""

import pytest

from openhitl.errors import InvalidRedirectUri
from openhitl.protocol.redirects import (
    MAX_CHARACTERS,
    Destination,
    answered,
    checked_redirect,
    destination_of,
    matching_redirect,
)

CALLBACK = "https://app.example.com/callback"
GOOD = [
    CALLBACK,
    "https://app.example.com",
    "https://app.example.com:8443/callback?tenant=7",
    "https://192.0.2.7/callback",
    "http://localhost:8080/callback",
    "http://127.0.0.1/callback",
    "http://[::1]:9/callback",
    "com.example.app:/callback",
    "com.example.app://callback",
]
BAD = [
    None,
    7,
    "",
    "x" * (MAX_CHARACTERS + 1),
    "/callback",
    "callback",
    "//app.example.com/callback",
    "https:app.example.com/callback",
    "https:///callback",
    "https:/app.example.com/callback",
    "https://app.example.com/callback#",
    "https://app.example.com/callback#fragment",
    "https://alice@app.example.com/callback",
    "https://app.example.com@evil.example/callback",
    "https://alice:secret@app.example.com/callback",
    "https://app.example.com\\@evil.example/callback",
    "https://app.example.com/call back",
    " https://app.example.com/callback",
    "https://app.example.com/callback\n",
    "https://app.example.com/call\tback",
    "https://app.example.com/\x00",
    "https://app.example.com/<script>",
    'https://app.example.com/"',
    "https://app.example.com/%",
    "https://app.example.com/%zz",
    "https://app%2eexample.com/callback",
    "https://APP.example.com/callback",
    "HTTPS://app.example.com/callback",
    "https://app.exämple.com/callback",
    "https://app.example.com:/callback",
    "https://app.example.com:0/callback",
    "https://app.example.com:080/callback",
    "https://app.example.com:65536/callback",
    "https://app.example.com:abc/callback",
    "https://app.example.com./callback",
    "https://*.example.com/callback",
    "https://[::1/callback",
    "http://app.example.com/callback",
    "http://localhost.evil.example/callback",
    "http://localhost@evil.example/callback",
    "http://127.0.0.1.evil.example/callback",
    "http://127.1/callback",
    "http://2130706433/callback",
    "http://0.0.0.0/callback",
    "http://[::ffff:127.0.0.1]/callback",
    "javascript:alert(1)",
    "data:text/html,hello",
    "file:///etc/passwd",
    "app:/callback",
    "com.example.app:callback",
    "com.example.app://alice@callback",
    "Com.Example.App:/callback",
    ".:/callback",
    "urn:ietf:wg:oauth:2.0:oob",
]


@pytest.mark.parametrize("uri", GOOD)
def test_what_can_be_registered(uri):
    assert checked_redirect(uri) == uri


@pytest.mark.parametrize("uri", BAD)
def test_what_cannot(uri):
    with pytest.raises(InvalidRedirectUri):
        checked_redirect(uri)


@pytest.mark.parametrize("uri", GOOD)
def test_what_is_registered_is_meant_letter_by_letter(uri):
    assert matching_redirect(uri, ["https://other.example.com/", uri]) == uri


@pytest.mark.parametrize(
    "asked",
    [
        "https://app.example.com/callback/",
        "https://app.example.com/callback?",
        "https://app.example.com/callback?next=https://evil.example",
        "https://app.example.com/callback/../evil",
        "https://app.example.com/callback%2f..",
        "https://app.example.com//callback",
        "https://app.example.com/Callback",
        "https://app.example.com:443/callback",
        "https://app.example.com:8443/callback",
        "https://APP.example.com/callback",
        "http://app.example.com/callback",
        "https://evil.app.example.com/callback",
        "https://app.example.com.evil.example/callback",
        "https://app.example.com@evil.example/callback",
        "https://app.example.com/callback#",
        "https://app.example.com",
        "",
        *BAD[4:],
    ],
)
def test_nothing_else_is(asked):
    with pytest.raises(InvalidRedirectUri):
        matching_redirect(asked, [CALLBACK])


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
def test_on_this_machine_any_port_will_do(host):
    """RFC 8252 §7.3."""
    registered = [CALLBACK, f"http://{host}:8080/callback"]
    for port in ("", ":1", ":65535", ":8080"):
        assert matching_redirect(f"http://{host}{port}/callback", registered)


@pytest.mark.parametrize(
    "asked",
    [
        "http://127.0.0.1:9/other",
        "http://127.0.0.1:9/callback?a=b",
        "http://127.0.0.1:9/callback#",
        "http://localhost:9/callback",
        "https://127.0.0.1:9/callback",
        "http://127.0.0.1:0/callback",
        "http://127.0.0.1:65536/callback",
        "http://127.0.0.1:999999/callback",
        "http://127.0.0.1:/callback",
        "http://127.0.0.1:9@evil.example/callback",
        "http://127.0.0.1.evil.example/callback",
        "http://127.0.0.1:9\\@evil.example/callback",
        "http://127.0.0.1:9",
        "http://127.0.0.1:9/callback\n",
    ],
)
def test_but_nothing_beside_the_port(asked):
    with pytest.raises(InvalidRedirectUri):
        matching_redirect(asked, ["http://127.0.0.1:8080/callback"])


def test_an_address_is_needed_where_there_are_several():
    assert matching_redirect(None, [CALLBACK]) == CALLBACK
    for registered in ([], [CALLBACK, "https://other.example.com/"]):
        with pytest.raises(InvalidRedirectUri):
            matching_redirect(None, registered)


@pytest.mark.parametrize(
    ("uri", "destination"),
    [
        (
            CALLBACK,
            Destination(place="app.example.com", source="https://app.example.com", is_this_device=False),
        ),
        (
            "http://localhost:99/callback",
            Destination(place="localhost:99", source="http://localhost:99", is_this_device=True),
        ),
        ("http://[::1]:99/", Destination(place="[::1]:99", source="http:", is_this_device=True)),
        (
            "com.example.app:/callback",
            Destination(place="com.example.app:", source="com.example.app:", is_this_device=True),
        ),
    ],
)
def test_where_an_address_leads(uri, destination):
    assert destination_of(uri) == destination


def test_an_answer_is_added_to_what_is_there():
    assert answered(CALLBACK, code="a b", state=None) == f"{CALLBACK}?code=a+b"
    assert answered(f"{CALLBACK}?tenant=7", error="access_denied", state="&x=1") == (
        f"{CALLBACK}?tenant=7&error=access_denied&state=%26x%3D1"
    )
