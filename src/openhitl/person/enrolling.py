"""Making this terminal one of its person's devices: registered, and on the list that devices sign."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from openhitl.client.config import ClientConfig
from openhitl.client.device_keys import DeviceKeys
from openhitl.client.pins import Pins
from openhitl.errors import DeviceKeyTaken, PeerError
from openhitl.person import requests
from openhitl.person.device import Device
from openhitl.person.inbox import Inbox
from openhitl.person.own_list import known_of, told_list, verified
from openhitl.protocol.base64url import encode
from openhitl.protocol.devices import DeviceKeys as PublicKeys
from openhitl.protocol.record import record
from openhitl.protocol.sealed.device_list import (
    DeviceList,
    ListedDevice,
    follow,
    signed,
    statement_after,
)
from openhitl.protocol.sealed.possession import session_claim
from openhitl.protocol.timestamps import timestamp


@record(frozen=True, slots=True, kw_only=True)
class Membership:
    """This terminal as a device. `words` are its own six, `identity` those of its person.

    `is_listed`: agents encrypt to it. Else another device has to sign that it is one. `is_anew`: there was a
    list before, of which no device is left, and this terminal has begun another.
    """

    words: str
    identity: str
    is_listed: bool
    is_anew: bool = False


async def enroll(config: ClientConfig, inbox: Inbox, name: str) -> Membership:
    """Make keys if there are none, register them, and begin the person's device list if there is none.

    Keys that are good no more are replaced by others.

    What was seen of the list before is remembered: a server that hands out another is found out.
    Raises: SetupError; CallerError if the server takes no more devices; InvalidDeviceList.
    """
    folder = config.logins.folder
    keys = DeviceKeys(folder, config.server_url)
    keys.make()
    try:
        await register(config, inbox, name)
    except DeviceKeyTaken:  # they were revoked, or somebody else was signed in here
        keys.forget()
        keys.make()
        await register(config, inbox, name)
    inbox.device = device = Device.of(config)
    listed = device.listed(name)
    pins = Pins.own(folder, config.server_url)
    devices = await _list_of(inbox, device, listed, pins)
    is_anew = not _is_in(listed, devices) and not await _has_others(inbox, devices)
    if is_anew:
        pins.forget(devices.person)
        devices = await _begin(inbox, device, listed, devices.person)
    pins.keep(known_of(devices))
    return Membership(
        words=listed.fingerprint,
        identity=devices.fingerprint,
        is_listed=_is_in(listed, devices),
        is_anew=is_anew,
    )


def _is_in(listed: ListedDevice, devices: DeviceList) -> bool:
    return any((one.box, one.sign) == (listed.box, listed.sign) for one in devices.devices)


async def _has_others(inbox: Inbox, devices: DeviceList) -> bool:
    """Tell whether a device of the list is left that could add another."""
    told = await inbox.ask(requests.devices(inbox.server))
    left = {one.get("box") for one in told.get("devices", ())}
    return any(one.box in left for one in devices.devices)


async def register(config: ClientConfig, inbox: Inbox, name: str) -> None:
    """Have the server know the keys of this terminal as those of the device that is signed in here.

    Raises: DeviceKeyTaken for keys that were revoked or are somebody else's; TooManyDevices.
    """
    await _claim(inbox, Device.of(config), name, told=await inbox.ask(requests.devices(inbox.server)))


async def settle(inbox: Inbox) -> None:
    """Have the server know where this terminal is signed in, if it has signed in anew since."""
    told = await inbox.ask(requests.devices(inbox.server))
    own = next((one for one in told.get("devices", ()) if one.get("box") == inbox.device.key), None)
    if own is not None and not own.get("here"):
        await _claim(inbox, inbox.device, str(own.get("name")), told=told)


async def _claim(inbox: Inbox, device: Device, name: str, *, told: Mapping[str, Any]) -> None:
    listed = device.listed(name)
    try:
        person, session_id = str(told["person"]["id"]), int(told["session"])
    except (KeyError, TypeError, ValueError) as error:
        raise PeerError("The server's answer does not say who is signed in.") from error
    claim = session_claim(person, session_id, PublicKeys(listed.box, listed.sign))
    proof = encode(device.sign(claim))
    await inbox.ask(
        requests.register_device(inbox.server, name=name, box=listed.box, sign=listed.sign, proof=proof)
    )


async def _list_of(inbox: Inbox, device: Device, listed: ListedDevice, pins: Pins) -> DeviceList:
    """Fetch and check the device list; begin it with this terminal if there is none yet."""
    person, chain = await told_list(inbox.ask, inbox.server)
    return verified(person, chain, pins) or await _begin(inbox, device, listed, person)


async def _begin(inbox: Inbox, device: Device, listed: ListedDevice, person: str) -> DeviceList:
    at = timestamp(datetime.now(UTC).replace(microsecond=0))
    statement = statement_after(None, person=person, devices=[listed], signer=listed.sign, at=at)
    link = signed(statement, device.sign)
    await inbox.ask(requests.sign_device_list(inbox.server, link.wire))
    return follow(None, link, person=person)


def spelt(membership: Membership) -> Mapping[str, Any]:
    """Spell it for programs."""
    return {
        "words": membership.words,
        "identity": membership.identity,
        "listed": membership.is_listed,
    }
