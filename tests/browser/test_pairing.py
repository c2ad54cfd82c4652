"""Two browsers, one of them a phone: the second comes in by the first, and both sign one list."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect

from openhitl.protocol.people import Role
from openhitl.protocol.sealed.device_list import read_chain
from tests.browser.accessibility import assert_accessible, assert_no_sideways_scroll
from tests.browser.stage import SIZES
from tests.people import SignedInClient, sign_in
from tests.protocol.sealed.households import device, link
from tests.servers import RunningServer, running

NUMBER = "The number that the device shows"
SAME = "The six words are the same on both screens"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running(tmp_path_factory.mktemp("pairing")) as running_server:
        yield running_server


@contextmanager
def opened(chromium: Browser, size: str = "phone", **options: Any) -> Iterator[BrowserContext]:
    """Open a browser that fails on whatever breaks the page's policy."""
    width, height = SIZES[size]
    faults: list[str] = []
    context = chromium.new_context(
        viewport={"width": width, "height": height},
        locale="en-GB",
        reduced_motion="reduce",
        service_workers="block",  # what they fetch, nobody stands between
        **options,
    )
    context.set_default_timeout(10_000)
    context.on("weberror", lambda error: faults.append(str(error.error)))
    context.on("console", lambda line: faults.append(line.text) if "Security" in line.text else None)
    yield context
    context.close()
    assert faults == []


@contextmanager
def signed_in(
    chromium: Browser, server: RunningServer, who: SignedInClient, **options: Any
) -> Iterator[Page]:
    with opened(chromium, **options) as context:
        context.add_cookies([{"name": "hitl_session", "value": who.token, "url": server.url}])
        yield context.new_page()


def list_of(who: SignedInClient) -> Any:
    """Read somebody's list as an agent does."""
    chain = who.http.get("/api/v1/device-list").json()["chain"]
    return read_chain(chain, person=who.person.actor_id) if chain else None


def warning(page: Page) -> Locator:
    return page.get_by_role("alert").filter(visible=True)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def make_keys(page: Page, server: RunningServer, name: str = "Desk") -> None:
    page.goto(f"{server.url}/devices")
    page.get_by_label("Name of this device").fill(name)
    press(page, "Make keys in this browser")
    expect(page.locator('[data-say="has"]')).to_be_visible()


def begin(page: Page, server: RunningServer) -> str:
    """Have a code shown; return the address that the new device opens."""
    page.goto(f"{server.url}/devices")
    press(page, "Add a device")
    return page.locator("a.whole").get_attribute("href") or ""


def come(page: Page, url: str, name: str = "Phone") -> str:
    """Claim on the new device; return the number that it shows."""
    page.goto(url)
    page.get_by_label("Name of this device").fill(name)
    press(page, "Connect this device")
    expect(page.locator("[data-number]")).not_to_be_empty()
    return page.locator("[data-number]").inner_text()


def let_in(page: Page, number: str) -> None:
    page.get_by_label(NUMBER).fill(number)
    page.get_by_label(SAME).check()
    press(page, "Let it in")


def test_a_phone_comes_in_by_a_number_and_both_are_on_the_list(
    chromium: Browser, server: RunningServer
) -> None:
    who = sign_in(server, "Ana")
    with (
        signed_in(chromium, server, who, size="desktop") as desk,
        opened(chromium, has_touch=True) as context,
    ):
        phone = context.new_page()
        make_keys(desk, server)
        first = list_of(who)
        assert (first.number, [one.name for one in first.devices]) == (1, ["Desk"])
        expect(desk.locator('[data-words="identity"]')).to_have_text(first.fingerprint)
        url = begin(desk, server)
        phone.goto(url)
        assert who.http.get("/api/v1/devices").json()["devices"][1:] == [], "opening it changes nothing"
        number = come(phone, url)
        expect(desk.get_by_label(NUMBER)).to_be_visible()  # it has come by itself
        words = desk.locator("[data-words]").inner_text()
        assert phone.locator("[data-words]").inner_text() == words
        for page in (desk, phone):
            assert_no_sideways_scroll(page)
        let_in(desk, str((int(number) - 9) % 90 + 10))
        expect(desk.get_by_role("alert").first).to_contain_text("That is not the number.")
        let_in(desk, number)
        expect(desk.get_by_role("status").first).to_have_text("The device is in.")
        expect(phone.get_by_role("status").first).to_have_text("This device is signed in.")
        expect(phone.locator('[data-say="has"]')).to_be_visible()
        assert phone.locator('[data-words="identity"]').inner_text() == first.fingerprint
        both = list_of(who)
        assert (both.number, both.identity) == (2, first.identity)
        assert both.devices[1].fingerprint == words
        assert "hitlc_" not in phone.evaluate("document.cookie")


