"""Lies that a server may tell of somebody's devices to whoever remembers them; each a function of chance."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from openhitl.protocol import jcs
from openhitl.protocol.sealed.device_list import Pin, follow, read_chain, signed
from tests.protocol.sealed.households import PERSON, Device, chain, device, link

DEVICES = [device(f"own {number}") for number in range(6)]
SERVERS = [device(f"of the server {number}") for number in range(3)]
#: How often each lie is tried.
TRIES = 1000
Wire = list[dict[str, str]]
_CHANGED = frozenset({"device_list_unsigned", "device_list_by_stranger"})


@dataclass
class Told:
    """What a server hands out, what was remembered, which refusals are right; who may sign what is next."""

    links: Wire
    pin: Pin
    codes: frozenset[str] = frozenset()
    signers: tuple[Device, ...] = ()


def honest(chance: Random, least: int = 1) -> Told:
    """Draw a chain in which devices come and go, seen at some point of it."""
    devices = chance.sample(DEVICES, chance.randint(1, 4))
    steps = [(devices, devices[0])]
    for _ in range(chance.randint(least - 1, 4)):
        signer = chance.choice(devices)
        devices = chance.sample(DEVICES, chance.randint(1, 4))
        steps.append((devices, signer))
    links = chain(steps)
    seen = chance.randint(least, len(links))
    return Told(links, read_chain(links[:seen], person=PERSON).pin, signers=tuple(devices))


def swap_a_key(chance: Random) -> Told:
    key = chance.choice(["box", "sign"])

    def swap(devices: list[Any]) -> list[Any]:
        chance.choice(devices)[key] = _wire_of(SERVERS[1])[key]
        return devices

    return _with_changed(chance, swap)


def drop_a_device(chance: Random) -> Told:
    def drop(devices: list[Any]) -> list[Any]:
        devices.remove(chance.choice(devices))
        return devices

    told = _with_changed(chance, drop)
    return replace(told, codes=told.codes | {"invalid_device_list"})  # a list of none is no list


def add_a_device(chance: Random) -> Told:
    return _with_changed(chance, lambda devices: [*devices, _wire_of(chance.choice(SERVERS))])


def roll_back(chance: Random) -> Told:
    told = honest(chance, least=2)
    links = told.links[: chance.randrange(1, told.pin.number)]
    return Told(links, told.pin, frozenset({"device_list_rolled_back"}))


def append_as_a_stranger(chance: Random) -> Told:
    told = honest(chance)
    by = chance.choice([one for one in DEVICES + SERVERS if one not in told.signers])
    return _appended(told, by, "device_list_by_stranger")


def append_in_the_name_of_another(chance: Random) -> Told:
    told = honest(chance)
    return _appended(told, replace(chance.choice(told.signers), sign=SERVERS[0].sign), "device_list_unsigned")


def rewrite_the_past_with_stolen_keys(chance: Random) -> Told:
    """Whoever has got hold of a device's keys cannot rewrite what was seen already."""
    told = honest(chance, least=2)
    place = chance.randrange(1, told.pin.number)
    latest, links = read_chain(told.links[:place], person=PERSON), told.links[:place]
    stolen = next(one for one in DEVICES if one.listed == latest.devices[0])
    for _ in range(chance.randint(told.pin.number - place, 5)):
        made = link(latest, [stolen, SERVERS[2]], stolen)
        latest = follow(latest, made, person=PERSON)
        links.append(made.wire)
    return Told(links, told.pin, frozenset({"device_list_forked"}))


def begin_anew(chance: Random) -> Told:
    """That the person's own devices are listed changes nothing about who signed."""
    told, length = honest(chance), chance.randint(1, 6)
    devices = chance.choice([SERVERS, [*told.signers, SERVERS[0]]])
    return Told(chain([(devices, SERVERS[0])] * length), told.pin, frozenset({"another_identity"}))


LIES: Mapping[str, Callable[[Random], Told]] = {
    lie.__name__: lie
    for lie in (
        swap_a_key,
        drop_a_device,
        add_a_device,
        roll_back,
        append_as_a_stranger,
        append_in_the_name_of_another,
        rewrite_the_past_with_stolen_keys,
        begin_anew,
    )
}


def _with_changed(chance: Random, change: Callable[[list[Any]], list[Any]]) -> Told:
    """Change a statement of a chain, signed anew by the server or left with the signature that it had."""
    told = honest(chance)
    place = chance.randrange(len(told.links))
    statement = json.loads(told.links[place]["statement"])
    statement["devices"] = change(statement["devices"])
    text = jcs.canonical(statement).decode()
    is_signed_anew = chance.random() < 0.5
    kept = {**told.links[place], "statement": text}
    told.links[place] = signed(text, SERVERS[0].sign.sign).wire if is_signed_anew else kept
    return replace(told, codes=_CHANGED)


def _appended(told: Told, by: Device, code: str) -> Told:
    latest = read_chain(told.links, person=PERSON)
    made = link(latest, [*told.signers, SERVERS[0]], by)
    return Told([*told.links, made.wire], told.pin, frozenset({code}))


def _wire_of(one: Device) -> dict[str, str]:
    return {"name": one.listed.name, "kind": "browser", "box": one.listed.box, "sign": one.listed.sign}
