"""What must not come through: redirects elsewhere, other sites' posts, tries without end."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from openhitl.review.accounts.destinations import destination
from tests.accounts.visitors import PASSWORD, Visitors, invitation, way_in
from tests.servers import RunningServer, running

ELSEWHERE = [
    "https://evil.example",
    "http:evil.example",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/ /evil.example",
    "/\u00a0/evil.example",
    "/\u2028/evil.example",
    "/a\r\nset-cookie: hitl_session=x",
    "javascript:alert(1)",
    "data:text/html,x",
    "evil.example",
    "?next=//evil.example",
    "#//evil.example",
    "@evil.example",
    "/\u2215evil.example",
    "/account\u202e",
    "/\x00/evil.example",
    "/\x7f/evil.example",
    "/a\\evil.example",
    "/" + "a" * 8000,
    "",
]


@pytest.mark.parametrize("wanted", ELSEWHERE, ids=ascii)
def test_signing_in_leads_nowhere_else(wanted: str) -> None:
    assert destination(wanted) == "/inbox"


@pytest.mark.parametrize(
    "wanted", ["/", "/account", "/review/r?token=a&x=%2F%2Fb", "/a//b", "/oauth?u=http://x/"]
)
def test_signing_in_leads_to_any_page_of_this_server(wanted: str) -> None:
    assert destination(wanted) == wanted


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example"]
)
def test_neither_page_nor_answer_names_another_place(visitors: Visitors, wanted: str) -> None:
    name = f"Alice {visitors.number()}"
    visitors.joined(name)
    browser = visitors.browser()
    assert "evil" not in browser.get("/sign-in", params={"next": wanted}).text
    assert browser.sign_in(name, next=wanted).headers["location"] == "/inbox"


FOREIGN = [
    {"origin": "https://evil.example"},
    {"origin": "http://localhost:1"},
    {"origin": "https://localhost"},
    {"origin": "http://localhost.evil.example"},
    {"origin": "null"},
    {"origin": ""},
    {"origin": "null", "sec-fetch-site": "cross-site"},
    {"origin": "null", "sec-fetch-site": "same-site"},
    {"origin": "null", "sec-fetch-site": "none"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_posts_of_other_places_change_nothing(
    server: RunningServer, visitors: Visitors, headers: dict[str, str]
) -> None:
    """Another port of the same host is another place, although cookies go there too."""
    name = f"Bob {visitors.number()}"
    browser, stranger = visitors.joined(name), visitors.browser()
    csrf, link = browser.csrf(), way_in(server, name)
    posts = {
        "/sign-in": {"name": name, "password": PASSWORD},
        link: {},
        invitation(server): {"name": "Planted", "password": PASSWORD},
    }
    for path, fields in posts.items():
        refused = stranger.post(path, headers=headers, data=fields)
        assert refused.status_code == 403, path
        assert "Nothing was changed" in refused.text
        assert "set-cookie" not in refused.headers
    for path in ("/sign-out", "/account/sessions/end-others", "/account/link", "/account/passkeys"):
        assert browser.post(path, headers=headers, data={"csrf": csrf}).status_code == 403, path
    assert browser.who() == name
    assert browser.client.get(link).status_code == 200, "the link is still good"


def test_a_browser_that_sends_no_referrer_says_where_it_is_otherwise(visitors: Visitors) -> None:
    browser = visitors.joined("Carl")
    told = {"origin": "null", "sec-fetch-site": "same-origin"}
    assert browser.post("/sign-out", headers=told, data={"csrf": browser.csrf()}).status_code == 303


def test_a_passkey_s_answer_is_taken_from_our_own_page_alone(visitors: Visitors) -> None:
    browser = visitors.browser()
    body = {"challenge": browser.client.get("/sign-in/options").json()["challenge"], "credential": {}}
    for headers in FOREIGN:
        assert browser.post("/sign-in/passkey", headers=headers, json=body).status_code == 403
    assert browser.post("/sign-in/passkey", json=body).status_code == 401


def test_forms_carry_the_token_of_their_own_session(visitors: Visitors) -> None:
    alice, mallory = visitors.joined("Anna"), visitors.joined("Mallory")
    for token in ("", "x", mallory.csrf(), alice.csrf()[:-1], "ä"):
        assert alice.post("/account/link", data={"csrf": token}).status_code == 403
        assert (
            alice.post("/account/link", headers={"x-csrf-token": "x"}, data={"csrf": token}).status_code
            == 403
        )
    both = alice.post("/account/link", headers={"x-csrf-token": "x"}, data={"csrf": alice.csrf()})
    assert both.status_code == 403
    assert alice.post("/account/link").status_code == 403
    assert alice.post("/account/link", json={"csrf": alice.csrf()}).status_code == 403
    assert alice.submit("/account/link").status_code == 200


def test_who_is_not_signed_in_is_asked_to(visitors: Visitors) -> None:
    browser = visitors.browser()
    for path in ("/account", "/account/password", "/account/codes", "/people"):
        assert browser.get(path).headers["location"] == f"/sign-in?next={path.replace('/', '%2F')}"
    for path in ("/account/link", "/account/password", "/people/invite"):
        refused = browser.post(path, data={"csrf": "x"})
        assert refused.status_code == 401
        assert "You are not signed in" in refused.text


def test_names_that_are_not_there_are_refused_as_wrong_passwords_are(visitors: Visitors) -> None:
    visitors.joined("Dora")
    answers = [
        visitors.browser().sign_in("Dora", "not her password at all"),
        visitors.browser().sign_in("Nobody", "not her password at all"),
        visitors.browser().sign_in("Dora", "x" * 2000),
    ]
    assert {answer.status_code for answer in answers} == {401}
    texts = {answer.text.replace('value="Nobody"', 'value="Dora"') for answer in answers}
    assert len(texts) == 1


def test_tries_for_one_name_are_limited_wherever_they_come_from(visitors: Visitors) -> None:
    visitors.joined("Erika")
    answers = [visitors.browser().sign_in("erika", "guess") for _ in range(20)]
    assert {answer.status_code for answer in answers[:10]} == {401}
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert 1 <= int(refused.headers["retry-after"]) <= 31
    assert "Too many" in refused.text
    assert visitors.browser().sign_in("Erika").status_code == 429, "the right password has to wait too"


def test_tries_from_one_address_are_limited_whoever_is_tried(visitors: Visitors) -> None:
    """RFC 6177 §2: what one line has of IPv6 is a network."""
    for addresses in (["192.0.2.9"] * 20, [f"2001:db8::{place:x}" for place in range(20)]):
        browsers = [visitors.browser(address) for address in addresses]
        codes = [one.sign_in(f"name {place}", "guess").status_code for place, one in enumerate(browsers)]
        assert set(codes[:10]) == {401}
        assert 429 in codes
    assert visitors.browser("2001:db8:1::1").sign_in("name", "guess").status_code == 401


def test_tries_from_where_there_were_too_many_count_against_nobody(visitors: Visitors) -> None:
    visitors.joined("Egon")
    address = visitors.address()
    others = [visitors.browser(address).sign_in(f"name {place}", "guess").status_code for place in range(20)]
    assert 429 in others
    for _ in range(12):
        visitors.browser(address).sign_in("Egon", "guess")
    assert visitors.browser().sign_in("Egon").status_code == 303


def test_guesses_at_the_present_password_and_at_codes_are_limited(visitors: Visitors) -> None:
    browser = visitors.joined("Frank")
    sent = {"present": "guess", "password": "quite another set of words"}
    codes = [browser.submit("/account/password", **sent).status_code for _ in range(20)]
    assert set(codes[:10]) == {422}
    assert 429 in codes
    other = visitors.joined("Gerda")
    codes = [other.submit("/account/codes/off", code="000000").status_code for _ in range(20)]
    assert set(codes[:10]) == {422}
    assert 429 in codes


def test_a_cookie_is_for_this_host_and_no_script(visitors: Visitors) -> None:
    """RFC 6265bis §4.1.3: the prefix only where there is https."""
    browser = visitors.browser()
    answer = browser.join(invitation(visitors.server), "Hugo")
    name, _, attributes = answer.headers["set-cookie"].partition("=")
    assert name == "hitl_session"
    assert set(attributes.split("; ")[1:]) == {"Path=/", "Max-Age=2592000", "HttpOnly", "SameSite=Lax"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that people reach by https, behind something that speaks it."""
    folder, port = tmp_path_factory.mktemp("public"), free_port()
    with running(folder, base_url="https://hitl.example.com/ask", port=port) as running_server:
        yield replace(running_server, url=f"http://127.0.0.1:{port}")