def test_what_was_not_sent_is_said_and_can_be_sent_again(chromium: Browser, server: RunningServer) -> None:
    who = sign_in(server, "Cy", Role.MEMBER)
    with signed_in(chromium, server, who) as desk, opened(chromium) as context:
        make_keys(desk, server)
        number = come(context.new_page(), begin(desk, server))
        expect(desk.get_by_label(NUMBER)).to_be_visible()
        desk.context.set_offline(True)
        let_in(desk, number)
        expect(warning(desk)).to_have_text("Not sent: no connection. Try again.")
        desk.context.set_offline(False)
        let_in(desk, number)
        expect(desk.get_by_role("status").first).to_have_text("The device is in.")


def test_the_first_device_of_somebody_begins_their_list(chromium: Browser, server: RunningServer) -> None:
    """The screen that let it in has no keys, as the server's own terminal."""
    who = sign_in(server, "Bo", Role.MEMBER)
    with signed_in(chromium, server, who) as desk, opened(chromium) as context:
        phone = context.new_page()
        number = come(phone, begin(desk, server))
        let_in(desk, number)
        expect(phone.locator('[data-say="has"]')).to_be_visible()
        assert [one.name for one in list_of(who).devices] == ["Phone"]
        # Then the desk makes keys of its own, and they wait for the phone.
        desk.get_by_label("Name of this device").fill("Desk")
        press(desk, "Make keys in this browser")
        expect(desk.locator('[data-say="waits"]')).to_be_visible()
        phone.reload()
        phone.get_by_text("Approve its keys…").filter(visible=True).click()
        words = phone.locator('[data-words="device"]:visible').inner_text()
        press(phone, "The words are the same: approve")
        expect(phone.get_by_role("status").first).to_have_text("Its keys are on your list now.")
        assert [one.fingerprint for one in list_of(who).devices][1] == words
        desk.reload()
        expect(desk.locator('[data-say="has"]')).to_be_visible()


