"""Passkeys in Chromium, with an authenticator that only the browser's own protocol knows to be false."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from openhitl.server.passkey_admin import list_passkeys, revoke_passkey
from tests.browser.devices import Device
from tests.browser.journeys import expect_outcome, follow, press, result
from tests.browser.test_journeys import fill_first_step
from tests.evidence.policies import policy, registration_link
from tests.pages.samples import sample
from tests.servers import RunningServer, running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running(tmp_path_factory.mktemp("passkeys")) as running_server:
        yield running_server


@pytest.fixture
def device(whole_chromium: Browser, server: RunningServer) -> Iterator[Device]:
    """A browser whose device holds a passkey of Alice's, registered at a link."""
    faults: list[str] = []
    context = whole_chromium.new_context(locale="en-GB", reduced_motion="reduce")
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if "Content Security" in line.text else None)
    device = Device.beside(page)
    page.goto(registration_link(server, "Alice"))
    press(page, "Register this device")
    expect(page.get_by_role("heading", level=2)).to_have_text("The passkey is registered")
    yield device
    context.close()
    assert faults == []


def ask(server: RunningServer, name: str, asked: dict[str, Any], **context: Any) -> dict[str, Any]:
    content = sample(name, **context).content
    body = {"type": content.type, "prompt": content.prompt, "context": dict(content.context)}
    return server.ask({**body, "verification_policy": asked})


def verified(server: RunningServer, hitl: dict[str, Any]) -> dict[str, Any]:
    return server.status(hitl)["submission_context"].get("verification_result")


def test_an_approval_is_given_with_a_passkey(server: RunningServer, device: Device) -> None:
    """HITL v0.8 §7.6: required for browser_submit, verified on the service's own page."""
    hitl = ask(server, "approval", policy())
    page = device.page
    page.goto(hitl["review_url"])
    expect(page.locator(".bar .proof")).to_contain_text("Needs your passkey")
    press(page, "Approve deployment")
    expect_outcome(page, "Approved")
    told = verified(server, hitl)
    assert told["satisfied"]
    assert [one["provider"] for one in told["verified_evidence"]] == ["passkey"]
    assert server.status(hitl)["responded_by"] == {"name": "Alice"}


def test_a_form_of_steps_is_answered_with_a_passkey(server: RunningServer, device: Device) -> None:
    """What was typed on every page is part of what is signed, the secret in its cookie too."""
    hitl = ask(server, "wizard", policy())
    page = device.page
    page.goto(hitl["review_url"])
    fill_first_step(page)
    page.get_by_label("Project-based contract").check()
    page.get_by_label("Hourly rate").fill("95")
    page.get_by_label("Backend").check()
    press(page, "Continue")
    expect_outcome(page, "Review and submit")
    press(page, "Send answers")
    expect_outcome(page, "Answers sent")
    assert verified(server, hitl)["satisfied"]
    assert result(server, hitl)["data"]["tax_id"] == "DE 42"


def test_a_form_is_refused_where_it_is_wrong_before_anybody_is_asked(
    server: RunningServer, device: Device
) -> None:
    hitl = ask(server, "form", policy())
    page = device.page
    page.goto(hitl["review_url"])
    page.get_by_label("Salary expectation").fill("a lot")
    press(page, "Send answers")
    expect(page.get_by_role("alert")).to_contain_text("Enter a number.")
    page.get_by_label("Salary expectation").fill("95000")
    page.get_by_label("Earliest start").fill("2026-05-01")
    page.get_by_label("EU Blue Card").check()
    page.get_by_label("Card held since").fill("2024-01-01")
    press(page, "Send answers")
    expect_outcome(page, "Answers sent")
    assert verified(server, hitl)["satisfied"]
    assert result(server, hitl)["data"]["salary"] == 95000


