"""What an authorization request must be, and what a program is told of one that is not."""

from __future__ import annotations

import pytest

from openhitl.protocol.people import Role
from tests.oauth.world import CALLBACK, OAUTH, OWN_FORM, Person, Program, query_of


def told(location, program, error):
    """Check an error response: RFC 6749 §4.1.2.1, with the issuer of RFC 9207 §2."""
    assert location.startswith(program.redirect_uri + "?"), location
    answer = query_of(location)
    assert "code" not in answer
    assert (answer["error"], answer["state"], answer["iss"]) == (error, "af0ifjsldkj", program.server.url)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),  # RFC 9700 §2.1.1
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),  # RFC 7636 §4.4.1
        ({"code_challenge_method": None}, "invalid_request"),  # means plain: RFC 7636 §4.3
        ({"code_challenge": "too short"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"scope": "decide"}, "invalid_scope"),
        ({"scope": "openid admin"}, "invalid_scope"),
        ({"resource": "https://evil.example"}, "invalid_target"),  # RFC 8707 §2
        ({"agent_name": "two\nlines"}, "invalid_request"),
    ],
)
def test_the_program_is_told_what_is_wrong(alice, program, changed, error):
    answer = alice.look(program.url(**changed))
    assert answer.status_code == 303
    told(answer.headers["location"], program, error)


def test_a_program_without_the_grant_is_told_so(server, alice):
    device = Program.registered(
        server, grant_types=["urn:ietf:params:oauth:grant-type:device_code"], redirect_uris=[CALLBACK]
    )
    told(alice.look(device.url()).headers["location"], device, "unauthorized_client")


def test_who_says_no_says_it_to_the_program(alice, program):
    told(alice.decide(program.url(), "deny"), program, "access_denied")


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "https://app.example.com/callback/",
        "https://app.example.com/callback?",
        "https://app.example.com/callback?next=//evil.example",
        "https://app.example.com/callback#",
        "https://app.example.com/callback#fragment",
        "https://app.example.com/callback/../../evil",
        "https://app.example.com/callback%2f..%2fevil",
        "https://app.example.com//callback",
        "https://app.example.com/Callback",
        "https://app.example.com/callbac",
        "https://app.example.com/callbackevil",
        "https://app.example.com:443/callback",
        "https://app.example.com:8443/callback",
        "https://APP.example.com/callback",
        "https://app.example.com./callback",
        "https://app.example.com.evil.example/callback",
        "https://evil.app.example.com/callback",
        "https://app.example.com@evil.example/callback",
        "https://evil.example@app.example.com/callback",
        "https://app.example.com\\@evil.example/callback",
        "https://evil.example\\app.example.com/callback",
        "https:app.example.com/callback",
        "https:/app.example.com/callback",
        "//app.example.com/callback",
        "http://app.example.com/callback",
        "HTTPS://app.example.com/callback",
        "https://app.example.com/callback\t",
        "https://app.example.com/callback\n",
        " https://app.example.com/callback",
        "https://app.ex\u0430mple.com/callback",
        "https://app.example.com/callback\u200b",
        "https://app.example.com/callback\x00",
        "javascript:alert(1)//https://app.example.com/callback",
        "data:text/html,https://app.example.com/callback",
        "com.example.app:/callback",
        "http://127.0.0.1:8080/other",
        "http://127.0.0.1:8080@evil.example/callback",
        "http://127.0.0.1.evil.example:8080/callback",
        "http://127.1:8080/callback",
        "http://[::1]:8080/callback",
        "https://127.0.0.1:8080/callback",
        "http://127.0.0.1:99999/callback",
        "urn:ietf:wg:oauth:2.0:oob",
        "*",
    ],
)
def test_nobody_is_sent_where_the_program_did_not_register(server, alice, redirect_uri):
    """RFC 9700 §4.1.3: compared letter by letter; the person is told, and not redirected."""
    program = both_redirects(server)
    answer = alice.look(program.url(redirect_uri=redirect_uri))
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert "This program cannot ask you" in answer.text
    posted = alice.press(alice.look(program.url()), "allow", redirect_uri=redirect_uri)
    assert posted.status_code == 400
    assert "location" not in posted.headers


_registered: dict[str, Program] = {}


def both_redirects(server):
    """Register a program with a web address and one on this machine, once."""
    if server.url not in _registered:
        _registered[server.url] = Program.registered(
            server, redirect_uris=[CALLBACK, "http://127.0.0.1:8080/callback"]
        )
    return _registered[server.url]


