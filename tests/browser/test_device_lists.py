"""Devices in Chromium: keys that nobody can export, and lists that say the same there as in Python."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from openhitl.protocol.base64url import decode
from openhitl.protocol.sealed.device_list import read_chain
from openhitl.protocol.sealed.fingerprint import device_fingerprint
from openhitl.review.pages import Page as Drawn
from openhitl.review.pages.assets import asset_name
from tests.attacks.device_liars import LIES, TRIES
from tests.browser.stage import Stage, staged
from tests.protocol.sealed.households import PERSON
from tests.protocol.values import vectors

LISTS, WORDS = vectors("device-lists"), vectors("fingerprints")
MODULES = {
    "lists": "device-list.js",
    "devices": "devices.js",
    "own": "own-list.js",
    "words": "fingerprint.js",
    "sealed": "sealed.js",
}
#: Says of a call what it returned, or with which code it was refused.
SAID = """
const refusal = (error) => ({ error: error.code ?? String(error) });
window.said = (promise) => promise.then((value) => ({ value }), refusal);
window.readAll = (all) => Promise.all(
    all.map(({ chain, person, pin }) => said(lists.readChain(chain, person, pin))));
"""


@pytest.fixture
def stage(chromium: Browser) -> Iterator[Stage]:
    with staged(chromium) as stage:
        load(stage)
        yield stage


@pytest.fixture
def page(stage: Stage) -> Page:
    return stage.page


def load(stage: Stage) -> None:
    """Open a page with the policy of all pages and load the scripts as pages do."""
    stage.put(Drawn("<!doctype html><title>Devices</title>"), frozen=False)
    imports = "".join(
        f"window.{name} = await import({json.dumps(f'/static/{asset_name(file)}')});"
        for name, file in MODULES.items()
    )
    stage.page.evaluate(f"async () => {{ {imports} {SAID} }}")


def test_lists_are_read_as_in_python(page: Page) -> None:
    read = (
        "(all) => Promise.all(all.map(({ chain, person, pin }) => said(lists.readChain(chain, person, pin))))"
    )
    for vector, said in zip(LISTS, page.evaluate(read, LISTS), strict=True):
        if "error" in vector:
            assert said == {"error": vector["error"]}, vector["name"]
        else:
            told = {name: said["value"][name] for name in ("identity", "number", "digest")}
            assert told == vector["becomes"], vector["name"]


@pytest.mark.parametrize("lie", LIES)
def test_a_server_that_lies_is_noticed_in_the_browser_too(page: Page, lie: str) -> None:
    tries = [LIES[lie](random.Random(seed)) for seed in range(TRIES)]
    told = [{"chain": one.links, "person": PERSON, "pin": asdict(one.pin)} for one in tries]
    for one, said in zip(tries, page.evaluate("(all) => readAll(all)", told), strict=True):
        assert said.get("error") in one.codes, said


def test_keys_have_the_same_words_as_in_python(page: Page) -> None:
    spell = """(all) => Promise.all(all.map(
        ({ kind, keys }) => words.fingerprint(kind, ...keys.map((key) => sealed.decode(key)))))"""
    assert page.evaluate(spell, WORDS) == [vector["words"] for vector in WORDS]


def test_a_list_that_the_browser_signs_is_one_in_python(page: Page) -> None:
    made: dict[str, Any] = page.evaluate(
        """async () => {
            const device = await devices.createDevice("Bürö 💻");
            const keys = await devices.publicKeys(device);
            const entry = { name: device.name, kind: "browser", ...keys };
            const how = { person: "person:7", devices: [entry], signer: keys.sign, sign: device.sign };
            const first = await lists.signNext(null, how);
            const latest = await lists.readChain([first], "person:7");
            return { chain: [first, await lists.signNext(latest, how)], keys };
        }"""
    )
    latest = read_chain(made["chain"], person="person:7")
    assert (latest.number, latest.identity) == (2, made["keys"]["sign"])
    (listed,) = latest.devices
    assert listed.name == "Bürö 💻"
    assert listed.fingerprint == device_fingerprint(decode(listed.box), decode(listed.sign))


def test_private_keys_cannot_be_exported_and_outlive_the_page(stage: Stage) -> None:
    create = "devices.createDevice('here').then((made) => devices.publicKeys(made))"
    made = stage.page.evaluate(create)
    load(stage)
    found = stage.page.evaluate(
        """async () => {
            const device = await devices.loadDevice();
            const out = (key) => Promise.all(["pkcs8", "jwk", "raw"].map(
                (form) => crypto.subtle.exportKey(form, key).then(() => "exported", () => "refused")));
            return {
                keys: await devices.publicKeys(device),
                tried: [await out(device.box.privateKey), await out(device.sign.privateKey)],
            };
        }"""
    )
    assert found["keys"] == made
    assert found["tried"] == [["refused"] * 3] * 2


@pytest.mark.parametrize(
    "without",
    [
        # As browsers before these curves.
        """const make = crypto.subtle.generateKey.bind(crypto.subtle);
        SubtleCrypto.prototype.generateKey = (name, ...more) =>
          name === "X25519" ? Promise.reject(new Error("NotSupportedError")) : make(name, ...more);""",
        # Outside a secure context.
        "Object.defineProperty(Crypto.prototype, 'subtle', { get: () => undefined });",
        # What a polyfill would do: keys that scripts can read.
        """const real = crypto.subtle.generateKey.bind(crypto.subtle);
        SubtleCrypto.prototype.generateKey = (name, _, uses) => real(name, true, uses);""",
        # A private window that keeps nothing.
        "IDBFactory.prototype.open = () => { throw new DOMException('', 'SecurityError'); };",
    ],
)
def test_a_browser_that_keeps_no_keys_is_refused_and_nothing_is_stored(stage: Stage, without: str) -> None:
    stage.page.evaluate(f"() => {{ {without} }}")
    tried = "devices.createDevice('x').then(() => 'made', (error) => error instanceof devices.Unable)"
    assert stage.page.evaluate(tried) is True
    load(stage)
    assert stage.page.evaluate("devices.loadDevice()") is None


def test_a_raw_key_that_somebody_stored_is_no_device(page: Page) -> None:
    """An older version, or another script of this origin: what can be read by scripts is not used."""
    found = page.evaluate(
        """async () => {
            await devices.createDevice("x");
            const raw = {
                box: await crypto.subtle.generateKey("X25519", true, ["deriveBits"]),
                sign: await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]),
            };
            const put = (record) => new Promise((done) => {
                indexedDB.open("openhitl", 1).onsuccess = ({ target: { result } }) => {
                    const store = result.transaction("keys", "readwrite").objectStore("keys");
                    store.put({ id: "device", name: "x", ...record }).onsuccess = done;
                };
            });
            await put(raw);
            const first = await devices.loadDevice();
            await put({ box: "AAAA", sign: "AAAA" });
            return [first, await devices.loadDevice()];
        }"""
    )
    assert found == [None, None]
