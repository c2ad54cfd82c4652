"""From an agent of the library to a person's browser and back, with nothing in the clear on the server."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from openhitl.agent import HITL
from openhitl.client.config import ClientConfig
from openhitl.client.logins import Logins
from tests.browser.encrypting import BrowserDevice
from tests.browser.journeys import expect_outcome, press
from tests.people import owned_agent, sign_in
from tests.servers import RunningServer, running

PATIENCE_SECONDS = 60
CANARY = "Zuckerwatte-4711"
ALPHA = {"value": "a", "label": "Alpha"}


@dataclass
class Home:
    """A server, a browser that is somebody's only device, and an agent of theirs."""

    server: RunningServer
    device: BrowserDevice
    config: ClientConfig

    def begin(self, ask: Callable[[HITL], Awaitable[Any]]) -> Future[Any]:
        """Ask on a thread of its own, for the browser is driven on this one."""
        done: Future[Any] = Future()

        async def asked() -> Any:
            async with HITL(config=self.config, e2ee=True, announce=lambda case: None) as hitl:
                return await ask(hitl)

        def run() -> None:
            try:
                done.set_result(asyncio.run(asked()))
            except BaseException as error:  # it is raised where the result is awaited
                done.set_exception(error)

        threading.Thread(target=run, daemon=True).start()
        return done

    def open(self, prompt: str) -> Page:
        """Open a question from the inbox, by the title that only the device can read."""
        page = self.device.page
        page.goto(f"{self.server.url}/inbox")
        page.get_by_role("link", name=prompt, exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(prompt)
        return page


@pytest.fixture(scope="module")
def home(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with pytest.MonkeyPatch.context() as patch, running(tmp_path_factory.mktemp("agents")) as server:
        patch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
        ana = sign_in(server, "Ana")
        owned_agent(server, ana)
        context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="en-GB")
        device = BrowserDevice.made(context, server, ana)
        device.become_device(ana)
        logins = Logins(tmp_path_factory.mktemp("config"))
        yield Home(
            server, device, ClientConfig(server_url=server.url, api_key=server.agent_key, logins=logins)
        )
        context.close()
        assert device.faults == []


def test_an_approval(home: Home) -> None:
    prompt = f"Publish {CANARY}?"
    done = home.begin(lambda hitl: hitl.approve(prompt, {"title": "Post", "content": CANARY}))
    page = home.open(prompt)
    press(page, "Approve as shown")
    expect_outcome(page, "Answer sent")
    assert done.result(PATIENCE_SECONDS).approved


def test_a_denial_with_its_reason(home: Home) -> None:
    prompt = f"Delete {CANARY}?"
    done = home.begin(lambda hitl: hitl.approve(prompt, message="It cannot be undone."))
    page = home.open(prompt)
    press(page, "Reject…")
    page.get_by_label("Reason").fill(f"Keep {CANARY}")
    press(page, "Reject")
    expect_outcome(page, "Answer sent")
    decision = done.result(PATIENCE_SECONDS)
    assert not decision.approved
    assert decision.data == {"feedback": f"Keep {CANARY}"}


LETTER = "Dear team,\n\nwe meet on Monday.\nBring {canary}.\n\nSee you"


def test_an_approval_with_edits(home: Home) -> None:
    prompt = f"Send {CANARY}?"
    letter = LETTER.format(canary=CANARY)
    done = home.begin(lambda hitl: hitl.approve(prompt, {"title": "Letter", "content": letter}))
    page = home.open(prompt)
    press(page, "Edit it myself")
    expect(page.get_by_role("heading", name="Edit it yourself")).to_be_focused()
    expect(page.get_by_role("button", name="Approve as shown")).to_be_hidden()
    box = page.get_by_label("Letter")
    expect(box).to_have_value(letter)
    press(page, "See my changes")
    expect(page.get_by_text("Nothing changed.", exact=True)).to_be_visible()
    press(page, "Nothing changed: back to approval")
    expect(page.get_by_role("button", name="Approve as shown")).to_be_visible()
    press(page, "Edit it myself")
    box.fill(letter.replace("Monday", f"Friday with {CANARY}"))
    press(page, "See my changes")
    expect(page.get_by_text("Changed 1 of 6 lines")).to_be_visible()
    expect(page.locator(".diff .removed")).to_contain_text("we meet on Monday.")
    expect(page.locator(".diff .added")).to_contain_text(f"we meet on Friday with {CANARY}.")
    page.get_by_label("Note for the agent").fill("Monday is a holiday")
    press(page, "Approve with my edits")
    expect_outcome(page, "Answer sent")
    decision = done.result(PATIENCE_SECONDS)
    assert (decision.action, decision.approved_with_edits) == ("edit", True)
    edited = letter.replace("Monday", f"Friday with {CANARY}")
    assert decision.data == {"edits": {"content": edited}, "feedback": "Monday is a holiday"}
    answered = page.locator("[data-answered]")
    expect(answered).to_contain_text("Approved with edits")
    expect(answered).to_contain_text("Monday is a holiday")
    expect(page.get_by_role("region", name="Edits").locator(".added")).to_contain_text("Friday")


def test_words_and_choices(home: Home) -> None:
    prompt = "Which colour?"
    done = home.begin(lambda hitl: hitl.request_input(prompt, [CANARY, "blue"]))
    page = home.open(prompt)
    page.get_by_label(CANARY).check()
    press(page, "Submit selection")
    expect_outcome(page, "Answer sent")
    assert done.result(PATIENCE_SECONDS) == CANARY


def test_a_form(home: Home) -> None:
    fields = [
        {"key": "count", "label": "How many?", "type": "number", "required": True},
        {"key": "when", "label": "When?", "type": "date"},
        {"key": "sure", "label": "Sure?", "type": "boolean", "required": True},
        {
            "key": "tags",
            "label": "Tags",
            "type": "multiselect",
            "options": [{"value": "a", "label": "Alpha"}],
        },
    ]
    done = home.begin(lambda hitl: hitl.ask("Fill this in", fields))
    page = home.open("Fill this in")
    page.get_by_label("How many?").fill("2.5")
    page.get_by_label("When?").fill("2026-05-31")
    page.get_by_label("No", exact=True).check()
    page.get_by_label("Alpha").check()
    press(page, "Send answers")
    expect_outcome(page, "Answer sent")
    wanted = {"count": 2.5, "when": "2026-05-31", "sure": False, "tags": ["a"]}
    assert done.result(PATIENCE_SECONDS).data == wanted


def test_a_confirmation_and_an_escalation(home: Home) -> None:
    done = home.begin(lambda hitl: hitl.confirm("Send all three?", ["one", "two", "three"]))
    page = home.open("Send all three?")
    press(page, "Confirm")
    expect_outcome(page, "Answer sent")
    assert done.result(PATIENCE_SECONDS).data == {"confirmed_items": ["one", "two", "three"]}
    done = home.begin(lambda hitl: hitl.escalate("It failed", "Out of disk", params={"tries": 2}))
    page = home.open("It failed")
    page.get_by_label("Tries").fill("4")
    press(page, "Retry")
    expect_outcome(page, "Answer sent")
    decision = done.result(PATIENCE_SECONDS)
    assert (decision.action, decision.data) == ("retry", {"modified_params": {"tries": 4}})


def test_a_notice_and_what_was_answered_before(home: Home) -> None:
    """The history has the titles of questions; notices are of agents that were met here."""
    said = home.begin(lambda hitl: hitl.notify(f"Done with {CANARY}."))
    said.result(PATIENCE_SECONDS)
    page = home.device.page
    page.goto(f"{home.server.url}/inbox/notices")
    expect(page.get_by_text(f"Done with {CANARY}.")).to_be_visible()
    page.goto(f"{home.server.url}/inbox/history")
    expect(page.get_by_role("link", name=f"Publish {CANARY}?")).to_be_visible()
    page.evaluate("indexedDB.deleteDatabase('openhitl-pins')")
    page.goto(f"{home.server.url}/inbox/notices")
    expect(page.get_by_text("opened no request on this device")).to_be_visible()


def test_the_server_has_seen_none_of_it(home: Home) -> None:
    files = [path for path in Path(home.server.settings.data_dir).rglob("*") if path.is_file()]
    assert files
    assert [path for path in files if CANARY.encode() in path.read_bytes()] == []
