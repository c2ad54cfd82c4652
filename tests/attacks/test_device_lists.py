"""A server that lies to an agent about somebody's devices: a thousand tries at each lie."""

import json
import random
from dataclasses import dataclass, replace
from functools import wraps

import pytest

from openhitl.errors import (
    AnotherIdentity,
    DeviceListByStranger,
    DeviceListForked,
    DeviceListRolledBack,
    DeviceListUnsigned,
    InvalidDeviceList,
)
from openhitl.protocol import jcs
from openhitl.protocol.sealed.device_list import Pin, follow, read_chain, signed
from tests.protocol.sealed.households import PERSON, chain, device, link

DEVICES = [device(f"own {number}") for number in range(6)]
SERVERS = [device(f"of the server {number}") for number in range(3)]
TRIES = 1000


@dataclass
class History:
    """An honest chain, and what an agent remembers of it. `signers`: who may sign what comes next."""

    links: list
    pin: Pin
    signers: list


def history(chance, least=1):
    """Draw a chain in which devices come and go, seen by an agent at some point of it."""
    devices = chance.sample(DEVICES, chance.randint(1, 4))
    steps = [(devices, devices[0])]
    for _ in range(chance.randint(least - 1, 4)):
        signer = chance.choice(devices)
        devices = chance.sample(DEVICES, chance.randint(1, 4))
        steps.append((devices, signer))
    links = chain(steps)
    seen = chance.randint(least, len(links))
    return History(links, read_chain(links[:seen], person=PERSON).pin, devices)


def thousandfold(test):
    """Run a test with a thousand different chances, the same ones every time."""

    @wraps(test)
    def tried():
        for seed in range(TRIES):
            test(random.Random(seed))

    del tried.__wrapped__  # or pytest would ask for its argument
    return tried


def refused(links, pin, *errors):
    with pytest.raises(InvalidDeviceList) as caught:
        read_chain(links, person=PERSON, pin=pin)
    assert isinstance(caught.value, errors), caught.value


def rewritten(wire, change, sign=None):
    """Change the devices of a statement; signed by the server if it has a key for that, else as it was."""
    statement = json.loads(wire["statement"])
    statement["devices"] = change(statement["devices"])
    text = jcs.canonical(statement).decode()
    return signed(text, sign).wire if sign else {**wire, "statement": text}


def lie(chance, told, change):
    """Change a statement of the chain, signed anew by the server or left with the signature it had."""
    place = chance.randrange(len(told.links))
    links = list(told.links)
    links[place] = rewritten(links[place], change, chance.choice([None, SERVERS[0].sign.sign]))
    return links


def wire_of(one):
    return {"name": one.listed.name, "kind": "browser", "box": one.listed.box, "sign": one.listed.sign}


@thousandfold
def test_a_swapped_key_is_noticed(chance):
    key, told = chance.choice(["box", "sign"]), history(chance)

    def swap(devices):
        chance.choice(devices)[key] = wire_of(SERVERS[1])[key]
        return devices

    refused(lie(chance, told, swap), told.pin, DeviceListUnsigned, DeviceListByStranger)


@thousandfold
def test_a_device_that_is_left_out_is_noticed(chance):
    told = history(chance)

    def drop(devices):
        devices.remove(chance.choice(devices))
        return devices

    # A list of no device at all is none.
    refused(lie(chance, told, drop), told.pin, InvalidDeviceList)


@thousandfold
def test_a_device_that_is_added_is_noticed(chance):
    told = history(chance)
    links = lie(chance, told, lambda devices: [*devices, wire_of(chance.choice(SERVERS))])
    refused(links, told.pin, DeviceListUnsigned, DeviceListByStranger)


@thousandfold
def test_an_older_list_is_noticed(chance):
    told = history(chance, least=2)
    refused(told.links[: chance.randrange(1, told.pin.number)], told.pin, DeviceListRolledBack)


@thousandfold
def test_a_statement_that_the_server_appends_is_noticed(chance):
    told = history(chance)
    latest = read_chain(told.links, person=PERSON)
    by = chance.choice([one for one in DEVICES + SERVERS if one not in told.signers])
    appended = link(latest, [*told.signers, SERVERS[0]], by)
    refused([*told.links, appended.wire], told.pin, DeviceListByStranger)
    # And in the name of one who may sign.
    forged = replace(told.signers[0], sign=SERVERS[0].sign)
    appended = link(latest, [*told.signers, SERVERS[0]], forged)
    refused([*told.links, appended.wire], told.pin, DeviceListUnsigned)


@thousandfold
def test_another_past_is_noticed_even_with_keys_of_a_device(chance):
    """A server that has got hold of a device's keys cannot rewrite what was already seen."""
    told = history(chance, least=2)
    place = chance.randrange(1, told.pin.number)
    latest, links = read_chain(told.links[:place], person=PERSON), told.links[:place]
    stolen = next(one for one in DEVICES if one.listed == latest.devices[0])
    for _ in range(chance.randint(told.pin.number - place, 5)):
        made = link(latest, [stolen, SERVERS[2]], stolen)
        latest = follow(latest, made, person=PERSON)
        links.append(made.wire)
    refused(links, told.pin, DeviceListForked)


@thousandfold
def test_a_chain_of_the_servers_own_is_noticed(chance):
    told, length = history(chance), chance.randint(1, 6)
    # That the person's own devices are listed changes nothing about who signed.
    refused(chain([([*told.signers, SERVERS[0]], SERVERS[0])] * length), told.pin, AnotherIdentity)
    refused(chain([(SERVERS, SERVERS[1])] * length), told.pin, AnotherIdentity)


@thousandfold
def test_what_is_honest_is_followed(chance):
    told = history(chance)
    latest = read_chain(told.links, person=PERSON, pin=told.pin)
    assert latest.devices == tuple(one.listed for one in told.signers)