def test_revoking_a_device_signs_the_list_without_it(chromium: Browser, server: RunningServer) -> None:
    who = sign_in(server, "Cleo", Role.MEMBER)
    with signed_in(chromium, server, who) as desk, opened(chromium) as context:
        phone = context.new_page()
        make_keys(desk, server)
        number = come(phone, begin(desk, server))
        let_in(desk, number)
        expect(phone.locator('[data-say="has"]')).to_be_visible()
        row = desk.locator("li.held", has_text="Phone")
        row.get_by_text("Revoke…").click()
        row.get_by_role("button", name="Revoke this device").click()
        expect(desk.get_by_role("status").first).to_contain_text("its keys are good for nothing")
        assert [one.name for one in list_of(who).devices] == ["Desk"]
        phone.reload()
        expect(phone.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()


def test_without_scripts_a_device_signs_in_and_has_no_keys(chromium: Browser, server: RunningServer) -> None:
    who = sign_in(server, "Dora", Role.MEMBER)
    options = {"java_script_enabled": False}
    with signed_in(chromium, server, who, **options) as desk, opened(chromium, **options) as context:
        url = begin(desk, server)
        phone = context.new_page()
        phone.goto(url)
        press(phone, "Connect this device")
        number = phone.locator(".number").inner_text()
        press(phone, "I have typed it: go on")
        expect(phone.get_by_role("alert")).to_contain_text("has not let this device in yet")
        desk.get_by_role("link", name="The device shows a number").click()
        expect(desk.locator("main")).to_contain_text("It keeps no keys")
        desk.get_by_label(NUMBER).fill(number)
        press(desk, "Let it in")
        expect(desk.get_by_role("status")).to_have_text("The device is in.")
        press(phone, "I have typed it: go on")
        expect(phone.get_by_role("status")).to_have_text("This device is signed in.")
        expect(phone.locator("main")).to_contain_text("Keys need scripts")
        assert list_of(who) is None


def test_a_device_comes_in_by_keyboard_alone(chromium: Browser, server: RunningServer) -> None:
    who = sign_in(server, "Emil", Role.MEMBER)
    options = {"bypass_csp": True}
    with signed_in(chromium, server, who, **options) as desk, opened(chromium, **options) as context:
        phone = context.new_page()
        desk.goto(f"{server.url}/devices")
        reach(desk, "Make keys in this browser")
        desk.keyboard.press("Enter")
        expect(desk.locator('[data-say="has"]')).to_be_visible()
        assert_accessible(desk)
        reach(desk, "Add a device")
        desk.keyboard.press("Enter")
        phone.goto(desk.locator("a.whole").get_attribute("href") or "")
        reach(phone, "Connect this device")
        phone.keyboard.press("Enter")
        expect(phone.locator("[data-number]")).not_to_be_empty()
        assert_accessible(phone)
        expect(desk.get_by_label(NUMBER)).to_be_visible()
        assert_accessible(desk)
        reach(desk, SAME)
        desk.keyboard.press("Space")
        reach(desk, NUMBER)
        desk.keyboard.type(phone.locator("[data-number]").inner_text())
        desk.keyboard.press("Enter")
        expect(desk.get_by_role("status").first).to_have_text("The device is in.")
        expect(phone.locator('[data-say="has"]')).to_be_visible()


def reach(page: Page, name: str) -> None:
    """Press Tab until the control of this name has the focus."""
    said = "(element) => (element.labels?.[0] ?? element).textContent.trim()"
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate(f"({said})(document.activeElement)") == name:
            return
    raise AssertionError(f"{name} cannot be reached")


# -- a server that lies ------------------------------------------------------------------------


def rewritten(page: Page, change: Any) -> None:
    """Stand between the browser and its server, and change the device list."""

    def answer(route: Route) -> None:
        if route.request.method != "GET":
            return route.continue_()
        body = route.fetch().json()
        return route.fulfill(json={**body, "chain": change(body["chain"])})

    page.route("**/api/v1/device-list", answer)


def swapped(chain: list[dict[str, str]]) -> list[dict[str, str]]:
    statement = json.loads(chain[-1]["statement"])
    statement["devices"][0]["box"] = "A" * 43
    text = json.dumps(statement, separators=(",", ":"), ensure_ascii=False, sort_keys=True)
    return [*chain[:-1], {**chain[-1], "statement": text}]


LIES = {
    "swaps a key": (swapped, "none of them has signed"),
    "rolls back": (lambda chain: chain[:1], "an older list"),
    "drops the list": (lambda chain: [], "none of them has signed"),
    "leaves one out": (lambda chain: chain[1:], "none of them has signed"),
}


@pytest.fixture(scope="module")
def household(chromium: Browser, server: RunningServer) -> Iterator[tuple[Page, SignedInClient]]:
    """A browser that has seen two statements of its owner's list."""
    who = sign_in(server, "Fred", Role.MEMBER)
    with signed_in(chromium, server, who, bypass_csp=True) as desk, opened(chromium) as context:
        make_keys(desk, server)
        phone = context.new_page()
        let_in_number = come(phone, begin(desk, server))
        let_in(desk, let_in_number)
        expect(phone.locator('[data-say="has"]')).to_be_visible()
        assert list_of(who).number == 2
        yield desk, who


@pytest.mark.parametrize("lie", LIES)
def test_a_list_that_the_server_changed_is_noticed(household: tuple[Page, SignedInClient], lie: str) -> None:
    desk, who = household
    change, said = LIES[lie]
    rewritten(desk, change)
    desk.reload()
    expect(warning(desk)).to_contain_text("Do not trust this list")
    expect(warning(desk)).to_contain_text(said)
    assert_accessible(desk)
    desk.unroute("**/api/v1/device-list")
    desk.reload()
    expect(desk.locator('[data-say="has"]')).to_be_visible()
    assert list_of(who).number == 2, "nothing was signed"


def test_another_identity_is_noticed_and_believed_only_by_hand(
    chromium: Browser, server: RunningServer
) -> None:
    who = sign_in(server, "Hanna", Role.MEMBER)
    with signed_in(chromium, server, who, bypass_csp=True) as desk:
        make_keys(desk, server)
        later = sign_in(server, "Hanna")
        (known,) = later.http.get("/api/v1/devices").json()["devices"]
        later.post(f"/api/v1/devices/{known['id']}/revoke")
        other = device("begun anew", name="Phone")
        keys = {"name": "Phone", "box": other.listed.box, "sign": other.listed.sign}
        assert later.post("/api/v1/devices", json=keys).status_code == 201
        anew = link(None, [other], other, later.person.actor_id)
        assert later.post("/api/v1/device-list", json=anew.wire).status_code == 201
        back = sign_in(server, "Hanna")
        desk.context.add_cookies([{"name": "hitl_session", "value": back.token, "url": server.url}])
        desk.goto(f"{server.url}/devices")
        expect(warning(desk)).to_contain_text("another identity")
        assert_accessible(desk)
        desk.get_by_text("I began anew…").click()
        press(desk, "Forget the old identity")
        expect(desk.locator('[data-words="identity"]')).to_have_text(list_of(back).fingerprint)
        expect(warning(desk)).to_have_count(0)


def test_a_browser_that_signs_in_again_proves_that_it_is_the_same_device(
    chromium: Browser, server: RunningServer
) -> None:
    who = sign_in(server, "Ida", Role.MEMBER)
    with signed_in(chromium, server, who) as desk:
        make_keys(desk, server)
        back = sign_in(server, "Ida")
        desk.context.add_cookies([{"name": "hitl_session", "value": back.token, "url": server.url}])
        desk.goto(f"{server.url}/devices")
        expect(desk.locator('[data-say="has"]')).to_be_visible()
        (known,) = back.http.get("/api/v1/devices").json()["devices"]
        assert known["here"]


def test_a_device_that_the_server_does_not_show_is_missed(household: tuple[Page, SignedInClient]) -> None:
    desk, who = household

    def without_the_phone(route: Route) -> None:
        answer = route.fetch()
        start = answer.text().index('<li class="held"', answer.text().index('data-name="Desk"'))
        end = answer.text().index("</li>", start)
        route.fulfill(response=answer, body=answer.text()[:start] + answer.text()[end + 5 :])

    desk.route("**/devices", without_the_phone)
    desk.goto(desk.url.partition("?")[0])
    expect(desk.locator('[data-say="gone"]')).to_contain_text("Phone")
    assert_accessible(desk)
    desk.unroute("**/devices")
    assert [one.name for one in list_of(who).devices] == ["Desk", "Phone"], "nothing is signed by itself"


def test_keys_that_the_server_shows_for_another_device_wait_for_approval(
    household: tuple[Page, SignedInClient],
) -> None:
    desk, _ = household

    def swap(route: Route) -> None:
        answer = route.fetch()
        head, name, tail = answer.text().partition('data-name="Phone"')
        start = tail.index('data-box="') + 10
        route.fulfill(response=answer, body=head + name + tail[:start] + "B" * 42 + "A" + tail[start + 43 :])

    desk.route("**/devices", swap)
    desk.goto(desk.url.partition("?")[0])
    row = desk.locator("li.held", has_text="Phone")
    expect(row).to_contain_text("Not on your list")
    expect(desk.locator('[data-say="gone"]')).to_contain_text("Phone")
    desk.unroute("**/devices")


def test_a_page_that_came_without_https_says_what_to_do(chromium: Browser, server: RunningServer) -> None:
    with opened(chromium) as context:
        page = context.new_page()
        here = "http://hitl.example"
        page.route(
            f"{here}/**",
            lambda route: route.fulfill(
                response=route.fetch(url=route.request.url.replace(here, server.url))
            ),
        )
        page.goto(f"{here}/pair")
        expect(page.get_by_role("alert")).to_contain_text("did not come over https")
        expect(page.get_by_role("alert")).to_contain_text("HITL_BASE_URL")


def test_a_browser_that_keeps_no_keys_says_so(chromium: Browser, server: RunningServer) -> None:
    who = sign_in(server, "Gerda", Role.MEMBER)
    with signed_in(chromium, server, who) as page:
        page.add_init_script("SubtleCrypto.prototype.generateKey = () => Promise.reject(new Error('no'))")
        page.goto(f"{server.url}/devices")
        press(page, "Make keys in this browser")
        expect(page.locator("main")).to_contain_text("cannot keep keys that scripts cannot read")
        assert who.http.get("/api/v1/devices").json()["devices"] == []
