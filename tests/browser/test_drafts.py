"""Stored values and drafts against the real server: prefill from elsewhere, two tabs of one wizard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.journeys import ask, expect_outcome, follow, press, result
from tests.outbound.origin import Answer, Origin, serving
from tests.servers import RunningServer, running


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    """Somebody's profile service, standing in on this machine."""
    with serving() as stand_in:
        yield stand_in


@pytest.fixture(scope="module")
def server(origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    settings = {"default_ref_origins": origin.url, "private_networks": "127.0.0.1/32"}
    with running(tmp_path_factory.mktemp("drafts"), **settings) as server:
        yield server


def has_script(page: Page) -> bool:
    """Tell whether the page's own script has run."""
    return page.locator("html.live").count() == 1


def test_a_stored_value_fills_its_field_and_can_be_changed(
    server: RunningServer, origin: Origin, page: Page
) -> None:
    origin.answers["/iban"] = Answer(
        b'{"value": "DE02 1203 0000 0000 2020 51"}', content_type="application/json"
    )
    fields = [
        {"key": "iban", "label": "Account", "type": "text", "default_ref": f"{origin.url}/iban"},
        {"key": "note", "label": "Remark", "type": "text"},
    ]
    hitl = server.ask({"type": "input", "prompt": "Whom to pay?", "context": {"form": {"fields": fields}}})
    page.goto(hitl["review_url"])
    page.get_by_label("Remark").fill("Rent")
    if not has_script(page):
        assert "/iban" not in origin.paths[-1:]
        press(page, "Fill in the stored value")
    expect(page.get_by_label("Account")).to_have_value("DE02 1203 0000 0000 2020 51")
    assert page.get_by_label("Remark").input_value() == "Rent"
    press(page, "Send answers")
    expect_outcome(page, "Answers sent")
    expected = {"iban": "DE02 1203 0000 0000 2020 51", "note": "Rent"}
    assert result(server, hitl)["data"] == expected


def test_a_stored_value_that_cannot_be_had_is_typed_instead(
    server: RunningServer, origin: Origin, page: Page
) -> None:
    origin.answers["/gone"] = Answer(status=500)
    fields = [{"key": "iban", "label": "Account", "type": "text", "default_ref": f"{origin.url}/gone"}]
    hitl = server.ask({"type": "input", "prompt": "Whom to pay?", "context": {"form": {"fields": fields}}})
    page.goto(hitl["review_url"])
    if has_script(page):
        expect(page.get_by_text("The stored value could not be fetched.")).to_be_visible()
    else:
        press(page, "Fill in the stored value")
    page.get_by_label("Account").fill("typed")
    press(page, "Send answers")
    expect_outcome(page, "Answers sent")
    assert result(server, hitl)["data"] == {"iban": "typed"}


def test_two_tabs_of_one_wizard_do_not_overwrite_each_other(server: RunningServer, page: Page) -> None:
    hitl = ask(server, "wizard")
    page.goto(hitl["review_url"])
    other = page.context.new_page()
    other.goto(hitl["review_url"])
    other.get_by_label("Full legal name").fill("Bob in the other tab")
    other.get_by_label("Email address").fill("bob@example.com")
    other.get_by_label("Tax number").fill("DE 42")
    press(other, "Continue")
    expect_outcome(other, "Work preferences")
    page.get_by_label("Full legal name").fill("Bob in this tab")
    page.get_by_label("Email address").fill("this@example.com")
    page.get_by_label("Tax number").fill("DE 99")
    if has_script(page):
        expect(page.locator("[data-saved]")).to_have_text(
            "Changed on another device. Reload to see that version."
        )
    press(page, "Continue")
    expect(page.get_by_role("alert")).to_contain_text("The draft was changed on another device.")
    assert page.get_by_label("Full legal name").input_value() == "Bob in this tab"
    assert page.get_by_label("Email address").input_value() == "this@example.com"
    expect(page.get_by_text("Your earlier entry is kept.")).to_be_visible()
    other.goto(hitl["review_url"] + "&step=1")
    assert other.get_by_label("Full legal name").input_value() == "Bob in the other tab"
    other.close()
    # Having been told, the human may go on with this tab's version after all.
    press(page, "Continue")
    expect_outcome(page, "Work preferences")
    page.get_by_label("Full-time").check()
    page.get_by_label("Backend").check()
    press(page, "Continue")
    press(page, "Send answers")
    expect_outcome(page, "Answers sent")
    data = result(server, hitl)["data"]
    assert (data["full_name"], data["email"], data["tax_id"]) == (
        "Bob in this tab",
        "this@example.com",
        "DE 99",
    )


def test_an_edit_on_two_devices_loses_neither(server: RunningServer, page: Page) -> None:
    hitl = ask(server, "letter")
    page.goto(hitl["review_url"] + "&view=edit")
    other = page.context.new_page()
    other.goto(hitl["review_url"] + "&view=edit")
    other.get_by_label("Cover letter").fill("Written on the other device.")
    press(other, "See my changes")
    expect_outcome(other, "Your changes")
    other.close()
    page.get_by_label("Cover letter").fill("Written here.")
    press(page, "See my changes")
    expect(page.get_by_role("alert")).to_contain_text("The draft was changed on another device.")
    expect(page.get_by_label("Cover letter")).to_have_value("Written here.")
    with page.expect_popup() as opened:
        follow(page, "See the other version")
    expect(opened.value.get_by_label("Cover letter")).to_have_value("Written on the other device.")
    opened.value.close()
    press(page, "See my changes")
    press(page, "Approve with my edits")
    expect_outcome(page, "Approved with edits")
    assert result(server, hitl)["data"] == {"edits": {"content": "Written here."}}
