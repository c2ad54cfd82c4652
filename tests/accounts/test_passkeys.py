"""Passkeys that let people in, and all that must not. W3C Web Authentication Level 3 §7.1, §7.2."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from html import unescape
from typing import Any

import httpx2
import pytest

from openhitl.protocol.people import Role
from tests.accounts.visitors import Browser, Visitors, invitation
from tests.evidence.authenticator import PRESENT, Authenticator
from tests.servers import RunningServer

Signed = Callable[[Authenticator, dict[str, Any]], dict[str, Any]]


def device_of(server: RunningServer) -> Authenticator:
    return Authenticator(server.url, "localhost")


def options_in(page: httpx2.Response) -> dict[str, Any]:
    """Read what a page's script gives to `navigator.credentials.create`."""
    found = re.search(r'data-options="([^"]+)"', page.text)
    assert found, page.text
    options: dict[str, Any] = json.loads(unescape(found[1]))
    return options


def joined(visitors: Visitors, device: Authenticator, name: str) -> Browser:
    """Make an account with a passkey."""
    browser = visitors.browser()
    link = invitation(visitors.server)
    credential = device.register(options_in(browser.get(link)))
    answer = browser.post(link, json={"name": name, "credential": credential})
    assert answer.status_code == 201, answer.text
    assert answer.json() == {"location": "/account"}
    return browser


def used(browser: Browser, device: Authenticator, **client: Any) -> dict[str, Any]:
    """Answer a fresh challenge as the sign-in page's script does."""
    options = browser.client.get("/sign-in/options").json()
    return {"challenge": options["challenge"], "credential": device.sign(options, **client)}


def enter(browser: Browser, body: Any) -> httpx2.Response:
    return browser.post("/sign-in/passkey", json=body)


def test_a_passkey_lets_in_whom_it_is_of(server: RunningServer, visitors: Visitors) -> None:
    device = device_of(server)
    assert joined(visitors, device, "Alice").who() == "Alice"
    browser = visitors.browser()
    answer = enter(browser, {**used(browser, device), "next": "/account?a=1"})
    assert answer.json() == {"location": "/account?a=1"}
    assert browser.who() == "Alice"
    assert "Signed in with a passkey" in browser.get("/account").text
    elsewhere = enter(browser, {**used(browser, device), "next": "//evil.example"})
    assert elsewhere.json() == {"location": "/inbox"}


def test_what_a_passkey_signed_lets_in_once(server: RunningServer, visitors: Visitors) -> None:
    device = device_of(server)
    joined(visitors, device, "Bob")
    body = used(visitors.browser(), device)
    browsers = [visitors.browser() for _ in range(5)]
    with ThreadPoolExecutor(5) as pool:
        answers = [pool.submit(enter, browser, body) for browser in browsers]
        codes = sorted(answer.result().status_code for answer in answers)
    assert codes == [200, 401, 401, 401, 401]
    assert sum(browser.who() is not None for browser in browsers) == 1


def another(device: Authenticator) -> Authenticator:
    """Return a device that nobody has registered."""
    return Authenticator(device.origin, device.rp_id)


FALSE: dict[str, Callable[[Browser, Authenticator], Any]] = {
    "another origin": lambda browser, device: used(browser, device, origin="https://evil.example"),
    "another port": lambda browser, device: used(browser, device, origin="http://localhost:1"),
    "a registration": lambda browser, device: used(browser, device, type="webauthn.create"),
    "another challenge": lambda browser, device: used(browser, device, challenge="AAAA"),
    "a challenge of one's own": lambda browser, device: {
        "challenge": "A" * 51,
        "credential": device.sign({"userVerification": "required", "challenge": "A" * 51}),
    },
    "no challenge": lambda browser, device: {**used(browser, device), "challenge": ""},
    "another host": lambda browser, device: used(browser, replace(device, rp_id="evil.example")),
    "another key": lambda browser, device: used(browser, replace(device, key=another(device).key)),
    "a passkey that nobody registered": lambda browser, device: used(browser, another(device)),
    "nobody verified": lambda browser, device: used(
        browser,
        Authenticator(
            device.origin, "localhost", PRESENT, credential_id=device.credential_id, key=device.key
        ),
    ),
    "no credential": lambda browser, device: {**used(browser, device), "credential": {}},
    "an odd credential": lambda browser, device: {**used(browser, device), "credential": {"rawId": [1]}},
    "no signature": lambda browser, device: {
        **used(browser, device),
        "credential": {**used(browser, device)["credential"], "response": {}},
    },
}


