"""People who answer cases that want them signed in: with and without scripts, and with their own passkey."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.devices import Device
from tests.browser.journeys import expect_outcome, follow, press
from tests.browser.test_journeys import fill_first_step
from tests.evidence.policies import registration_link
from tests.pages.samples import sample
from tests.people import SignedInClient, owned_agent, sign_in
from tests.servers import RunningServer, running


@dataclass(frozen=True)
class House:
    """A server whose agent belongs to Ana, and the browsers where she and Bo are signed in."""

    server: RunningServer
    ana: SignedInClient
    bo: SignedInClient

    def ask(self, name: str, **fields: Any) -> dict[str, Any]:
        content = sample(name).content
        body = {"type": content.type, "prompt": content.prompt, "context": dict(content.context)}
        return self.server.ask({**body, **fields}, as_service=False)

    def result(self, hitl: dict[str, Any]) -> dict[str, Any]:
        return self.server.status(hitl, as_service=False)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running(tmp_path_factory.mktemp("assignees")) as server:
        ana, bo = sign_in(server, "Ana"), sign_in(server, "Bo")
        owned_agent(server, ana)
        yield House(server, ana, bo)


def let_in(context: BrowserContext, house: House, who: SignedInClient | None) -> None:
    """Put somebody's session, or nobody's, into a browser."""
    context.clear_cookies()
    if who is not None:
        context.add_cookies([{"name": "hitl_session", "value": who.token, "url": house.server.url}])


def test_an_approval_is_one_tap_of_a_person(house: House, page: Page) -> None:
    let_in(page.context, house, house.ana)
    hitl = house.ask("approval")
    page.goto(hitl["review_url"])
    press(page, "Approve deployment")
    expect_outcome(page, "Approved")
    told = house.result(hitl)
    assert (told["result"]["action"], told["responded_by"]) == ("approve", {"name": "Ana"})


def test_a_form_of_steps_is_drafted_and_answered_by_a_person(house: House, page: Page) -> None:
    let_in(page.context, house, house.ana)
    hitl = house.ask("wizard")
    page.goto(hitl["review_url"])
    fill_first_step(page)
    page.get_by_label("Project-based contract").check()
    page.get_by_label("Hourly rate").fill("95")
    page.get_by_label("Backend").check()
    press(page, "Continue")
    expect_outcome(page, "Review and submit")
    press(page, "Send answers")
    expect_outcome(page, "Answers sent")
    assert house.result(hitl)["result"]["data"]["tax_id"] == "DE 42"


def test_a_rejection_says_why_on_the_page_of_a_case_without_its_token(house: House, page: Page) -> None:
    let_in(page.context, house, house.ana)
    hitl = house.ask("approval")
    page.goto(hitl["review_url"].partition("?")[0])
    follow(page, "Reject…")
    page.get_by_label("Reason").fill("Not today.")
    press(page, "Reject deployment")
    expect_outcome(page, "Rejected")
    assert house.result(hitl)["result"]["data"] == {"feedback": "Not today."}


def test_somebody_who_is_not_signed_in_is_asked_to(house: House, page: Page) -> None:
    let_in(page.context, house, None)
    hitl = house.ask("approval")
    page.goto(hitl["review_url"])
    expect(page.get_by_label("Password")).to_be_visible()
    expect(page.get_by_text(sample("approval").content.prompt)).to_have_count(0)
    assert house.result(hitl)["status"] == "pending"


@pytest.fixture
def device(whole_chromium: Browser, house: House) -> Iterator[Page]:
    """A browser with an authenticator that holds a passkey of Ana's."""
    context = whole_chromium.new_context(locale="en-GB", reduced_motion="reduce")
    context.set_default_timeout(10_000)
    page = context.new_page()
    Device.beside(page)
    page.goto(registration_link(house.server, "Ana"))
    press(page, "Register this device")
    expect(page.get_by_role("heading", level=2)).to_have_text("The passkey is registered")
    yield page
    context.close()


def test_a_case_that_wants_a_passkey_is_answered_with_ones_own(house: House, device: Page) -> None:
    """An assertion over this very answer, by a device of whoever is signed in."""
    let_in(device.context, house, house.ana)
    hitl = house.ask("approval", assurance="passkey")
    device.goto(hitl["review_url"])
    expect(device.locator(".bar .proof")).to_contain_text("Needs your passkey")
    press(device, "Approve deployment")
    expect_outcome(device, "Approved")
    told = house.result(hitl)
    assert told["submission_context"]["verification_result"]["satisfied"]
    assert told["responded_by"] == {"name": "Ana"}


def test_the_passkey_of_somebody_else_proves_nothing(house: House, device: Page) -> None:
    owned_agent(house.server, house.ana, house.bo)
    let_in(device.context, house, house.bo)
    hitl = house.ask("approval", assurance="passkey")
    device.goto(hitl["review_url"])
    press(device, "Approve deployment")
    expect(device.get_by_role("alert")).to_contain_text("passkey")
    assert house.result(hitl)["status"] in ("pending", "opened")
    owned_agent(house.server, house.ana)
