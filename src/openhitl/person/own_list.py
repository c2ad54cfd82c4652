"""The device list of this terminal's own person: fetched, and verified against what is remembered here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from openhitl.client.exchange import Request
from openhitl.client.pins import KnownPerson, Pins
from openhitl.errors import DeviceListOfAnother, InvalidDeviceList, PeerError
from openhitl.person import requests
from openhitl.protocol.sealed.device_list import DeviceList, Pin, read_chain

Ask = Callable[[Request], Awaitable[dict[str, Any]]]


async def told_list(ask: Ask, server: str) -> tuple[str, list[Any]]:
    """Fetch whose list it is, and its statements; nothing of it is verified."""
    told = await ask(requests.device_list(server))
    try:
        return str(told["person"]), list(told["chain"])
    except (KeyError, TypeError) as error:
        raise PeerError("The server's answer is no device list.") from error


def verified(person: str, chain: list[Any], pins: Pins) -> DeviceList | None:
    """Verify a list; None for the empty one of somebody who is not known here. Raises: InvalidDeviceList."""
    known = pins.people().get(person)
    pin = Pin(known.identity, known.number, known.digest) if known else None
    if chain:
        return read_chain(chain, person=person, pin=pin)
    if pin is not None:
        raise InvalidDeviceList("The server has lost the device list that was seen here before.")
    return None


class OwnList:
    """The device list for many cases that are read at once: fetched when the first of them needs it.

    Args:
        fetch: fetches and verifies it.
    """

    def __init__(self, fetch: Callable[[], Awaitable[DeviceList]]) -> None:
        self._fetch = fetch
        self._found: DeviceList | None = None

    async def devices(self) -> DeviceList:
        """Return it. Raises: as `fetch`."""
        self._found = self._found or await self._fetch()
        return self._found


async def own_devices(ask: Ask, server: str, pins: Pins) -> DeviceList:
    """Fetch the list of the one person whose device this terminal is, and remember how far it has got.

    A server that names somebody else could have made their list, with devices of its own.
    Raises: InvalidDeviceList.
    """
    person, chain = await told_list(ask, server)
    devices = verified(person, chain, pins)
    if devices is None or set(pins.people()) != {person}:
        raise DeviceListOfAnother
    pins.keep(known_of(devices))
    return devices


def known_of(devices: DeviceList) -> KnownPerson:
    """Return what is remembered of a list."""
    pin = devices.pin
    return KnownPerson(
        person_id=devices.person, name="", identity=pin.identity, number=pin.number, digest=pin.digest
    )