@pytest.mark.parametrize("name", FALSE)
def test_what_is_false_lets_nobody_in(server: RunningServer, visitors: Visitors, name: str) -> None:
    device = device_of(server)
    joined(visitors, device, f"Carla {visitors.number()}")
    browser = visitors.browser()
    answer = enter(browser, FALSE[name](browser, device))
    assert (answer.status_code, answer.json()["error"]) == (401, "sign_in_failed")
    assert "set-cookie" not in answer.headers
    assert enter(browser, used(browser, device)).status_code == 200, "the passkey itself is as good as before"


@pytest.mark.parametrize("body", [[], {}, {"challenge": 1}, {"challenge": "x", "credential": "x"}, "x"])
def test_what_is_no_request_is_told_so(visitors: Visitors, body: Any) -> None:
    assert enter(visitors.browser(), body).status_code == 422


def test_a_counter_that_goes_back_is_a_copy(server: RunningServer, visitors: Visitors) -> None:
    """§6.1.1: of a device that counts."""
    device = Authenticator(server.url, "localhost", counts=True)
    joined(visitors, device, "Dora")
    browser = visitors.browser()
    assert enter(browser, used(browser, device)).status_code == 200
    device.counter = 0
    assert enter(browser, used(browser, device)).status_code == 401


def test_a_removed_passkey_lets_nobody_in(server: RunningServer, visitors: Visitors) -> None:
    device = device_of(server)
    browser = joined(visitors, device, "Emil")
    remove = re.search(r'action="(/account/passkeys/\d+/remove)"', browser.get("/account").text)
    assert remove
    mallory = visitors.joined("Mallory")
    assert mallory.submit(remove[1]).status_code == 404
    assert browser.submit(remove[1]).headers["location"] == "/account?done=passkey-removed"
    assert browser.submit(remove[1]).status_code == 404
    stranger = visitors.browser()
    assert enter(stranger, used(stranger, device)).status_code == 401


def test_a_disabled_person_s_passkey_lets_nobody_in(server: RunningServer, visitors: Visitors) -> None:
    device = device_of(server)
    browser = joined(visitors, device, "Ida")
    owner = visitors.joined("Olga", Role.OWNER)
    number = browser.client.get("/api/v1/sessions/current").json()["person"]["id"].removeprefix("person:")
    assert owner.submit(f"/people/{number}/disable").status_code == 303
    assert enter(browser, used(browser, device)).status_code == 401
    owner.submit(f"/people/{number}/enable")
    assert enter(browser, used(browser, device)).status_code == 200


def test_who_guesses_passwords_keeps_nobody_from_their_passkey(
    server: RunningServer, visitors: Visitors
) -> None:
    device, address = device_of(server), visitors.address()
    joined(visitors, device, "Jo")
    assert 429 in {visitors.browser(address).sign_in("Jo", "guess").status_code for _ in range(20)}
    browser = visitors.browser(address)
    assert enter(browser, used(browser, device)).status_code == 200


def test_a_passkey_belongs_to_one_account(server: RunningServer, visitors: Visitors) -> None:
    """§7.1 step 26: a credential id that is registered already is refused."""
    device = device_of(server)
    joined(visitors, device, "Frida")
    browser, link = visitors.browser(), invitation(server)
    credential = device.register(options_in(browser.get(link)))
    refused = browser.post(link, json={"name": "Frida the second", "credential": credential})
    assert refused.status_code in (401, 403)
    assert browser.who() is None
    assert browser.get(link).status_code == 200, "the link is still good"


@pytest.mark.parametrize(
    ("name", "status"), [("", 422), ("a\u202eb", 422), (None, 422), (7, 422), ("GEORG", 409)]
)
def test_a_name_that_will_not_do_leaves_the_link_good(
    server: RunningServer, visitors: Visitors, name: Any, status: int
) -> None:
    if status == 409:
        visitors.joined("Georg")
    browser, link = visitors.browser(), invitation(server)
    credential = device_of(server).register(options_in(browser.get(link)))
    assert browser.post(link, json={"name": name, "credential": credential}).status_code == status
    assert browser.get(link).status_code == 200


def test_a_passkey_is_made_for_the_link_that_led_to_it(server: RunningServer, visitors: Visitors) -> None:
    """§7.1 step 8: the challenge is that of this very link."""
    browser, link, other = visitors.browser(), invitation(server), invitation(server)
    credential = device_of(server).register(options_in(browser.get(other)))
    for odd in (credential, {}, {"response": 1}):
        assert browser.post(link, json={"name": "Hanna", "credential": odd}).status_code == 403
    assert browser.get(link).status_code == 200
    assert browser.post(link, json={"name": "Hanna", "credential": "x"}).status_code == 422
