"""Envelopes in Chromium, with keys that cannot be exported: the same vectors, and both ways with Python."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from openhitl.protocol.base64url import decode, encode
from openhitl.protocol.sealed.box import open_box, seal_box
from openhitl.protocol.sealed.keys import Keys
from openhitl.protocol.sealed.wire import parse_envelope
from openhitl.review.pages import Page as Drawn
from openhitl.review.pages.assets import asset_name
from tests.browser.stage import staged
from tests.protocol.sealed.messages import BODY, CASE_ID, Scene, head
from tests.protocol.values import vectors

V1, V2 = vectors("envelopes-v1"), vectors("envelopes-v2")

#: Imports keys that cannot be exported, and says of a call what it returned or how it was refused.
PRELUDE = """
window.sealed = await import(MODULE);
const plain = (spelt) => spelt.replaceAll("-", "+").replaceAll("_", "/");
const raw = (spelt) => Uint8Array.from(atob(plain(spelt)), (one) => one.charCodeAt(0));
window.raw = raw;
window.pair = async (keys) => {
  const lead = raw("MC4CAQAwBQYDK2VuBCIEIA");
  const pkcs8 = new Uint8Array([...lead, ...raw(keys.private)]);
  return {
    privateKey: await crypto.subtle.importKey("pkcs8", pkcs8, "X25519", false, ["deriveBits"]),
    publicKey: await crypto.subtle.importKey("raw", raw(keys.public), "X25519", true, []),
  };
};
const refusal = (error) => ({ error: error instanceof sealed.Refused ? error.code : String(error) });
window.said = (promise) => promise.then((value) => ({ value }), refusal);
"""


def spelt(keys: Keys) -> dict[str, str]:
    return {"private": encode(keys.private), "public": encode(keys.public)}


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    """Open a page with the policy of all pages and load the script as pages do."""
    faults: list[str] = []
    with staged(chromium) as stage:
        stage.page.on("console", lambda line: faults.append(line.text))
        stage.put(Drawn("<!doctype html><title>Keys</title>"), frozen=False)
        module = json.dumps(f"/static/{asset_name('sealed.js')}")
        stage.page.evaluate(f"async () => {{ {PRELUDE.replace('MODULE', module)} }}")
        yield stage.page
    assert faults == []


def run(page: Page, script: str, given: Any = None) -> Any:
    return page.evaluate(f"async (given) => {{ {script} }}", given)


def test_private_keys_cannot_be_exported(page: Page) -> None:
    script = """
    const { privateKey } = await pair(given);
    return said(crypto.subtle.exportKey("pkcs8", privateKey).then(() => "exported"));
    """
    assert "InvalidAccessError" in run(page, script, V2["keys"]["phone"])["error"]


def test_boxes(page: Page) -> None:
    script = """
    const [agent, phone] = await Promise.all([pair(given.keys.agent), pair(given.keys.phone)]);
    const [from, to] = await Promise.all([agent, phone].map(sealed.publicKey));
    return Promise.all(given.sealed.map(async ({ text, nonce, payload }) => [
      await sealed.sealBox(text, agent, to, raw(nonce)), await sealed.openBox(payload, phone, from)]));
    """
    wanted = [[one["payload"], one["text"]] for one in V1["sealed"]]
    assert run(page, script, V1) == wanted


def test_boxes_that_are_refused(page: Page) -> None:
    script = """
    const [agent, phone] = await Promise.all([pair(given.keys.agent), pair(given.keys.phone)]);
    const from = await sealed.publicKey(agent);
    return Promise.all(given.refused.map(({ payload }) => said(sealed.openBox(payload, phone, from))));
    """
    refusals = run(page, script, V1)
    told = {one["name"]: refusal for one, refusal in zip(V1["refused"], refusals, strict=True)}
    assert told == {one["name"]: {"error": one["error"]} for one in V1["refused"]}


def test_messages(page: Page) -> None:
    script = """
    const pairs = {};
    for (const name of Object.keys(given.keys)) pairs[name] = await pair(given.keys[name]);
    const keys = (names) => Promise.all(names.map((name) => sealed.publicKey(pairs[name])));
    // The public half of an ephemeral key stands in the envelope.
    const once = ({ ephemeral, envelope }) => pair({ private: ephemeral, public: envelope.ephemeral });
    const found = [];
    for (const one of given.sealed) {
      const { head, body, envelope } = one;
      const recipients = await keys(one.recipients);
      const secrets = { ephemeral: await once(one), contentKey: raw(one.content_key) };
      const sender = pairs[one.sender];
      const made = await sealed.sealEnvelope(head, body, { sender, recipients, ...secrets });
      const { case_id: caseId, direction } = head;
      const expected = { senders: await keys([one.sender]), caseId, direction };
      for (const name of one.recipients) {
        const opened = await sealed.openEnvelope(envelope, pairs[name], expected);
        found.push({ made, head: opened.head, body: opened.body });
      }
    }
    return found;
    """
    found = iter(run(page, script, V2))
    for one in V2["sealed"]:
        for _ in one["recipients"]:
            opened = next(found)
            assert opened["made"] == one["envelope"]
            assert opened["body"] == one["body"]
            assert opened["head"] == {**one["head"], "sender": V2["keys"][one["sender"]]["public"]}


def test_messages_that_are_refused(page: Page) -> None:
    script = """
    const found = [];
    for (const one of given.refused) {
      const senders = one.senders.map((name) => given.keys[name].public);
      const { envelope, case_id: caseId, direction, newer_than: newerThan } = one;
      const expected = { senders, caseId, direction, newerThan };
      const keys = await pair(given.keys[one.reader]);
      found.push(await said(sealed.openEnvelope(envelope, keys, expected)));
    }
    return found;
    """
    refusals = run(page, script, V2)
    told = {one["name"]: refusal for one, refusal in zip(V2["refused"], refusals, strict=True)}
    assert told == {one["name"]: {"error": one["error"]} for one in V2["refused"]}


def test_what_the_browser_encrypts_python_reads(page: Page) -> None:
    scene = Scene.drawn(9)
    script = """
    const sender = await pair(given.sender);
    const to = given.recipients;
    return [await sealed.sealEnvelope(given.head, given.body, { sender, recipients: to }),
      await sealed.sealBox(given.text, sender, to[0])];
    """
    said = {"case_id": CASE_ID, "direction": "request", "expires_at": "2026-02-20T11:00:00Z"}
    given = {
        "sender": spelt(scene.agent),
        "recipients": [encode(one.public) for one in scene.devices],
        "head": said,
        "body": BODY,
        "text": "Größe 👍",
    }
    envelope, payload = run(page, script, given)
    for device in scene.devices:
        opened = scene.open(envelope, device)
        assert (opened.head, opened.body) == (head(), BODY)
    assert open_box(payload, scene.devices[0], scene.agent.public) == "Größe 👍"


def test_what_python_encrypts_a_new_key_of_the_browser_reads(page: Page) -> None:
    """The key is made in the browser and its private half never leaves it."""
    script = """
    window.mine = await crypto.subtle.generateKey("X25519", false, ["deriveBits"]);
    return sealed.publicKey(mine);
    """
    public = decode(run(page, script))
    scene = Scene.drawn(10)
    envelope = scene.seal(recipients=[public])
    nonce = Random(10).randbytes(24)
    given = {
        "envelope": envelope,
        "sender": encode(scene.agent.public),
        "case": CASE_ID,
        "payload": seal_box("Yes?", scene.agent, public, nonce=nonce),
    }
    script = """
    const expected = { senders: [given.sender], caseId: given.case, direction: "request" };
    const opened = await sealed.openEnvelope(given.envelope, mine, expected);
    return [opened.body, opened.digest, await sealed.openBox(given.payload, mine, given.sender)];
    """
    body, digest, text = run(page, script, given)
    assert (body, text) == (BODY, "Yes?")
    assert digest == parse_envelope(envelope).digest


def test_what_others_would_not_read_back_is_not_sent(page: Page) -> None:
    script = """
    const sender = await pair(given.sender);
    const { recipients } = given;
    const values = [2 ** 53, NaN, "\\ud800", "\\0", undefined, "x".repeat(6e5)];
    const seal = (value) => sealed.sealEnvelope(given.head, { value }, { sender, recipients });
    const told = await Promise.all(values.map((value) => said(seal(value))));
    const box = (text) => sealed.sealBox(text, sender, recipients[0]);
    const boxes = ["\\ud800", "x".repeat(6e5)].map((text) => said(box(text)));
    return [...told, ...(await Promise.all(boxes))].map(({ error }) => error);
    """
    keys = V2["keys"]
    said = {"case_id": CASE_ID, "direction": "request", "expires_at": "2026-02-20T11:00:00Z"}
    given = {"sender": keys["agent"], "recipients": [keys["phone"]["public"]], "head": said}
    assert run(page, script, given) == ["invalid_envelope"] * 8


def test_a_thousand_changed_bytes_are_noticed(page: Page) -> None:
    """The same attack as in Python, against the browser."""
    scene = Scene.drawn(11)
    envelope = scene.seal()
    changed = []
    for _ in range(1000):
        name = scene.chance.choice(["sender", "ephemeral", "box"])
        bytes_ = bytearray(decode(envelope[name]))
        bytes_[scene.chance.randrange(len(bytes_))] ^= scene.chance.randrange(1, 256)
        changed.append({**envelope, name: encode(bytes(bytes_))})
    script = """
    const mine = await pair(given.keys);
    const expected = { senders: [given.sender], caseId: given.case, direction: "request" };
    const told = [];
    for (const one of given.changed) told.push((await said(sealed.openEnvelope(one, mine, expected))).error);
    return [...new Set(told)];
    """
    given = {
        "keys": spelt(scene.devices[0]),
        "sender": encode(scene.agent.public),
        "case": CASE_ID,
        "changed": changed,
    }
    refusals = set(run(page, script, given))
    assert refusals <= {"envelope_changed", "unknown_sender", "invalid_envelope"}
    assert "envelope_changed" in refusals
