"""Accounts in Chromium: passkeys made and used, codes read off the picture, pages by keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator

import pyotp
import pytest
import segno
from playwright.sync_api import Browser, Page, expect

from openhitl.protocol.people import Role
from tests.accounts.visitors import PASSWORD, Visitors, invitation, way_in
from tests.browser.devices import Device
from tests.browser.journeys import expect_outcome, follow, press
from tests.servers import RunningServer, running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("accounts")
    with running(folder, trusted_proxies="127.0.0.1") as running_server:
        yield running_server


@pytest.fixture
def visitors(server: RunningServer) -> Iterator[Visitors]:
    visitors = Visitors(server)
    yield visitors
    visitors.close()


@pytest.fixture
def device(whole_chromium: Browser, visitors: Visitors) -> Iterator[Device]:
    faults: list[str] = []
    address = visitors.address()
    context = whole_chromium.new_context(
        locale="en-GB", reduced_motion="reduce", extra_http_headers={"x-forwarded-for": address}
    )
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if "Content Security" in line.text else None)
    yield Device.beside(page)
    context.close()
    assert faults == []


def join_with_passkey(device: Device, server: RunningServer, name: str, role: Role = Role.MEMBER) -> None:
    device.page.goto(invitation(server, role))
    device.page.get_by_label("Your name").fill(name)
    press(device.page, "Go on with a passkey")
    expect_outcome(device.page, name)


def test_somebody_joins_with_a_passkey_and_signs_in_with_it(server: RunningServer, device: Device) -> None:
    """W3C Web Authentication Level 3 §7.1, §7.2."""
    join_with_passkey(device, server, "Alice", Role.OWNER)
    page = device.page
    expect(page.locator("main")).to_contain_text("Owner · Signed in with a passkey")
    press(page, "Sign out")
    expect(page.get_by_role("status").first).to_have_text("You are signed out.")
    page.goto(f"{server.url}/people")
    expect_outcome(page, "Sign in")
    press(page, "Sign in with a passkey")
    expect_outcome(page, "People")
    follow(page, "Account")
    expect(page.locator("main")).to_contain_text("Last used")


def test_a_ceremony_that_fails_leaves_everything_as_it_was(server: RunningServer, device: Device) -> None:
    link, page = invitation(server), device.page
    page.goto(link)
    press(page, "Go on with a passkey")
    assert page.evaluate("document.activeElement.id") == "name", "a name is needed first"
    page.get_by_label("Your name").fill("Bob")
    device.verifies(False)
    press(page, "Go on with a passkey")
    expect(page.get_by_role("status")).to_contain_text(
        "No account was made: your device did not make a passkey."
    )
    expect(page.get_by_label("Your name")).to_have_value("Bob")
    device.verifies(True)
    press(page, "Go on with a passkey")
    expect_outcome(page, "Bob")
    press(page, "Sign out")
    device.verifies(False)
    press(page, "Sign in with a passkey")
    expect(page.locator("[data-line]")).to_contain_text("You are not signed in: no passkey was used.")
    device.verifies(True)
    press(page, "Sign in with a passkey")
    expect_outcome(page, "Inbox")


def test_a_name_that_is_taken_is_said_before_the_link_is_used(
    server: RunningServer, visitors: Visitors, device: Device
) -> None:
    visitors.joined("Carla")
    page = device.page
    page.goto(invitation(server))
    page.get_by_label("Your name").fill("carla")
    press(page, "Go on with a passkey")
    expect(page.get_by_role("status")).to_have_text("Somebody has this name already. Choose another.")
    page.get_by_label("Your name").fill("Carla the second")
    press(page, "Go on with a passkey")
    expect_outcome(page, "Carla the second")


def test_passkeys_are_added_and_removed(server: RunningServer, visitors: Visitors, device: Device) -> None:
    visitors.joined("Dora")
    page = device.page
    page.goto(f"{server.url}/sign-in")
    page.get_by_label("Name").fill("Dora")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect_outcome(page, "Inbox")
    page.goto(f"{server.url}/account")
    expect(page.locator("main")).to_contain_text("None yet.")
    press(page, "Add a passkey")
    press(page, "Register this device")
    follow(page, "Your account")
    expect(page.locator("main")).to_contain_text("Not used since")
    press(page, "Sign out")
    press(page, "Sign in with a passkey")
    follow(page, "Settings")
    follow(page, "Your account")
    expect(page.locator("main")).to_contain_text("Signed in with a passkey")
    page.get_by_text("Remove…").click()
    press(page, "Remove this passkey")
    expect(page.get_by_role("status").first).to_have_text("The passkey was removed.")
    press(page, "Sign out")
    press(page, "Sign in with a passkey")
    expect(page.locator("[data-line]")).to_have_text(
        "That passkey does not let you in. Use another one, or your password."
    )
    assert device.passkeys() == 1, "the device still has it, and it is of no use"


def test_codes_are_what_the_picture_says(server: RunningServer, visitors: Visitors, device: Device) -> None:
    visitors.joined("Emil")
    page = device.page
    page.goto(way_in(server, "Emil"))
    press(page, "Sign in as Emil")
    follow(page, "Use codes too")
    page.get_by_text("Type it instead").click()
    secret = page.locator("code.whole").inner_text().replace(" ", "")
    address = pyotp.TOTP(secret).provisioning_uri(name="Emil", issuer_name="OpenHITL")
    told = segno.make(address, micro=False).matrix_iter(border=4)
    assert squares_of(page) == [[bool(square) for square in row] for row in told]
    page.get_by_label("Enter the code that it shows now").fill(pyotp.TOTP(secret).now())
    press(page, "Use codes")
    expect(page.get_by_role("status").first).to_have_text("From now on your password needs a code too.")
    press(page, "Sign out")
    page.get_by_label("Name").fill("Emil")
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Sign in")
    expect_outcome(page, "Enter your code")


def test_a_link_that_is_shown_once_is_copied_by_a_button(visitors: Visitors, device: Device) -> None:
    browser = visitors.joined("Fred")
    page = device.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(way_in(visitors.server, "Fred"))
    press(page, "Sign in as Fred")
    press(page, "Make a link")
    press(page, "Copy")
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator("code.whole").inner_text()
    assert "Sign in as" in browser.get(copied).text


def test_without_a_device_the_password_is_all_there_is(server: RunningServer, device: Device) -> None:
    page = device.page
    page.add_init_script("delete window.PublicKeyCredential")
    page.goto(f"{server.url}/sign-in")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()


def test_without_scripts_everything_but_passkeys_works(
    server: RunningServer, visitors: Visitors, chromium: Browser
) -> None:
    context = chromium.new_context(
        java_script_enabled=False,
        locale="de-DE",
        extra_http_headers={"x-forwarded-for": visitors.address()},
    )
    page = context.new_page()
    page.goto(invitation(server, Role.OWNER))
    page.get_by_label("Ihr Name").fill("Frida")
    page.get_by_label("Passwort").fill(PASSWORD)
    press(page, "Konto anlegen")
    expect_outcome(page, "Frida")
    press(page, "Link ausstellen")
    expect(page.locator("code.whole")).to_contain_text("http://localhost:")
    follow(page, "Personen")
    page.get_by_label("Besitzer: betreut außerdem alle Konten").check()
    press(page, "Einladungslink ausstellen")
    expect_outcome(page, "Einen Besitzer einladen")
    press(page, "Abmelden")
    expect(page.get_by_role("button", name="Mit einem Passkey anmelden")).to_be_hidden()
    page.get_by_label("Name").fill("Frida")
    page.get_by_label("Passwort").fill("falsch")
    press(page, "Anmelden")
    expect(page.get_by_role("alert")).to_contain_text("Damit kommen Sie nicht hinein.")
    expect(page.get_by_label("Name")).to_have_value("Frida")
    expect(page.get_by_label("Passwort")).to_have_value("")
    context.close()


def test_somebody_joins_and_looks_after_people_by_keyboard_alone(
    server: RunningServer, device: Device
) -> None:
    page = device.page
    page.goto(invitation(server, Role.OWNER))
    reach(page, "Your name")
    page.keyboard.type("Gerda")
    reach(page, "Go on with a passkey")
    page.keyboard.press("Enter")
    expect_outcome(page, "Gerda")
    reach(page, "People")
    page.keyboard.press("Enter")
    expect_outcome(page, "People")
    reach(page, "Make an invitation link")
    page.keyboard.press("Enter")
    expect_outcome(page, "Invite a member")
    reach(page, "Sign out")
    page.keyboard.press("Enter")
    expect_outcome(page, "Sign in")


def reach(page: Page, name: str) -> None:
    """Press Tab until the control of this name has the focus."""
    said = "(element) => (element.labels?.[0] ?? element).textContent.trim()"
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate(f"({said})(document.activeElement)") == name:
            return
    raise AssertionError(f"{name} cannot be reached")


def squares_of(page: Page) -> list[list[bool]]:
    """Look which squares of the picture are dark, as an app's camera does."""
    found: list[list[bool]] = page.evaluate(
        """() => {
            const picture = document.querySelector("svg.qr");
            const lines = picture.querySelector("path[stroke]");
            const places = [...Array(picture.viewBox.baseVal.width).keys()];
            const isDark = (x, y) => lines.isPointInStroke(new DOMPoint(x + 0.5, y + 0.5));
            return places.map((y) => places.map((x) => isDark(x, y)));
        }"""
    )
    return found