def test_behind_https_the_cookie_is_the_host_s_alone(public: RunningServer) -> None:
    """RFC 6265bis §4.1.3.2."""
    visitors = Visitors(public)
    browser = visitors.browser()
    path = invitation(public).removeprefix("https://hitl.example.com")
    answer = browser.join(path, "Ines")
    assert answer.headers["location"] == "/ask/account"
    name, _, rest = answer.headers["set-cookie"].partition("=")
    token, *attributes = rest.split("; ")
    assert name == "__Host-hitl_session"
    assert set(attributes) == {"Path=/", "Max-Age=2592000", "HttpOnly", "SameSite=Lax", "Secure"}
    cookie = {"cookie": f"__Host-hitl_session={token}"}
    assert browser.get("/ask/account", headers=cookie).status_code == 200
    plain = browser.get("/ask/account", headers={"cookie": f"hitl_session={token}"})
    assert plain.headers["location"] == "/ask/sign-in?next=%2Faccount"
    visitors.close()


def test_nothing_secret_is_drawn_again(visitors: Visitors) -> None:
    browser = visitors.browser()
    link = invitation(visitors.server)
    for answer in (
        browser.sign_in("Nobody", "secret-one-secret-one"),
        browser.join(link, "", "secret-one-secret-one"),
        browser.sign_in("secret-name", "secret-one-secret-one", next="//secret-one"),
    ):
        assert "secret-one" not in answer.text
