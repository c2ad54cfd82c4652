"""Device lists: what follows on what, and everything that must not pass."""

import json

import pytest

from openhitl.errors import (
    AnotherIdentity,
    DeviceListBroken,
    DeviceListByStranger,
    DeviceListForked,
    DeviceListOfAnother,
    DeviceListRolledBack,
    DeviceListUnsigned,
    DuplicateDeviceKeys,
    InvalidDeviceList,
)
from openhitl.protocol import jcs
from openhitl.protocol.sealed import device_list
from openhitl.protocol.sealed.device_list import Link, Pin, devices_in, follow, read_chain, signed
from openhitl.protocol.sealed.fingerprint import identity_fingerprint
from tests.protocol.sealed.households import AT, PERSON, chain, device, link
from tests.protocol.values import vectors

LAPTOP, PHONE, SHELL = device("laptop"), device("phone"), device("shell", kind="terminal")
FIRST = link(None, [LAPTOP], LAPTOP)
STEPS = [([LAPTOP], LAPTOP), ([LAPTOP, PHONE], LAPTOP), ([PHONE, SHELL], PHONE)]
LAPTOP_KEY = LAPTOP.listed.sign


def read(links, pin=None):
    return read_chain(links, person=PERSON, pin=pin)


def remade(_by=LAPTOP, **changes):
    """Sign the first statement anew with other members; those that are `...` are left out."""
    members = {**json.loads(FIRST.statement), **changes}
    statement = {name: value for name, value in members.items() if value is not ...}
    return signed(jcs.canonical(statement).decode(), _by.sign.sign)


def refused(error, made, previous=None):
    with pytest.raises(error) as caught:
        follow(previous, made, person=PERSON)
    assert type(caught.value) is error


# -- what is good -----------------------------------------------------------------------------


def test_the_last_statement_says_what_devices_there_are():
    latest = read(chain(STEPS))
    assert (latest.person, latest.number, latest.at) == (PERSON, 3, AT)
    assert latest.devices == (PHONE.listed, SHELL.listed)
    assert latest.identity == LAPTOP_KEY
    assert latest.fingerprint == identity_fingerprint(LAPTOP.sign.public_key().public_bytes_raw())
    assert len(latest.devices[0].fingerprint.split()) == 6


def test_one_statement_names_its_devices():
    assert devices_in(FIRST) == (LAPTOP.listed,)


def test_whoever_remembers_any_of_it_goes_on():
    links = chain(STEPS)
    for length in (1, 2, 3):
        assert read(links, read(links[:length]).pin).number == 3


def test_a_device_may_take_itself_off_the_list():
    assert read(chain([([LAPTOP, PHONE], LAPTOP), ([PHONE], LAPTOP)])).devices == (PHONE.listed,)


@pytest.mark.parametrize("vector", vectors("device-lists"), ids=lambda vector: vector["name"])
def test_vectors(vector):
    pin = Pin(**vector["pin"]) if vector["pin"] else None
    if "error" in vector:
        with pytest.raises(InvalidDeviceList) as caught:
            read_chain(vector["chain"], person=vector["person"], pin=pin)
        assert caught.value.code == vector["error"]
        return
    latest = read_chain(vector["chain"], person=vector["person"], pin=pin)
    assert (latest.identity, latest.number, latest.digest) == tuple(vector["becomes"].values())
    assert latest.fingerprint == vector["fingerprint"]
    assert [one.fingerprint for one in latest.devices] == vector["devices"]


# -- what is not ------------------------------------------------------------------------------


def test_a_pin_refuses_another_root():
    ours, other = read(chain(STEPS)), chain([([PHONE], PHONE)] * 3)
    with pytest.raises(AnotherIdentity):
        read(other, ours.pin)


def test_a_pin_refuses_what_is_older():
    links = chain(STEPS)
    with pytest.raises(DeviceListRolledBack):
        read(links[:2], read(links).pin)


def test_a_pin_refuses_another_past():
    links = chain(STEPS)
    other = chain([STEPS[0], ([LAPTOP, SHELL], LAPTOP), ([LAPTOP], LAPTOP)])
    with pytest.raises(DeviceListForked):
        read(other, read(links[:2]).pin)
    with pytest.raises(DeviceListForked):
        read(other, read(links).pin)


def test_the_list_is_that_of_the_person_asked_for():
    refused(DeviceListOfAnother, link(None, [LAPTOP], LAPTOP, person="person:2"))