def test_on_this_machine_any_port_will_do(server, alice):
    """RFC 8252 §7.3."""
    program = both_redirects(server)
    location = alice.allow(program.url(redirect_uri="http://127.0.0.1:50123/callback"))
    assert location.startswith("http://127.0.0.1:50123/callback?code=")
    code = query_of(location)["code"]
    assert program.redeem(code, redirect_uri="http://127.0.0.1:50123/callback").status_code == 200


def test_an_unknown_program_is_refused_without_a_redirect(alice, program):
    for client_id in ("client_unknown", "", "x" * 2_000, "ä", None):
        answer = alice.look(program.url(client_id=client_id))
        assert (answer.status_code, "location" in answer.headers) == (400, False)


def test_whoever_is_not_signed_in_signs_in_first(server, visitors, program):
    url = program.url()
    sent = visitors.browser().get(url)
    assert sent.status_code == 303
    assert sent.headers["location"].startswith("/sign-in?next=%2Fapi%2Fv1%2Foauth%2Fauthorize")
    # Nobody is sent anywhere else for a wrong request either: this is no open redirector.
    wrong = visitors.browser().get(program.url(response_type="token"))
    assert wrong.headers["location"].startswith("/sign-in?")
    assert server.anyone.get(url).status_code == 401


def test_the_page_says_who_asks_for_what_and_where_one_is_sent(server, alice):
    program = Program.registered(server, client_name="<b>Bank</b>")
    page = alice.look(program.url(agent_name="deploy bot", scope="read"))
    assert page.status_code == 200
    for said in ("&lt;b&gt;Bank&lt;/b&gt;", "Nobody has checked this name", "deploy bot", "app.example.com"):
        assert said in page.text
    assert "it registered itself" in page.text
    assert "read its own questions" in page.text
    assert "ask you questions" not in page.text
    assert "Alice" in page.text


def test_the_form_may_lead_to_the_program_and_nowhere_else(alice, program):
    policy = alice.look(program.url()).headers["content-security-policy"]
    assert "form-action 'self' https://app.example.com;" in policy
    page = alice.look("/account").headers["content-security-policy"]
    assert "form-action 'self';" in page


def test_opening_the_page_allows_nothing_whatever_its_address_says(alice, program):
    page = alice.look(program.url() + "&decision=allow")
    assert page.status_code == 200
    assert "Allow an agent to ask you?" in page.text


def test_it_is_asked_every_time(alice, program):
    alice.allow(program.url())
    assert alice.look(program.url()).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null", "sec-fetch-site": "cross-site"},
        {"origin": "null", "sec-fetch-site": "same-site"},
        {"origin": "null"},
    ],
)
def test_no_other_page_can_allow_anything(alice, program, headers):
    body = alice.form_of(alice.look(program.url()))
    refused = alice.browser.post(f"{OAUTH}/authorize", data={**body, "decision": "allow"}, headers=headers)
    assert refused.status_code == 403


def test_the_form_is_good_for_one_session(visitors, alice, program):
    bob = Person(visitors, "Bob", Role.MEMBER)
    body = alice.form_of(alice.look(program.url()))
    refused = bob.browser.post(f"{OAUTH}/authorize", data={**body, "decision": "allow"}, headers=OWN_FORM)
    assert refused.status_code == 403


def test_what_comes_twice_is_refused(alice, program):
    """RFC 6749 §3.1."""
    body = alice.form_of(alice.look(program.url()))
    twice = [*body.items(), ("decision", "allow"), ("redirect_uri", "https://evil.example/")]
    text = "&".join(f"{name}={value}" for name, value in twice)
    headers = {**OWN_FORM, "content-type": "application/x-www-form-urlencoded"}
    assert alice.browser.post(f"{OAUTH}/authorize", content=text, headers=headers).status_code == 400


def test_no_agent_can_allow_itself_anything(server, alice, program):
    tokens = program.tokens(alice)
    for key in (tokens["access_token"], tokens["refresh_token"], server.agent_key, server.service_key):
        headers = {"authorization": f"Bearer {key}"}
        assert server.anyone.get(program.url(), headers=headers).status_code == 401
        data = {**query_of(program.url()), "decision": "allow", "csrf": ""}
        answer = server.anyone.post(f"{OAUTH}/authorize", data=data, headers=headers)
        assert answer.status_code == 401
        assert (
            server.anyone.post("/device", data={"user_code": "BCDF-GHJK"}, headers=headers).status_code == 401
        )
