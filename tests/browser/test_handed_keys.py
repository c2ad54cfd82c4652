"""Handed keys in Chromium: the same vectors as in Python, and a browser that is added later."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from openhitl.protocol.base64url import decode
from openhitl.protocol.sealed.handed import read_handed
from openhitl.protocol.sealed.keys import Keys
from openhitl.review.pages import Page as Drawn
from openhitl.review.pages.assets import asset_name
from tests.browser.encrypting import APPROVAL, BrowserDevice, SealingAgent
from tests.browser.journeys import expect_outcome, press
from tests.browser.stage import staged
from tests.browser.test_envelopes import PRELUDE, run
from tests.browser.test_pairing import NUMBER, begin, come, let_in, make_keys
from tests.people import owned_agent, sign_in
from tests.protocol.values import vectors
from tests.servers import RunningServer, running

HANDED = vectors("handed-keys")
MODULES = {"handed": "handed.js", "devices": "devices.js", "own": "own-list.js", "lists": "device-list.js"}


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    """Open a page with the policy of all pages and load the scripts as pages do."""
    with staged(chromium) as stage:
        stage.put(Drawn("<!doctype html><title>Keys</title>"), frozen=False)
        module = json.dumps(f"/static/{asset_name('sealed.js')}")
        files = {name: f"/static/{asset_name(file)}" for name, file in MODULES.items()}
        load = "".join(f"window.{name} = await import('{file}');" for name, file in files.items())
        stage.page.evaluate(f"async () => {{ {PRELUDE.replace('MODULE', module)} {load} }}")
        yield stage.page


def test_handed_keys_are_made_and_read_as_in_python(page: Page) -> None:
    script = """
    const found = {};
    for (const [name, one] of Object.entries(given.handed)) {
      const { sender, case_id: caseId, direction, envelope } = given.envelopes[name];
      const publics = (names) => names.map((name) => given.keys[name].public);
      const expected = { senders: publics([sender]), caseId, direction, now: null };
      const phone = await pair(given.keys.phone);
      const opened = await sealed.openEnvelope(envelope, phone, expected);
      const ephemeral = await pair({ private: one.ephemeral, public: one.envelope.ephemeral });
      const secrets = { ephemeral, contentKey: raw(one.content_key) };
      const made = await handed.handKey(opened, phone, given.keys[one.recipient].public, secrets);
      const laptop = await pair(given.keys.laptop);
      const key = await handed.readHanded(one.envelope, laptop, { devices: publics(["phone"]), caseId });
      const { body } = await sealed.openEnvelope(envelope, key, expected);
      const fresh = await handed.handKey(opened, phone, given.keys.laptop.public);
      found[name] = { made, body, fresh };
    }
    return found;
    """
    found = run(page, script, HANDED)
    keys = {name: Keys(decode(one["private"])) for name, one in HANDED["keys"].items()}
    for name, one in HANDED["handed"].items():
        assert found[name]["made"] == one["envelope"]
        assert found[name]["body"] == HANDED["envelopes"][name]["body"]
        told = {"devices": {keys["phone"].public}, "case_id": HANDED["envelopes"][name]["case_id"]}
        assert read_handed(found[name]["fresh"], keys["laptop"], **told) == read_handed(
            one["envelope"], keys["laptop"], **told
        )


def test_handed_keys_that_are_refused(page: Page) -> None:
    script = """
    const found = [];
    for (const one of given.refused) {
      const { reader, case_id: caseId, direction, envelope } = one;
      const publics = (names) => names.map((name) => given.keys[name].public);
      const [devices, senders] = [one.devices, one.senders].map(publics);
      const read = async () => {
        const key = await handed.readHanded(one.handed, await pair(given.keys[reader]), { devices, caseId });
        return sealed.openEnvelope(envelope, key, { senders, caseId, direction, now: null });
      };
      found.push((await said(read())).error);
    }
    return found;
    """
    names = [one["name"] for one in HANDED["refused"]]
    told = dict(zip(names, run(page, script, HANDED), strict=True))
    assert told == {one["name"]: one["error"] for one in HANDED["refused"]}


def test_a_handed_key_that_is_spoilt_does_not_hide_a_good_one(page: Page) -> None:
    script = """
    const [[name, one]] = Object.entries(given.handed);
    const { case_id: caseId } = given.envelopes[name];
    const laptop = await pair(given.keys.laptop);
    const spoilt = { ...one.envelope, box: one.envelope.box.slice(4) };
    const told = [{ direction: "answer", envelope: spoilt },
      { direction: "request", envelope: one.envelope }];
    const found = await handed.readable(told, laptop, { devices: [given.keys.phone.public], caseId });
    return Object.keys(found);
    """
    assert run(page, script, HANDED) == ["request"]


def test_a_server_that_names_somebody_else_is_not_believed(page: Page) -> None:
    """It could have made their list, with a device of its own beside this browser."""
    script = """
    const device = await devices.createDevice("x");
    const keys = await devices.publicKeys(device);
    const here = { name: "x", kind: "browser", ...keys };
    const serving = async (person, all, signer, sign) => {
      const chain = [await lists.signNext(null, { person, devices: all, signer, sign })];
      return { get: async () => ({ ok: true, body: { person, chain } }) };
    };
    const told = async (api) => {
      const list = handed.listOf(api, await devices.loadDevice());
      return list.then(({ person }) => person, ({ code }) => code);
    };
    const right = await serving("person:7", [here], keys.sign, device.sign);
    const before = await told(right);
    await own.ownList(right, "person:7");
    const thief = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
    const signer = sealed.encode(new Uint8Array(await crypto.subtle.exportKey("raw", thief.publicKey)));
    const theirs = { name: "y", kind: "browser", box: signer, sign: signer };
    const wrong = await serving("person:8", [here, theirs], signer, thief);
    await own.ownList(wrong, "person:8");
    return [before, await told(right), await told(wrong)];
    """
    refused = "device_list_of_another"
    assert run(page, script) == [refused, "person:7", refused]


def listed(who: Any) -> list[bytes]:
    """Name the keys of somebody's devices, as an agent takes them from the list."""
    chain = who.http.get("/api/v1/device-list").json()["chain"]
    return [decode(one["box"]) for one in json.loads(chain[-1]["statement"])["devices"]]


