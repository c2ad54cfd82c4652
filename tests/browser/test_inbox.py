"""The inbox in browsers: two of one person show the same, with scripts and without."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

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
def opened(chromium: Browser, house: House, *, script: bool = True, width: int = 390) -> Iterator[Page]:
    """Open Ana's inbox in a browser of its own; any violation of the page's policy is a fault."""
    context = chromium.new_context(
        viewport={"width": width, "height": 844}, locale="en-GB", java_script_enabled=script
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
    case_id = house.ask(prompt="Approve the reply to Adatum")
    with opened(chromium, house) as page:
        button = row(page, case_id).get_by_role("button", name="Approve the reply", exact=True)
        page.context.set_offline(True)
        button.click()
        expect(row(page, case_id).get_by_role("alert")).to_have_text("Not sent: no connection. Try again.")
        page.context.set_offline(False)
        button.click()
        expect(row(page, case_id)).to_contain_text("Approved by you")
