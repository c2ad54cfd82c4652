"""The inbox in browsers: two of one person show the same, with scripts and without."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.inbox.house import House
from tests.people import owned_agent, sign_in
from tests.servers import running

PATIENCE_MS = 10_000
#: What one browser shows of what was done in another.
SOON_MS = 2_000


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running(tmp_path_factory.mktemp("inbox")) as server:
        ana, bo = sign_in(server, "Ana"), sign_in(server, "Bo")
        owned_agent(server, ana)
        yield House(server, ana, bo)


@contextmanager
def opened(
    chromium: Browser, house: House, *, script: bool = True, width: int = 390, **options: Any
) -> Iterator[Page]:
    """Open Ana's inbox in a browser of its own; any violation of the page's policy is a fault."""
    context = chromium.new_context(
        viewport={"width": width, "height": 844}, locale="en-GB", java_script_enabled=script, **options
    )
    context.add_cookies([{"name": "hitl_session", "value": house.ana.token, "url": house.server.url}])
    context.set_default_timeout(PATIENCE_MS)
    faults: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if "Content Security" in line.text else None)
    page.goto(f"{house.server.url}/inbox")
    yield page
    context.close()
    assert faults == []


def row(page: Page, case_id: str) -> Locator:
    return page.locator(f"#row-{case_id}")


def test_what_is_answered_in_one_browser_changes_in_the_other_and_says_by_whom(
    chromium: Browser, house: House
) -> None:
    with opened(chromium, house) as phone, opened(chromium, house, width=1280) as desk:
        case_id = house.ask(prompt="Approve the reply to Northwind")
        expect(row(phone, case_id)).to_be_visible(timeout=SOON_MS)
        expect(row(desk, case_id)).to_be_visible(timeout=SOON_MS)
        row(phone, case_id).get_by_role("button", name="Approve the reply", exact=True).click()
        for page in (phone, desk):
            expect(row(page, case_id)).to_contain_text("Approved by you", timeout=SOON_MS)
            expect(row(page, case_id).get_by_role("button")).to_have_count(0)
            expect(page.locator("[data-voice]")).to_contain_text("Approved by you")
        assert house.case(case_id)["result"]["action"] == "approve"


def test_a_row_is_answered_without_scripts(chromium: Browser, house: House) -> None:
    case_id = house.ask(prompt="Approve the reply to Contoso")
    with opened(chromium, house, script=False) as page:
        row(page, case_id).get_by_role("button", name="Reject").click()
        expect(row(page, case_id)).to_contain_text("Rejected by you")
    assert house.case(case_id)["result"]["action"] == "reject"


def test_the_focus_stays_where_it_was_when_the_list_changes(chromium: Browser, house: House) -> None:
    case_id = house.ask(prompt="Approve the reply to Fabrikam")
    with opened(chromium, house) as page:
        button = row(page, case_id).get_by_role("button", name="Approve the reply", exact=True)
        button.focus()
        other = house.ask(prompt="Approve something else", timeout="1h")
        expect(row(page, other)).to_be_visible(timeout=SOON_MS)
        expect(button).to_be_focused()


def test_what_could_not_be_sent_says_so_and_can_be_sent_again(chromium: Browser, house: House) -> None:
    """Where no service worker keeps it: the folder `installed` has those that do."""
    case_id = house.ask(prompt="Approve the reply to Adatum")
    with opened(chromium, house, service_workers="block") as page:
        button = row(page, case_id).get_by_role("button", name="Approve the reply", exact=True)
        page.context.set_offline(True)
        button.click()
        expect(row(page, case_id).get_by_role("alert")).to_contain_text("Not sent")
        page.context.set_offline(False)
        button.click()
        expect(row(page, case_id)).to_contain_text("Approved by you")


def test_the_list_is_live_again_after_the_server_could_not_stream(chromium: Browser, house: House) -> None:
    """HTML §9.2.2: a browser does not try again after an answer other than 200."""
    with opened(chromium, house, service_workers="block") as page:
        page.clock.install()
        page.route("**/inbox/events*", lambda route: route.fulfill(status=503), times=1)
        with page.expect_response(lambda response: response.status == 503):
            page.reload()
        page.wait_for_load_state()
        case_id = house.ask(prompt="Approve what came later")
        with page.expect_request(lambda request: "/inbox/events" in request.url):
            page.clock.run_for(10_000)
        expect(row(page, case_id)).to_be_visible()


def test_a_question_has_the_list_beside_it_where_there_is_room(chromium: Browser, house: House) -> None:
    case_id = house.ask(prompt="Approve the budget", context={"facts": {"sum": "12,000 EUR"}})
    with opened(chromium, house, width=720) as page:
        row(page, case_id).get_by_role("link", name="Approve the budget").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Approve the budget")
        expect(row(page, case_id)).to_be_visible()
        page.get_by_role("button", name="Approve budget").or_(
            page.get_by_role("button", name="Approve the budget")
        ).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Approved")
        expect(row(page, case_id)).to_contain_text("Approved by you")


def test_on_a_phone_a_question_leads_back_to_the_inbox(chromium: Browser, house: House) -> None:
    case_id = house.ask(prompt="Approve the trip", context={})
    with opened(chromium, house) as page:
        row(page, case_id).get_by_role("link", name="Review").click()
        expect(page.locator("aside")).to_be_hidden()
        page.get_by_role("navigation", name="Back").get_by_role("link").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Inbox")


def test_an_open_question_that_is_answered_elsewhere_says_so_and_keeps_what_was_typed(
    chromium: Browser, house: House
) -> None:
    case_id = house.ask(prompt="Approve the plan", context={})
    with opened(chromium, house, width=1280) as page:
        page.goto(f"{house.server.url}/review/{case_id}")
        page.get_by_text("Request changes…").click()
        page.get_by_label("What should the agent change?").fill("Shorter, please.")
        expect(page.locator("[data-listening]")).to_be_attached()
        given = {"action": "approve"}
        assert house.ana.post(f"/api/v1/inbox/{case_id}/respond", json=given).status_code == 200
        expect(page.locator("main .outcome")).to_contain_text("Approved", timeout=SOON_MS)
        expect(page.locator(".bar")).to_be_hidden()
        expect(page.get_by_label("What should the agent change?")).to_have_value("Shorter, please.")


def test_single_keys_do_nothing_until_they_are_switched_on_and_never_answer(
    chromium: Browser, house: House
) -> None:
    ids = [house.ask(prompt=f"Approve order {number}") for number in range(2)]
    usual = {"language": "", "zone": "", "colours": "auto", "text_size": "normal"}
    with opened(chromium, house, width=1280) as page:
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_have_count(0)
    assert house.ana.post("/inbox/settings", data={**usual, "shortcuts": "1"}).status_code == 303
    with opened(chromium, house, width=1280) as page:
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()
        page.keyboard.press("/")
        expect(page.get_by_role("searchbox")).to_be_focused()
        page.keyboard.type("order")
        page.keyboard.press("Enter")
        page.wait_for_url("**/inbox?*order*")
        page.get_by_role("heading", level=1).click()
        for _ in range(2):
            page.keyboard.press("j")
            page.keyboard.press("x")
        expect(page.get_by_text("2 selected")).to_be_visible()
        for key in "aceynrs1 ":
            page.keyboard.press(key)
        page.keyboard.press("k")
        page.get_by_role("button", name="Answer together…", exact=True).click()
        page.get_by_role("button", name="Reject what is ticked").click()
        for case_id in ids:
            expect(row(page, case_id)).to_contain_text("Rejected by you")
    assert house.ana.post("/inbox/settings", data=usual).status_code == 303
