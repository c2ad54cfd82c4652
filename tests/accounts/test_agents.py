"""One's own agents and their keys, over real HTTP."""

from __future__ import annotations

import re

import pytest

from tests.accounts.visitors import Browser, Visitors
from tests.servers import APPROVAL, RunningServer


def made(browser: Browser, name: str) -> str:
    """Make an agent and return the path of its page."""
    answer = browser.submit("/agents", name=name)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?")[0]


def key_of(browser: Browser, path: str, **fields: str) -> str:
    """Make a key and read it off the page that shows it."""
    made = browser.submit(f"{path}/keys", **{"name": "CI", "kind": "agent", "scopes": "ask", **fields})
    assert made.status_code == 303, made.text
    page = browser.get(made.headers["location"])
    found = re.search(r"(hitl[av]_[\w-]{43})", page.text)
    assert found, page.text
    return found[1]


def asks(server: RunningServer, key: str) -> int:
    """Ask with a key and return the status."""
    headers = {"authorization": f"Bearer {key}"}
    return server.anyone.post("/api/v1/reviews", json=APPROVAL, headers=headers).status_code


def reads(server: RunningServer, key: str) -> int:
    return server.anyone.get("/api/v1/reviews", headers={"x-api-key": key}).status_code


def test_an_agent_asks_with_a_key_until_it_is_revoked(server: RunningServer, visitors: Visitors) -> None:
    browser = visitors.joined("Alice")
    path = made(browser, "release-bot")
    assert "release-bot" in browser.get("/agents").text
    key = key_of(browser, path)
    assert (asks(server, key), reads(server, key)) == (202, 403)
    page = browser.get(path)
    assert key not in page.text, "it is shown once"
    revoke = re.search(rf'action="({path}/keys/\d+/revoke)"', page.text)
    assert revoke
    answer = browser.submit(revoke[1])
    assert "The key was revoked." in browser.get(answer.headers["location"]).text
    assert browser.submit(revoke[1]).status_code == 404
    other = key_of(browser, path, scopes="read", kind="service")
    assert other.startswith("hitlv_")
    assert (asks(server, other), reads(server, other)) == (403, 200)


def test_a_page_that_shows_a_key_makes_no_other_when_it_is_loaded_again(visitors: Visitors) -> None:
    browser = visitors.joined("Hal")
    path = made(browser, "reloaded")
    key = key_of(browser, path)
    again = browser.get(f"{path}/keys")
    assert key in again.text
    assert again.headers["cache-control"] == "no-store"
    assert browser.get(path).text.count("/revoke") == 1
    assert key not in str(browser.client.cookies)


def test_a_key_is_shown_on_its_own_page_in_its_own_session_alone(visitors: Visitors) -> None:
    browser = visitors.joined("Ida")
    path, other = made(browser, "one"), made(browser, "two")
    key_of(browser, path)
    elsewhere = visitors.browser()
    assert elsewhere.sign_in("Ida").status_code == 303
    carried = browser.client.cookies.get("hitl_shown")
    assert carried
    elsewhere.client.cookies.set("hitl_shown", carried)
    for who, where in ((browser, other), (elsewhere, path), (visitors.joined("Jo"), path)):
        answer = who.get(f"{where}/keys")
        assert "hitla_" not in answer.text
        assert answer.headers.get("location", where) == where
    browser.client.cookies.delete("hitl_shown")
    assert browser.get(f"{path}/keys").headers["location"] == path


def test_an_agent_is_stopped_and_let_ask_again(server: RunningServer, visitors: Visitors) -> None:
    browser = visitors.joined("Bob")
    path = made(browser, "helper")
    key = key_of(browser, path)
    assert "may ask nothing" in browser.get(browser.submit(f"{path}/stop").headers["location"]).text
    fresh = key_of(browser, path)
    assert asks(server, fresh) == 401
    browser.submit(f"{path}/resume")
    assert asks(server, key_of(browser, path)) == 202
    assert key != fresh


