"""People with devices to test device lists on: each device has real keys, made of a seed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from openhitl.protocol.base64url import encode
from openhitl.protocol.sealed.device_list import (
    DeviceList,
    Link,
    ListedDevice,
    follow,
    signed,
    statement_after,
)

PERSON = "person:1"
AT = "2026-02-20T10:00:00Z"


@dataclass(frozen=True)
class Device:
    """A device with the private halves of its keys."""

    listed: ListedDevice
    sign: Ed25519PrivateKey
    box: X25519PrivateKey


def device(seed: str, kind: str = "browser", name: str = "") -> Device:
    """Make a device; the same for the same seed."""
    sign = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"sign {seed}".encode()).digest())
    box = X25519PrivateKey.from_private_bytes(hashlib.sha256(f"box {seed}".encode()).digest())
    keys = [encode(key.public_key().public_bytes_raw()) for key in (box, sign)]
    listed = ListedDevice(name=name or f"Device {seed}", kind=kind, box=keys[0], sign=keys[1])
    return Device(listed, sign, box)


def link(previous: DeviceList | None, devices: list[Device], signer: Device, person: str = PERSON) -> Link:
    """Have a device sign a list of devices."""
    listed = [one.listed for one in devices]
    statement = statement_after(previous, person=person, devices=listed, signer=signer.listed.sign, at=AT)
    return signed(statement, signer.sign.sign)


def chain(steps: list[tuple[list[Device], Device]], person: str = PERSON) -> list[dict[str, str]]:
    """Have devices sign one list after the other; on the wire."""
    latest: DeviceList | None = None
    links = []
    for devices, signer in steps:
        made = link(latest, devices, signer, person)
        latest = follow(latest, made, person=person)
        links.append(made.wire)
    return links