def test_a_ceremony_that_fails_loses_nothing(server: RunningServer, device: Device) -> None:
    hitl = ask(server, "approval", policy())
    page = device.page
    page.goto(hitl["review_url"])
    page.get_by_text("Request changes…").click()
    page.get_by_label("What should the agent change?").fill("Use the canary.\nPlease.")
    device.verifies(False)
    press(page, "Send change request")
    line = page.locator("details [data-sending]")
    expect(line).to_contain_text("Not sent: no passkey was used. What you typed is still here")
    assert server.status(hitl)["status"] != "completed"
    expect(page.get_by_label("What should the agent change?")).to_have_value("Use the canary.\nPlease.")
    device.verifies(True)
    press(page, "Send change request")
    expect_outcome(page, "Changes requested")
    assert result(server, hitl)["data"] == {"feedback": "Use the canary.\nPlease."}
    expect(page.get_by_text("by Alice · on this page, with a passkey")).to_be_visible()


def test_a_passkey_that_is_not_good_here_is_told(server: RunningServer, device: Device) -> None:
    for passkey in list_passkeys(server.settings):
        if passkey.revoked_at is None:
            revoke_passkey(server.settings, passkey.passkey_id)
    hitl = ask(server, "approval", policy())
    page = device.page
    page.goto(hitl["review_url"])
    follow(page, "Reject…")
    page.get_by_label("Reason").fill("Not on a Friday.")
    press(page, "Reject deployment")
    expect(page.get_by_role("alert")).to_contain_text("that passkey does not prove it")
    assert server.status(hitl)["status"] != "completed"


def test_a_no_needs_no_passkey_where_a_policy_only_steps_up(server: RunningServer, device: Device) -> None:
    hitl = ask(server, "approval", policy(mode="step_up"))
    page = device.page
    page.goto(hitl["review_url"])
    expect(page.locator(".bar .proof")).to_contain_text("Going ahead needs your passkey")
    follow(page, "Reject…")
    expect(page.locator(".proof")).to_have_count(0)
    press(page, "Reject deployment")
    expect_outcome(page, "Rejected")
    assert verified(server, hitl) is None


@pytest.mark.parametrize("wanted", [True, False])
def test_an_optional_passkey_is_a_choice(server: RunningServer, device: Device, wanted: bool) -> None:
    hitl = ask(server, "approval", policy(mode="optional"))
    page = device.page
    page.goto(hitl["review_url"])
    page.locator(".bar").get_by_label("Confirm with my passkey (optional)").set_checked(wanted)
    press(page, "Approve deployment")
    expect_outcome(page, "Approved")
    assert (verified(server, hitl) is not None) is wanted


def test_without_a_device_the_page_says_what_is_missing(server: RunningServer, device: Device) -> None:
    device.cdp.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": device.authenticator})
    hitl = ask(server, "approval", policy())
    page = device.page
    page.goto(hitl["review_url"])
    page.evaluate("delete window.PublicKeyCredential")
    press(page, "Approve deployment")
    expect(page.locator(".bar [data-sending]")).to_contain_text("this browser cannot use passkeys")


def test_without_scripts_the_page_says_so_honestly(server: RunningServer, chromium: Browser) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    hitl = ask(server, "approval", policy())
    page.goto(hitl["review_url"])
    expect(page.locator(".bar noscript p")).to_contain_text("Your browser runs no scripts")
    page.get_by_text("Request changes…").click()
    page.get_by_label("What should the agent change?").fill("Use the canary.")
    press(page, "Send change request")
    expect(page.get_by_role("alert")).to_contain_text("it counts only with your passkey")
    expect(page.get_by_label("What should the agent change?")).to_have_value("Use the canary.")
    page.goto(registration_link(server))
    expect(page.locator("noscript .banner")).to_contain_text("Your browser runs no scripts")
    context.close()


def test_a_link_registers_once(server: RunningServer, device: Device) -> None:
    link = registration_link(server, "Bob")
    page = device.page
    page.goto(link)
    device.verifies(False)
    press(page, "Register this device")
    expect(page.get_by_role("status")).to_contain_text(
        "Nothing was registered: your device did not make a passkey."
    )
    device.verifies(True)
    press(page, "Register this device")
    expect(page.get_by_role("heading", level=2)).to_have_text("The passkey is registered")
    page.goto(link)
    expect_outcome(page, "This link does not work")