@pytest.mark.parametrize(
    "twin", [{"box": PHONE.listed.box}, {"sign": PHONE.listed.sign}, {"box": PHONE.listed.sign}]
)
def test_no_two_devices_have_a_key_in_common(twin):
    devices = [LAPTOP.listed, PHONE.listed, SHELL.listed]
    listed = [{"name": d.name, "kind": d.kind, "box": d.box, "sign": d.sign} for d in devices]
    made = remade(devices=[*listed[:2], {**listed[2], **twin}])
    if "box" in twin and twin["box"] == PHONE.listed.sign:
        assert follow(None, made, person=PERSON).number == 1  # the two are of different kinds
    else:
        refused(DuplicateDeviceKeys, made)


def test_a_statement_follows_on_the_one_before_it():
    first = follow(None, FIRST, person=PERSON)
    second = follow(first, link(first, [LAPTOP], LAPTOP), person=PERSON)
    refused(DeviceListBroken, FIRST, first)
    refused(DeviceListBroken, link(second, [LAPTOP], LAPTOP), first)
    refused(DeviceListBroken, link(first, [LAPTOP], LAPTOP))
    refused(DeviceListBroken, remade(number=2), first)
    refused(DeviceListBroken, remade(previous=first.digest))


def test_only_a_device_of_the_list_before_signs():
    first = follow(None, FIRST, person=PERSON)
    refused(DeviceListByStranger, link(first, [LAPTOP, PHONE], PHONE), first)
    refused(DeviceListByStranger, link(None, [LAPTOP], PHONE))


def test_the_signature_is_that_of_the_signer_over_these_bytes():
    refused(DeviceListUnsigned, remade(PHONE))
    refused(
        DeviceListUnsigned, Link(FIRST.statement.replace("Device laptop", "Device Laptop"), FIRST.signature)
    )
    refused(DeviceListUnsigned, signed(FIRST.statement, lambda text: LAPTOP.sign.sign(text.split(b"\n")[1])))


@pytest.mark.parametrize("text", ["A" * 86 + "=", "A" * 85, "", "é" * 86, "A" * 85 + "B"])
def test_a_signature_is_64_bytes(text):
    refused(InvalidDeviceList, Link(FIRST.statement, text))


@pytest.mark.parametrize(
    "changes",
    [
        {"v": 2},
        {"v": True},
        {"v": "1"},
        {"v": ...},
        {"more": 1},
        {"person": 1},
        {"number": "1"},
        {"number": True},
        {"number": 1.5},
        {"devices": {}},
        {"devices": []},
        {"devices": [1]},
        {"devices": [{}]},
        {"devices": [{"name": "A", "kind": "browser", "box": LAPTOP.listed.box, "sign": "AA"}]},
        {"devices": [{"name": "", "kind": "browser", "box": LAPTOP.listed.box, "sign": LAPTOP_KEY}]},
        {"devices": [{"name": "A" * 101, "kind": "browser", "box": LAPTOP.listed.box, "sign": LAPTOP_KEY}]},
        {"devices": [{"name": 1, "kind": "browser", "box": LAPTOP.listed.box, "sign": LAPTOP_KEY}]},
        {"devices": [{"name": "A", "kind": ["browser"], "box": LAPTOP.listed.box, "sign": LAPTOP_KEY}]},
        {"devices": [{"name": "A", "kind": "fridge", "box": LAPTOP.listed.box, "sign": LAPTOP_KEY}]},
        {"devices": [{"name": "A", "kind": "browser", "box": None, "sign": LAPTOP_KEY}]},
        {"devices": [{"name": "A", "kind": "browser", "box": 1, "sign": LAPTOP_KEY}] * 21},
        {"signer": 1},
        {"signer": LAPTOP_KEY + "="},
        {"at": 1},
        {"at": "2026-02-20T10:00:00+00:00"},
        {"at": "2026-02-20"},
    ],
)
def test_a_statement_has_one_shape(changes):
    refused(InvalidDeviceList, remade(**changes))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "1",
        "\ud800",
        FIRST.statement + " ",
        FIRST.statement.replace('"v":1', '"v": 1'),
        FIRST.statement.replace('"v":1', '"v":1,"v":1'),
        FIRST.statement.replace('"v":1', '"v":1.0'),
        FIRST.statement.replace("laptop", "\\u006captop"),
        FIRST.statement + " " * device_list.MAX_STATEMENT_BYTES,
        '{"v":' + "[" * 900 + "]" * 900 + "}",
    ],
)
def test_a_statement_has_one_spelling(text):
    refused(InvalidDeviceList, Link(text, FIRST.signature))


@pytest.mark.parametrize(
    "links",
    [
        None,
        {},
        [],
        [None],
        [{}],
        [{"statement": FIRST.statement}],
        [{**FIRST.wire, "more": 1}],
        [{**FIRST.wire, "signature": 1}],
        [{**FIRST.wire, "statement": None}],
        [FIRST.wire] * (device_list.MAX_LINKS + 1),
    ],
)
def test_a_chain_is_a_list_of_links(links):
    with pytest.raises(InvalidDeviceList):
        read(links)