@pytest.mark.parametrize("name", ["", " ", "a" * 101, "a\u202eb"])
def test_agents_and_keys_have_names_that_can_be_read(visitors: Visitors, name: str) -> None:
    browser = visitors.joined(f"Carla {visitors.number()}")
    refused = browser.submit("/agents", name=name)
    assert refused.status_code == 422
    assert "Use 1 to 100 characters" in refused.text
    path = made(browser, "bot")
    refused = browser.submit(f"{path}/keys", name=name, kind="agent", scopes="ask")
    assert "Use 1 to 100 characters" in refused.text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kind": "person", "scopes": "ask"}, "Choose who asks"),
        ({"scopes": "ask"}, "Choose who asks"),
        ({"kind": "agent"}, "Tick at least one"),
        ({"kind": "agent", "scopes": "decide"}, "Tick at least one"),
    ],
)
def test_no_key_is_made_for_anything_else(visitors: Visitors, fields: dict[str, str], said: str) -> None:
    browser = visitors.joined(f"Dora {visitors.number()}")
    path = made(browser, "bot")
    refused = browser.submit(f"{path}/keys", name="CI for it", **fields)
    assert refused.status_code == 422
    assert said in refused.text
    assert 'value="CI for it"' in refused.text


def test_agents_of_others_are_not_there(visitors: Visitors) -> None:
    alice, mallory = visitors.joined("Emil"), visitors.joined("Mallory")
    path = made(alice, "emils-bot")
    key_of(alice, path)
    revoke = re.search(rf'action="({path}/keys/(\d+)/revoke)"', alice.get(path).text)
    assert revoke
    own = made(mallory, "mallorys-bot")
    assert "emils-bot" not in mallory.get("/agents").text
    assert mallory.get(path).status_code == 404
    for post in (
        f"{path}/keys",
        f"{path}/stop",
        f"{path}/resume",
        f"{path}/owners",
        f"{path}/owners/1/remove",
        revoke[1],
        f"{own}/keys/{revoke[2]}/revoke",
    ):
        assert mallory.submit(post, name="x", kind="agent", scopes="ask").status_code == 404, post
    for odd in ("0", "x", "9" * 40, "-1"):
        assert mallory.get(f"/agents/{odd}").status_code == 404
        assert mallory.submit(f"{own}/keys/{odd}/revoke").status_code == 404
    assert revoke[1] in alice.get(path).text


def test_an_agent_is_shared_and_answered_by_whom_it_belongs_to(
    server: RunningServer, visitors: Visitors
) -> None:
    fay, gus = visitors.joined("Fay"), visitors.joined("Gus")
    path = made(fay, "shared-bot")
    key = key_of(fay, path, scopes="ask")
    headers = {"authorization": f"Bearer {key}"}
    asked = server.anyone.post("/api/v1/reviews", json=APPROVAL, headers=headers).json()["hitl"]
    assert gus.get(asked["review_url"].removeprefix(server.url)).status_code == 403
    answer = fay.submit(f"{path}/owners", owner="GUS")
    assert "one more person" in fay.get(answer.headers["location"]).text
    assert gus.get(asked["review_url"].removeprefix(server.url)).status_code == 200
    assert "shared-bot" in gus.get("/agents").text
    left = gus.submit(re.search(rf'action="({path}/owners/\d+/remove)"', gus.get(path).text)[1])
    assert left.status_code == 303
    [stays] = [who for who in (fay, gus) if "shared-bot" in who.get("/agents").text]
    assert "/remove" not in stays.get(path).text, "it belongs to somebody always"


@pytest.mark.parametrize("name", ["", "Nobody", "Disabled"])
def test_an_agent_is_shared_with_who_can_sign_in(visitors: Visitors, name: str) -> None:
    browser = visitors.joined(f"Hal {visitors.number()}")
    path = made(browser, "bot")
    refused = browser.submit(f"{path}/owners", owner=name)
    assert refused.status_code == 422
    assert "Nobody of that name can sign in here." in refused.text
    assert f'name="owner" autocomplete="off" required value="{name}"' in refused.text


def test_owners_say_what_questions_want_at_least(server: RunningServer, visitors: Visitors) -> None:
    """An agent may raise, never lower, what its owner set."""
    ivy = visitors.joined("Ivy")
    path = made(ivy, "careful-bot")

    def asked(**fields: str) -> tuple[int, bool]:
        headers = {"authorization": f"Bearer {key_of(ivy, path, scopes='ask')}"}
        answer = server.anyone.post("/api/v1/reviews", json={**APPROVAL, **fields}, headers=headers)
        return answer.status_code, "verification_policy" in answer.json().get("hitl", {})

    assert asked() == (202, False)
    ivy.submit(f"{path}/assurance", assurance="passkey")
    assert 'value="passkey" checked' in ivy.get(path).text
    assert asked() == (202, True)
    assert asked(assurance="signed_in") == (403, False)
    ivy.submit(f"{path}/assurance", assurance="signed_in")
    assert asked() == (202, False)
    for less in ("link", "none", ""):
        assert ivy.submit(f"{path}/assurance", assurance=less).status_code == 422
    assert asked(assurance="link") == (403, False)
