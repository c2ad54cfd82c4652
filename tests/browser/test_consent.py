"""Allowing programs and devices in Chromium, with scripts and without: the answer reaches the program."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from openhitl.protocol.oauth import DEVICE_GRANT
from tests.accounts.visitors import PASSWORD, Visitors
from tests.browser.journeys import press
from tests.oauth.world import Program, asks_with, query_of
from tests.outbound.origin import Answer, Origin, serving
from tests.servers import RunningServer, running

CALLBACK = "/callback"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running(tmp_path_factory.mktemp("consent")) as running_server:
        visitors = Visitors(running_server)
        visitors.joined("Alice")
        visitors.close()
        yield running_server


@pytest.fixture
def waiting() -> Iterator[Origin]:
    """A program that waits on this machine."""
    with serving() as origin:
        origin.answers[CALLBACK] = Answer(b"<h1>Back in the program</h1>", content_type="text/html")
        yield origin


def open_signed_in(page: Page, url: str) -> None:
    """Open a page; sign in first if nobody is."""
    page.goto(url)
    if "/sign-in" in page.url:
        page.get_by_label("Name", exact=True).fill("Alice")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        press(page, "Sign in")


def test_a_program_is_allowed_and_told_so(server: RunningServer, waiting: Origin, page: Page) -> None:
    program = Program.registered(server, redirect_uris=[f"http://127.0.0.1{CALLBACK}"])
    program.redirect_uri = waiting.url + CALLBACK
    open_signed_in(page, server.url + program.url())
    expect(page.locator("h1")).to_have_text("Allow an agent to ask you?")
    expect(page.locator("main")).to_contain_text(waiting.url.removeprefix("http://"))
    press(page, "Allow")
    expect(page.locator("h1")).to_have_text("Back in the program")
    answer = query_of(page.url)
    assert answer["iss"] == server.url
    tokens = program.redeem(answer["code"]).json()
    assert asks_with(server, tokens["access_token"]).status_code == 202


def test_a_program_is_told_that_somebody_says_no(server: RunningServer, waiting: Origin, page: Page) -> None:
    program = Program.registered(server, redirect_uris=[f"http://127.0.0.1{CALLBACK}"])
    program.redirect_uri = waiting.url + CALLBACK
    open_signed_in(page, server.url + program.url())
    press(page, "Don’t allow")
    expect(page.locator("h1")).to_have_text("Back in the program")
    assert query_of(page.url)["error"] == "access_denied"


def test_a_program_whose_request_is_wrong_is_told_so(
    server: RunningServer, waiting: Origin, page: Page
) -> None:
    """Chromium lets no redirect lead from the form of the sign-in page to the program."""
    program = Program.registered(server, redirect_uris=[f"http://127.0.0.1{CALLBACK}"])
    program.redirect_uri = waiting.url + CALLBACK
    wrong = server.url + program.url(scope="everything")
    page.context.clear_cookies()
    open_signed_in(page, wrong)
    expect(page.locator("h1")).to_have_text("This program cannot ask you")
    page.get_by_role("link", name="Back to the program").click()
    expect(page.locator("h1")).to_have_text("Back in the program")
    assert query_of(page.url)["error"] == "invalid_scope"
    page.goto(wrong)
    expect(page.locator("h1")).to_have_text("Back in the program")


def test_a_device_is_allowed_by_its_code(server: RunningServer, page: Page) -> None:
    tv = Program.registered(server, client_name="TV", redirect_uris=[], grant_types=[DEVICE_GRANT])
    begun = tv.post("device_authorization", {}).json()
    open_signed_in(page, begun["verification_uri_complete"])
    expect(page.get_by_label("Code")).to_have_value(begun["user_code"])
    press(page, "Continue")
    expect(page.locator("main")).to_contain_text("TV")
    press(page, "Allow")
    expect(page.locator("h1")).to_have_text("The device may ask you now")
    data = {"grant_type": DEVICE_GRANT, "device_code": begun["device_code"]}
    assert tv.post("token", data).status_code == 200


def test_what_was_allowed_is_taken_back(server: RunningServer, page: Page) -> None:
    open_signed_in(page, f"{server.url}/account/programs")
    before = page.locator("li.held").count()
    assert before > 0
    row = page.locator("li.held").first
    row.locator("summary").click()
    row.get_by_role("button", name="Take back").click()
    expect(page.locator("li.held")).to_have_count(before - 1)
    expect(page.locator("main")).to_contain_text("may not ask you any more")