@contextmanager
def two_browsers(chromium: Browser, server: RunningServer, who: Any) -> Iterator[tuple[BrowserDevice, Page]]:
    """Open one browser that is a device, and one that is nobody's yet."""
    contexts = [chromium.new_context(locale="en-GB", service_workers="block") for _ in range(2)]
    first = BrowserDevice.made(contexts[0], server, who)
    later = contexts[1].new_page()
    later.set_default_timeout(10_000)
    make_keys(first.page, server)
    yield first, later
    assert first.faults == []
    for context in contexts:
        context.close()


def answer(first: BrowserDevice, case_id: str) -> None:
    press(first.open(case_id), "Approve as shown")
    expect_outcome(first.page, "Answer sent")


def pair(first: Page, later: Page, server: RunningServer) -> list[str]:
    """Let the later browser in; return what the first one says on the way, before it leaves the page."""
    number = come(later, begin(first, server))
    expect(first.get_by_label(NUMBER)).to_be_visible()
    told: list[str] = []
    first.expose_function("told", lambda text: told.append(text))
    first.evaluate(
        """() => void new MutationObserver(([{ target }]) => told(target.textContent))
        .observe(document.querySelector("[data-handing]"), { childList: true })"""
    )
    let_in(first, number)
    expect(first.get_by_role("status").first).to_have_text("The device is in.")
    expect(later.locator('[data-say="has"]')).to_be_visible()
    return told


def kept_by_the_inbox(page: Page, server: RunningServer) -> Any:
    """Open the inbox; return what the server says to the keys that are handed over there."""
    with page.expect_response("**/api/v1/handed-keys") as handed:
        page.goto(f"{server.url}/inbox")
    return handed.value.json()


def failing_once(page: Page, server: RunningServer, case_id: str) -> None:
    """Open the inbox twice: once no key is taken, once the case cannot be fetched."""
    page.route("**/api/v1/handed-keys", lambda route: route.fulfill(status=503, json={"error": "storage"}))
    with page.expect_response("**/api/v1/handed-keys"):
        page.goto(f"{server.url}/inbox")
    page.unroute("**/api/v1/handed-keys")
    page.route(f"**/api/v1/inbox/{case_id}", lambda route: route.abort())
    with page.expect_event("requestfailed", lambda request: request.url.endswith(case_id)):
        page.goto(f"{server.url}/inbox")
    page.unroute(f"**/api/v1/inbox/{case_id}")


def revoke_here(page: Page, server: RunningServer) -> None:
    page.goto(f"{server.url}/devices")
    here = page.locator("[data-here]")
    here.locator("summary", has_text="Revoke…").click()
    here.get_by_role("button", name="Revoke this device").click()
    expect(page).not_to_have_url(f"{server.url}/devices")


def test_a_browser_that_comes_later_reads_what_was_asked_before(
    chromium: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The second is let in by the first, reads all of it, and goes on when the first is gone."""
    with running(tmp_path_factory.mktemp("handed")) as server:
        who = sign_in(server, "Ana")
        agent = SealingAgent(server, owned_agent(server, who))
        agent.register()
        with two_browsers(chromium, server, who) as (first, later):
            ended = agent.ask(listed(who))
            waiting = agent.ask(listed(who), {**APPROVAL, "prompt": "And now?"})
            answer(first, ended)
            assert pair(first.page, later, server) == ["Handing over 2 encrypted questions…"]

            later.goto(f"{server.url}/review/{ended}")
            expect(later.locator("[data-prompt]")).to_have_text(APPROVAL["prompt"])
            expect(later.locator("[data-answered]")).to_contain_text("Approved")
            later.goto(f"{server.url}/review/{waiting}")
            expect(later.locator("[data-prompt]")).to_have_text("And now?")
            expect(later.locator("[data-more]")).to_contain_text("answer it on one that was there")
            assert later.locator("[data-answer] button:visible").count() == 0

            answer(first, waiting)
            later.reload()
            expect(later.locator("[data-says]")).to_contain_text("not handed over to this device yet")
            failing_once(first.page, server, waiting)
            # It is signed in anew since, as the same device.
            again = sign_in(server, "Ana").token
            first.context.add_cookies([{"name": "hitl_session", "value": again, "url": server.url}])
            assert kept_by_the_inbox(first.page, server) == {"kept": 2}, "its question anew, and its answer"
            later.reload()
            expect(later.locator("[data-answered]")).to_contain_text("Approved")

            assert kept_by_the_inbox(later, server) == {"kept": 4}, "it keeps what it was handed"
            revoke_here(first.page, server)
            later.goto(f"{server.url}/review/{ended}")
            expect(later.locator("[data-answered]")).to_contain_text("Approved")
