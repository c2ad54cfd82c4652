"""One's own account, over real HTTP."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from tests.accounts.visitors import PASSWORD, Browser, Visitors, field
from tests.servers import RunningServer

OTHER = "quite another set of words"


def code_of(secret: str, *, later: int = 0) -> str:
    """Say the code of now, or of so many half minutes later; the server takes the next one too."""
    return pyotp.TOTP(secret).at(datetime.now(UTC) + later * timedelta(seconds=30))


def use_codes(browser: Browser) -> tuple[str, str]:
    """Turn codes on; return their secret, and the code that was shown for it."""
    page = browser.get("/account/codes")
    secret = re.search(r'<code class="whole">([A-Z2-7 ]+)</code>', page.text)
    assert secret
    plain = secret[1].replace(" ", "")
    code = code_of(plain)
    answer = browser.submit("/account/codes", secret=field(page, "secret"), code=code)
    assert answer.headers["location"] == "/account?done=codes-on"
    return plain, code


def sessions_in(browser: Browser) -> list[str]:
    """List where one can be signed out from here."""
    return re.findall(r'action="(/account/sessions/\d+/end)"', browser.get("/account").text)


def test_an_account_says_who_and_how(visitors: Visitors) -> None:
    page = visitors.joined("Alice").get("/account").text
    assert "Member · Signed in with a password" in page
    assert "Firefox on Linux" in page
    assert "/people" not in page


def test_a_password_is_changed_by_whoever_knows_it_and_ends_all_other_sessions(visitors: Visitors) -> None:
    browser, other = visitors.joined("Bob"), visitors.browser()
    other.sign_in("Bob")
    wrong = browser.submit("/account/password", present="not it at all, no", password=OTHER)
    assert wrong.status_code == 422
    assert "not your present password" in wrong.text
    assert OTHER not in wrong.text
    short = browser.submit("/account/password", present=PASSWORD, password="short")
    assert "Use 15 to 1,000 characters" in short.text
    assert other.who() == "Bob"
    answer = browser.submit("/account/password", present=PASSWORD, password=OTHER)
    assert "Your password was set" in browser.get(answer.headers["location"]).text
    assert (browser.who(), other.who()) == ("Bob", None)
    assert visitors.browser().sign_in("Bob").status_code == 401
    assert visitors.browser().sign_in("Bob", OTHER).status_code == 303


def test_codes_are_asked_for_after_the_password_and_each_is_good_once(visitors: Visitors) -> None:
    """RFC 6238 §5.2."""
    browser = visitors.joined("Carla")
    secret, shown = use_codes(browser)
    there = visitors.browser()
    asked = there.sign_in("Carla", next="/account?a=1")
    assert asked.status_code == 401
    assert "Enter your code" in asked.text
    assert PASSWORD not in asked.text
    ticket = field(asked, "ticket")
    wrong = there.post("/sign-in", data={"ticket": ticket, "code": "000000", "next": "/account?a=1"})
    assert "not the present code" in wrong.text
    used = there.post("/sign-in", data={"ticket": ticket, "code": shown})
    assert used.status_code == 401, "it was used to show that the app has the secret"
    code = code_of(secret, later=1)
    sent = {"ticket": field(wrong, "ticket"), "code": f" {code[:3]} {code[3:]}", "next": field(wrong, "next")}
    answer = there.post("/sign-in", data=sent)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account?a=1")
    assert "Signed in with a password and a code" in there.get("/account").text
    again = visitors.browser()
    assert again.post("/sign-in", data=sent).status_code == 401, "the code was used"
    assert again.who() is None


@pytest.mark.parametrize("ticket", ["", ".", "1", "1.", "x.y", "²." + "A" * 51, "9" * 30 + ".x", "99.AAAA"])
def test_a_code_without_a_password_lets_nobody_in(visitors: Visitors, ticket: str) -> None:
    browser = visitors.browser()
    answer = browser.post("/sign-in", data={"ticket": ticket, "code": "123456"})
    assert answer.status_code == 401
    assert "That did not let you in" in answer.text


def test_a_ticket_is_for_one_person_and_one_password(visitors: Visitors) -> None:
    browser, other = visitors.joined("Dora"), visitors.joined("Emil")
    secret, _ = use_codes(browser)
    use_codes(other)
    ticket = field(visitors.browser().sign_in("Emil"), "ticket").partition(".")[2]
    own = field(visitors.browser().sign_in("Dora"), "ticket")
    moved = f"{own.partition('.')[0]}.{ticket}"
    there = visitors.browser()
    assert there.post("/sign-in", data={"ticket": moved, "code": code_of(secret, later=1)}).status_code == 401
    browser.submit("/account/password", present=PASSWORD, password=OTHER)
    assert there.post("/sign-in", data={"ticket": own, "code": code_of(secret, later=1)}).status_code == 401
    assert there.who() is None


def test_codes_begin_with_one_that_shows_the_app_has_them(visitors: Visitors) -> None:
    browser, other = visitors.joined("Frida"), visitors.joined("Georg")
    page = browser.get("/account/codes")
    assert "<svg" in page.text
    assert "style=" not in page.text
    carried = field(page, "secret")
    wrong = browser.submit("/account/codes", secret=carried, code="000000")
    assert wrong.status_code == 422
    assert "not the present code" in wrong.text
    for odd in ("", "AAAA", carried[:-4], field(other.get("/account/codes"), "secret")):
        assert browser.submit("/account/codes", secret=odd, code="000000").status_code == 422
    assert visitors.browser().sign_in("Frida").status_code == 303, "nothing has begun"


def test_codes_stop_with_one(visitors: Visitors) -> None:
    browser = visitors.joined("Hanna")
    page = browser.get("/account/codes")
    secret, _ = use_codes(browser)
    assert "Stop using codes" in browser.get("/account/codes").text
    replaced = browser.submit("/account/codes", secret=field(page, "secret"), code="000000")
    assert replaced.status_code == 422, "codes are replaced by nobody who cannot stop them"
    assert browser.submit("/account/codes/off", code="000000").status_code == 422
    answer = browser.submit("/account/codes/off", code=code_of(secret, later=1))
    assert "needs no code any more" in browser.get(answer.headers["location"]).text
    assert visitors.browser().sign_in("Hanna").status_code == 303


def test_sessions_are_listed_and_ended(server: RunningServer, visitors: Visitors) -> None:
    here, there, third = visitors.joined("Ida"), visitors.browser(), visitors.browser()
    there.sign_in("Ida")
    third.sign_in("Ida")
    ends = sessions_in(here)
    assert len(ends) == 2
    answer = here.submit(ends[0])
    assert "That device is signed out." in here.get(answer.headers["location"]).text
    assert sorted([str(there.who()), str(third.who())]) == ["Ida", "None"]
    assert here.submit(ends[0]).status_code == 404, "it has ended"
    here.submit("/account/sessions/end-others")
    assert (here.who(), there.who(), third.who()) == ("Ida", None, None)
    assert sessions_in(here) == []


def test_nobody_ends_sessions_of_others(visitors: Visitors) -> None:
    victim, elsewhere, mallory = visitors.joined("Jo"), visitors.browser(), visitors.joined("Mallory")
    elsewhere.sign_in("Jo")
    for end in sessions_in(victim):
        assert mallory.submit(end).status_code == 404
    for odd in ("0", "999999", "x", "-1", "1e3", "٣", "9" * 40):
        assert mallory.submit(f"/account/sessions/{odd}/end").status_code == 404
        assert mallory.submit(f"/account/passkeys/{odd}/remove").status_code == 404
    assert (victim.who(), elsewhere.who()) == ("Jo", "Jo")


def test_signing_in_again_ends_the_session_that_the_browser_had(visitors: Visitors) -> None:
    browser = visitors.joined("Karl")
    before = browser.token
    assert browser.sign_in("Karl").status_code == 303
    assert browser.token != before
    stolen = visitors.browser()
    stolen.client.cookies.set("hitl_session", before)
    assert stolen.who() is None


def test_a_cookie_that_somebody_planted_never_becomes_a_session(visitors: Visitors) -> None:
    visitors.joined("Lena")
    browser = visitors.browser()
    planted = "hitlc_" + "A" * 43
    browser.client.cookies.set("hitl_session", planted)
    browser.sign_in("Lena")
    victim = visitors.browser()
    victim.client.cookies.set("hitl_session", planted)
    assert victim.who() is None


def test_a_link_of_one_s_own_signs_in_a_terminal(server: RunningServer, visitors: Visitors) -> None:
    browser = visitors.joined("Mona")
    page = browser.submit("/account/link")
    assert "<code>hitl signin</code>" in page.text
    link = re.search(r'tabindex="0">(http[^<]+)<', page.text)
    assert link, page.text
    made = server.anyone.post("/api/v1/sessions", json={"link_token": link[1], "device": "laptop"})
    assert made.json()["person"]["name"] == "Mona"
    assert "laptop" in browser.get("/account").text
    browser.submit(sessions_in(browser)[0])
    headers = {"authorization": f"Bearer {made.json()['token']}"}
    assert server.anyone.get("/api/v1/sessions/current", headers=headers).status_code == 401


def test_one_more_passkey_is_made_at_a_link_of_one_s_own(visitors: Visitors) -> None:
    browser = visitors.joined("Nora")
    sent = browser.submit("/account/passkeys")
    assert sent.status_code == 303
    assert "Register a passkey" in browser.get(sent.headers["location"]).text
