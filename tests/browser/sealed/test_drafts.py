"""What was typed into an encrypted form and not sent."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.journeys import expect_outcome, press
from tests.browser.sealed.house import SAYS, House


def test_a_draft_that_was_not_saved_hides_none_that_was(house: House) -> None:
    form = {"fields": [{"key": "name", "label": "Name", "type": "text"}]}
    body = {"prompt": "Name?", "type": "input", "context": {"form": form}, "default_action": "skip"}
    case_id = house.agent.ask(house.devices, body)
    page = house.phone.open(case_id)
    line = page.locator("[data-sealed] [data-saved]")
    page.get_by_label("Name").fill("kept")
    expect(line).to_have_text("Saved")
    page.route("**/draft*", lambda route: route.abort())
    page.get_by_label("Name").fill("lost")
    expect(line).to_have_text("Not saved: no connection.")
    page.unroute_all()
    page = house.phone.open(case_id)
    expect(page.get_by_label("Name")).to_have_value("kept")
    expect(line).to_be_empty()
    page.get_by_label("Name").fill("newer")
    expect(line).to_have_text("Saved")
    expect(house.laptop.open(case_id).get_by_label("Name")).to_have_value("newer")


def test_a_browser_that_keeps_no_drafts_answers_all_the_same(house: House) -> None:
    form = {"fields": [{"key": "name", "label": "Name", "type": "text"}]}
    body = {"prompt": "Name?", "type": "input", "context": {"form": form}, "default_action": "skip"}
    case_id = house.agent.ask(house.devices, body)
    page = house.laptop.context.new_page()
    page.add_init_script(
        """const { transaction } = IDBDatabase.prototype;
        IDBDatabase.prototype.transaction = function (name, ...more) {
          if (name === "drafts") throw new DOMException("full", "QuotaExceededError");
          return transaction.call(this, name, ...more);
        };"""
    )
    page.goto(f"{house.laptop.url}/review/{case_id}")
    expect(page.locator("[data-sealed] [data-saved]")).to_have_text(
        "What you type here is not saved: send it before you leave this page."
    )
    expect(page.locator(SAYS)).not_to_contain_text("could not be shown")
    page.get_by_label("Name").fill("Bo")
    press(page, "Send answers")
    expect_outcome(page, "Answer sent")
    assert house.agent.answer(case_id).body["data"] == {"name": "Bo"}
    page.close()
