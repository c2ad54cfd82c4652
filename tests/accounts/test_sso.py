"""Single sign-on in browsers: from our sign-in page to an OpenID provider and back."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from openhitl.identity.sso import CALLBACK_PATH
from openhitl.protocol.people import Role
from tests.accounts.visitors import Browser, Visitors
from tests.identity.provider import ADA, CLIENT_ID, SECRET, Provider, providing
from tests.servers import APPROVAL, RunningServer, running


@contextmanager
def served(folder: Path, provider: Provider, **settings: Any) -> Iterator[Visitors]:
    given = {
        "oidc_issuer": provider.url,
        "oidc_client_id": CLIENT_ID,
        "oidc_client_secret": SECRET,
        "oidc_allow": "example.org",
        "oidc_name": "Example ID",
        "private_networks": "127.0.0.0/8",
        **settings,
    }
    with running(folder, **given) as server:
        provider.redirect_uri = (server.settings.base_url or server.url) + CALLBACK_PATH
        visitors = Visitors(server)
        yield visitors
        visitors.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Provider, Visitors]]:
    with providing() as provider, served(tmp_path_factory.mktemp("sso"), provider) as visitors:
        visitors.joined("Olga", Role.OWNER)
        yield provider, visitors


@pytest.fixture
def provider(shared: tuple[Provider, Visitors]) -> Provider:
    shared[0].human = {**ADA, "sub": "nobody yet"}
    return shared[0]


@pytest.fixture
def visitors(shared: tuple[Provider, Visitors]) -> Visitors:
    return shared[1]


def there(browser: Browser, path: str = "/sign-in/oidc") -> str:
    """Go to the provider; return where it sends the browser back to."""
    sent = browser.get(path)
    assert sent.status_code == 303, sent.text
    return sent.headers["location"]


def back(browser: Browser, provider: Provider, path: str = "/sign-in/oidc") -> httpx2.Response:
    """Go to the provider, sign in there and come back."""
    return browser.get(provider.authorize(there(browser, path)))


def test_a_case_that_wants_somebody_signed_in_leads_to_the_provider_too(visitors: Visitors) -> None:
    hitl = visitors.server.ask(APPROVAL, as_service=False)
    page = visitors.browser().get(hitl["review_url"])
    onward = quote(hitl["review_url"].removeprefix(visitors.server.url), safe="/")
    assert f'href="/sign-in/oidc?next={onward}"' in page.text


def test_the_sign_in_page_leads_to_the_provider_and_back(provider: Provider, visitors: Visitors) -> None:
    provider.human = {**ADA, "sub": "ada"}
    browser = visitors.browser()
    page = browser.get("/sign-in?next=/account/password").text
    found = re.search(r'<a class="button" href="([^"]+)">Sign in with <bdi>Example ID</bdi></a>', page)
    assert found, page
    arrived = back(browser, provider, unescape(found[1]))
    assert (arrived.status_code, arrived.headers["location"]) == (303, "/account/password")
    assert arrived.headers["cache-control"] == "no-store"
    assert browser.who() == "Ada Lovelace"
    assert "hitl_sso" not in {cookie.name for cookie in browser.client.cookies.jar}
    assert "Signed in by single sign-on" in browser.get("/account").text


@pytest.mark.parametrize(
    "wanted", ["https://evil.example", "//evil.example", "/\\evil.example", "x", "/\u00e9"]
)
def test_it_leads_to_no_other_place(wanted: str, provider: Provider, visitors: Visitors) -> None:
    """RFC 9700 §4.11 "Open Redirection"."""
    provider.human = {**ADA, "sub": "ada"}
    browser = visitors.browser()
    path = str(httpx2.URL("/sign-in/oidc", params={"next": wanted}))
    assert back(browser, provider, path).headers["location"] == "/inbox"


def test_another_browsers_answer_signs_nobody_in(provider: Provider, visitors: Visitors) -> None:
    """Login CSRF, and a code that leaked. RFC 9700 §4.7, §4.5."""
    provider.human = {**ADA, "sub": "eve"}
    eve, alice = visitors.browser(), visitors.browser()
    eves = provider.authorize(there(eve))
    there(alice)
    refused = alice.get(eves)
    assert refused.status_code == 401
    assert "You are not signed in" in refused.text
    assert alice.who() is None
    assert visitors.browser().get(eves).status_code == 401, "nor where nobody set out"
    assert "set-cookie" not in refused.headers


def test_an_answer_is_good_once(provider: Provider, visitors: Visitors) -> None:
    provider.human = {**ADA, "sub": "ada"}
    browser = visitors.browser()
    url = provider.authorize(there(browser))
    trip = dict(browser.client.cookies)
    assert browser.get(url).status_code == 303
    again = visitors.browser()
    again.client.cookies.update(trip)
    assert again.get(url).status_code == 401


@pytest.mark.parametrize(
    ("human", "status", "said"),
    [
        ({"email": "eve@example.com"}, 403, "Nobody here is connected with that account"),
        ({"email_verified": False}, 403, "ask an owner of this server for an invitation"),
    ],
)
def test_strangers_are_told_what_to_do(
    human: dict[str, Any], status: int, said: str, provider: Provider, visitors: Visitors
) -> None:
    provider.human |= human
    browser = visitors.browser()
    refused = back(browser, provider)
    assert refused.status_code == status
    assert said in refused.text
    assert browser.who() is None


def test_a_refusal_of_the_provider_is_not_repeated(provider: Provider, visitors: Visitors) -> None:
    browser = visitors.browser()
    state = httpx2.URL(there(browser)).params["state"]
    words = {"error": "access_denied", "error_description": "<b>Call +1 555 0100</b>"}
    refused = browser.get(CALLBACK_PATH, params={**words, "state": state, "iss": provider.url})
    assert refused.status_code == 401
    assert "555" not in refused.text


def test_a_provider_that_is_away_is_said_to_be(provider: Provider, visitors: Visitors) -> None:
    browser = visitors.browser()
    url = provider.authorize(there(browser))
    provider.answer["/token"] = (503, b"")
    try:
        refused = browser.get(url)
    finally:
        del provider.answer["/token"]
    assert refused.status_code == 502
    assert "does not answer as it should" in refused.text


def leave_to_connect(browser: Browser) -> str:
    """Press Connect; return where the page leads."""
    page = browser.submit("/account/sso")
    assert page.status_code == 200, page.text
    found = re.search(r'<a class="button primary" href="([^"]+)">Go on</a>', page.text)
    assert found, page.text
    url = unescape(found[1])
    assert page.headers["refresh"] == f"0; url={url}"
    return url


def test_an_account_is_connected_and_disconnected(provider: Provider, visitors: Visitors) -> None:
    provider.human = {**ADA, "sub": "bob", "email_verified": False}
    bob = visitors.joined("Bob")
    assert "You can let <bdi>Example ID</bdi> sign you in." in bob.get("/account").text
    done = bob.get(provider.authorize(leave_to_connect(bob)))
    assert (done.status_code, done.headers["location"]) == (303, "/account?done=sso-connected")
    assert "signs you in." in bob.get("/account").text
    other = visitors.browser()
    assert back(other, provider).status_code == 303
    assert other.who() == "Bob"
    carol = visitors.joined("Carol")
    taken = carol.get(provider.authorize(leave_to_connect(carol)))
    assert taken.status_code == 409
    assert "Somebody else here is connected with that account." in taken.text
    gone = bob.submit("/account/sso/disconnect")
    assert gone.headers["location"] == "/account?done=sso-disconnected"
    assert back(visitors.browser(), provider).status_code == 403


def test_nobody_connects_somebody_elses_account(provider: Provider, visitors: Visitors) -> None:
    provider.human = {**ADA, "sub": "mallory"}
    dan = visitors.joined("Dan")
    for path in ("/account/sso", "/account/sso/disconnect"):
        elsewhere = dan.post(path, headers={"origin": "https://evil.example"}, data={"csrf": dan.csrf()})
        assert elsewhere.status_code == 403
        assert dan.post(path, data={"csrf": "x"}).status_code == 403
        assert visitors.browser().post(path, data={"csrf": "x"}).status_code == 401
    url = provider.authorize(leave_to_connect(dan))
    assert dan.submit("/sign-out").status_code == 303
    assert dan.get(url).status_code == 401, "nobody is signed in any more"
    assert dan.sign_in("Dan").status_code == 303
    url = provider.authorize(leave_to_connect(dan))
    erin = visitors.joined("Erin")
    erin.client.cookies.set("hitl_sso", dan.client.cookies["hitl_sso"])
    assert erin.get(url).status_code == 401, "it was Dan who set out"
    assert "You can let" in erin.get("/account").text


def test_with_https_the_cookie_is_for_this_host_alone(tmp_path: Path) -> None:
    base = "https://hitl.example.org/base"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with providing() as provider, served(tmp_path, provider, base_url=base, port=port):
        sent = httpx2.get(f"http://127.0.0.1:{port}/base/sign-in/oidc", trust_env=False)
        assert sent.headers["set-cookie"].startswith("__Host-hitl_sso=")
        assert sent.headers["set-cookie"].endswith("; Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure")
        asked = httpx2.URL(sent.headers["location"]).params
        assert asked["redirect_uri"] == base + CALLBACK_PATH


def test_without_a_provider_there_is_no_such_page(server: RunningServer) -> None:
    for path in ("/sign-in/oidc", CALLBACK_PATH):
        assert server.anyone.get(path).status_code == 404
    assert "/sign-in/oidc" not in server.anyone.get("/sign-in").text


def test_a_private_provider_is_not_asked_unless_the_operator_says_so(tmp_path: Path) -> None:
    with providing() as provider, served(tmp_path, provider, private_networks="") as visitors:
        refused = visitors.browser().get("/sign-in/oidc")
        assert refused.status_code == 502
        assert "does not answer as it should" in refused.text
        assert provider.seen == []
