"""Ways in and out, over real HTTP."""

from __future__ import annotations

import pytest

from openhitl.protocol.people import Role
from tests.accounts.visitors import PASSWORD, Visitors, field, invitation, way_in
from tests.servers import RunningServer, token_of


def test_before_anybody_has_an_account_the_page_says_how_the_first_is_made(
    server: RunningServer, visitors: Visitors
) -> None:
    page = visitors.browser().get("/sign-in")
    assert "hitl admin login-link" in page.text
    assert "<form" not in page.text


def test_who_is_signed_in_gets_back_from_an_address_where_nothing_is(visitors: Visitors) -> None:
    browser = visitors.joined("Zoe")
    settings = {"zone": "", "colours": "auto", "text_size": "normal"}
    assert browser.submit("/inbox/settings", language="de", **settings).status_code == 303
    for path, said in (("/nothing/here", "Diese Seite gibt es nicht"), ("/review/review_x", "Dieser Link")):
        page = browser.get(path)
        assert page.status_code == 404
        assert said in page.text
        assert 'href="/inbox">Zurück zum Eingang</a>' in page.text
    page = visitors.browser().get("/nothing/here")
    assert "There is no such page" in page.text
    assert 'href="/inbox"' not in page.text


def test_a_link_makes_an_account_of_its_role_once(server: RunningServer, visitors: Visitors) -> None:
    link = invitation(server, Role.OWNER)
    browser = visitors.browser()
    assert "owner of this server" in browser.get(link).text
    assert browser.get(link).status_code == 200, "opening uses up nothing"
    answer = browser.join(link, "Olga")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert browser.who() == "Olga"
    assert "Owner" in browser.get("/account").text
    late = visitors.browser()
    assert late.get(link).status_code == 401
    refused = late.join(link, "Mallory")
    assert refused.status_code == 401
    assert "does not work any more" in refused.text
    assert late.who() is None


@pytest.mark.parametrize(
    ("name", "password", "said"),
    [
        ("", PASSWORD, "Use 1 to 100 characters"),
        (" ", PASSWORD, "Use 1 to 100 characters"),
        ("a" * 101, PASSWORD, "Use 1 to 100 characters"),
        ("a\u202eb", PASSWORD, "Use 1 to 100 characters"),
        ("Jo", "too short", "Use 15 to 1,000 characters"),
        ("Jo", "a" * 1001, "Use 15 to 1,000 characters"),
        ("Jo", "a" * 15, "too easy to guess"),
        ("Alice Abigail Adams", "alice abigail adams", "too easy to guess"),
    ],
)
def test_what_will_not_do_is_said_and_leaves_the_link_good(
    server: RunningServer, visitors: Visitors, name: str, password: str, said: str
) -> None:
    link = invitation(server)
    browser = visitors.browser()
    answer = browser.join(link, name, password)
    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{password}"' not in answer.text
    assert browser.get(link).status_code == 200


def test_a_name_is_taken_however_it_is_spelt(server: RunningServer, visitors: Visitors) -> None:
    visitors.joined("Ægir")
    link = invitation(server)
    answer = visitors.browser().join(link, "ÆGIR")
    assert answer.status_code == 422
    assert "has this name already" in answer.text
    assert visitors.browser().join(link, "Ægir the second").status_code == 303


def test_signing_in_goes_on_to_where_one_wanted_to_be(server: RunningServer, visitors: Visitors) -> None:
    visitors.joined("Bob")
    browser = visitors.browser()
    sent = browser.get("/account?a=1&b=%C3%A4")
    assert sent.status_code == 303
    page = browser.get(sent.headers["location"])
    assert field(page, "next") == "/account?a=1&b=%C3%A4"
    answer = browser.sign_in("bob", next=field(page, "next"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/account?a=1&b=%C3%A4")
    assert browser.who() == "Bob"
    assert "signed in as <b><bdi>Bob</bdi></b>" in browser.get("/sign-in").text


def test_signing_out_ends_the_session_here_and_the_cookie_there(
    server: RunningServer, visitors: Visitors
) -> None:
    browser = visitors.joined("Carla")
    token = browser.token
    answer = browser.submit("/sign-out")
    assert answer.headers["location"] == "/sign-in?done=signed-out"
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert "You are signed out." in browser.get(answer.headers["location"]).text
    again = visitors.browser()
    again.client.cookies.set("hitl_session", token)
    assert again.who() is None
    assert again.post("/sign-out").status_code == 303, "who is not signed in has nothing to end"


def test_a_link_signs_in_by_its_button(server: RunningServer, visitors: Visitors) -> None:
    visitors.joined("Dora")
    link = way_in(server, "Dora")
    browser = visitors.browser()
    assert "Sign in as <bdi>Dora</bdi>" in browser.get(link).text
    assert browser.get(link).status_code == 200
    assert browser.post(link).headers["location"] == "/account"
    assert browser.who() == "Dora"
    late = visitors.browser()
    assert late.get(link).status_code == 401
    assert late.post(link).status_code == 401
    assert late.who() is None
    assert "You are signed in as" in browser.get(link).text


def test_a_terminal_signs_in_with_a_link_or_its_token(server: RunningServer, visitors: Visitors) -> None:
    visitors.joined("Emil")
    link = way_in(server, "Emil")
    made = server.anyone.post("/api/v1/sessions", json={"link_token": link, "device": "laptop"})
    assert made.status_code == 201, made.text
    told = made.json()
    assert told["token"].startswith("hitlu_")
    assert told["person"]["name"] == "Emil"
    assert told["person"]["role"] == "member"
    headers = {"authorization": f"Bearer {told['token']}"}
    shown = server.anyone.get("/api/v1/sessions/current", headers=headers).json()
    assert shown == {
        **{name: value for name, value in told.items() if name != "token"},
        **{"csrf": "", "mark": shown["mark"]},  # for browsers
    }
    assert shown["device"] == "laptop"
    assert server.anyone.post("/api/v1/sessions", json={"link_token": link}).status_code == 401
    assert server.anyone.request("DELETE", "/api/v1/sessions/current", headers=headers).status_code == 204
    assert server.anyone.get("/api/v1/sessions/current", headers=headers).status_code == 401
    token = token_of(way_in(server, "Emil"))
    again = server.anyone.post("/api/v1/sessions", json={"link_token": token}).json()
    headers = {"authorization": f"Bearer {again['token']}"}
    assert server.anyone.post("/api/v1/sessions/current/end", headers=headers).status_code == 204


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"link_token": 1},
        {"link_token": "x" * 3000},
        {"link_token": "hitli_x", "device": 7},
        [],
    ],
)
def test_a_terminal_s_odd_request_is_told_what_is_wrong(server: RunningServer, body: object) -> None:
    answer = server.anyone.post("/api/v1/sessions", json=body)
    assert answer.status_code == 422


@pytest.mark.parametrize("link", ["", "hitli_x", "https://x.example/sign-in/link", "?token=" + "a" * 49])
def test_what_is_no_link_signs_nobody_in(server: RunningServer, link: str) -> None:
    answer = server.anyone.post("/api/v1/sessions", json={"link_token": link})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
