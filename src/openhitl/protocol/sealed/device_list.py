"""Device lists: a chain of statements that says which devices belong to somebody, each signed by one of them.

Whoever signed the first statement is the identity key of the person. Each later statement names the digest
of the one before it, and is signed by a device of that one. Whoever keeps a `Pin` notices when a server
swaps a key, leaves a device out, adds one, or hands out an older list.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

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
from openhitl.protocol.base64url import decode, encode
from openhitl.protocol.record import record
from openhitl.protocol.sealed.fingerprint import device_fingerprint, identity_fingerprint

VERSION = 1
KINDS = ("browser", "terminal")
KEY_BYTES = 32
SIGNATURE_BYTES = 64
MAX_DEVICES = 20
MAX_LINKS = 1000
MAX_NAME_CHARACTERS = 100
MAX_STATEMENT_BYTES = 16 * 1024
_LABEL = b"openhitl device list v1\n"
_STATEMENT = {"v", "person", "number", "previous", "devices", "signer", "at"}
_KINDS_OF = {"v": int, "person": str, "number": int, "devices": list, "at": str}
_KEYS = (attrgetter("box"), attrgetter("sign"))
_AT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{3})?Z")


@record(frozen=True, slots=True, kw_only=True)
class ListedDevice:
    """A device as the list of its owner names it. `kind` is browser or terminal.

    `box` (X25519) is what is encrypted to, `sign` (Ed25519) what signs lists, both base64url.
    """

    name: str
    kind: str
    box: str
    sign: str

    @property
    def fingerprint(self) -> str:
        """Six words."""
        return device_fingerprint(decode(self.box), decode(self.sign))


@record(frozen=True, slots=True)
class Link:
    """A statement, to the byte as it was signed, and the signature (base64url)."""

    statement: str
    signature: str

    @property
    def wire(self) -> dict[str, str]:
        return {"statement": self.statement, "signature": self.signature}


@record(frozen=True, slots=True)
class Pin:
    """What somebody remembers of a device list: its identity key, and the digest of the latest they saw."""

    identity: str
    number: int
    digest: str


@record(frozen=True, slots=True, kw_only=True)
class DeviceList:
    """The devices of a person, as the last of a chain of statements has them; verified.

    `number` counts the statements from 1, `digest` is that of the last, `at` its instant as on the wire.
    """

    person: str
    identity: str
    number: int
    digest: str
    devices: tuple[ListedDevice, ...]
    at: str

    @property
    def pin(self) -> Pin:
        return Pin(self.identity, self.number, self.digest)

    @property
    def fingerprint(self) -> str:
        """The identity key, in six words."""
        return identity_fingerprint(decode(self.identity))


# -- made by a device -------------------------------------------------------------------------


def statement_after(
    previous: DeviceList | None, *, person: str, devices: Sequence[ListedDevice], signer: str, at: str
) -> str:
    """Spell the statement that follows on a list; on None the first. `at` is an instant in UTC with `Z`."""
    statement = {
        "v": VERSION,
        "person": person,
        "number": previous.number + 1 if previous else 1,
        "previous": previous.digest if previous else None,
        "devices": [{"name": d.name, "kind": d.kind, "box": d.box, "sign": d.sign} for d in devices],
        "signer": signer,
        "at": at,
    }
    return jcs.canonical(statement).decode()


def signing_input(statement: str) -> bytes:
    """Return the bytes that the signer signs."""
    return _LABEL + statement.encode()


def signed(statement: str, sign: Callable[[bytes], bytes]) -> Link:
    """Sign a statement with the Ed25519 key of a device, given as a function from bytes to 64 bytes."""
    return Link(statement, encode(sign(signing_input(statement))))


# -- checked by everybody ---------------------------------------------------------------------


def follow(previous: DeviceList | None, link: Link, *, person: str) -> DeviceList:
    """Verify the statement that comes after a list; after None it must be the first.

    Raises: DeviceListOfAnother, DuplicateDeviceKeys, DeviceListBroken, DeviceListByStranger,
        DeviceListUnsigned; and InvalidDeviceList, which they all are, for what is no statement.
    """
    statement = _read_statement(link.statement)
    if statement["person"] != person:
        raise DeviceListOfAnother()
    devices, signer = statement["devices"], statement["signer"]
    _check_place(previous, statement, devices)
    _check_signature(signer, link)
    return DeviceList(
        person=person,
        identity=previous.identity if previous else signer,
        number=statement["number"],
        digest=_digest(link.statement),
        devices=devices,
        at=statement["at"],
    )


def read_chain(chain: object, *, person: str, pin: Pin | None = None) -> DeviceList:
    """Verify a chain as it is on the wire, from its first statement on, against what is remembered of it.

    Raises: as `follow`; and AnotherIdentity, DeviceListRolledBack, DeviceListForked against the pin.
    """
    if not isinstance(chain, list) or not 1 <= len(chain) <= MAX_LINKS:
        raise InvalidDeviceList(f"A device list has 1 to {MAX_LINKS} statements.")
    latest = follow(None, read_link(chain[0]), person=person)
    digests = [latest.digest]
    for raw in chain[1:]:
        latest = follow(latest, read_link(raw), person=person)
        digests.append(latest.digest)
    if pin:
        _check_pin(latest, pin, digests)
    return latest


def read_link(raw: object) -> Link:
    """Read `{"statement", "signature"}`. Raises: InvalidDeviceList."""
    if not isinstance(raw, dict) or set(raw) != {"statement", "signature"}:
        raise InvalidDeviceList()
    statement, signature = raw["statement"], raw["signature"]
    if not isinstance(statement, str) or not isinstance(signature, str):
        raise InvalidDeviceList()
    return Link(statement, signature)


def devices_in(link: Link) -> tuple[ListedDevice, ...]:
    """Name the devices of one statement, by whomever it was signed. Raises: InvalidDeviceList."""
    devices: tuple[ListedDevice, ...] = _read_statement(link.statement)["devices"]
    return devices


def checked_key(raw: object) -> str:
    """Read a public key: 32 bytes in their one base64url spelling. Raises: InvalidDeviceList."""
    return _spelt(raw, KEY_BYTES, "A key is 32 bytes, base64url without padding.")


def _check_pin(latest: DeviceList, pin: Pin, digests: Sequence[str]) -> None:
    if latest.identity != pin.identity:
        raise AnotherIdentity(identity=latest.identity, known=pin.identity)
    if latest.number < pin.number:
        raise DeviceListRolledBack(number=latest.number, known=pin.number)
    if digests[pin.number - 1] != pin.digest:
        raise DeviceListForked(number=pin.number)


def _check_place(
    previous: DeviceList | None, statement: dict[str, Any], devices: tuple[ListedDevice, ...]
) -> None:
    number, names = (previous.number + 1, previous.digest) if previous else (1, None)
    if statement["number"] != number or statement["previous"] != names:
        raise DeviceListBroken(number=number)
    # The first statement is signed by a device of its own, so that its key is that of somebody in it.
    may_sign = previous.devices if previous else devices
    if statement["signer"] not in {device.sign for device in may_sign}:
        raise DeviceListByStranger(number=number)


def _check_signature(signer: str, link: Link) -> None:
    signature = decode(_spelt(link.signature, SIGNATURE_BYTES, "A signature is 64 bytes."))
    try:
        Ed25519PublicKey.from_public_bytes(decode(signer)).verify(signature, signing_input(link.statement))
    except InvalidSignature as error:
        raise DeviceListUnsigned() from error


def _read_statement(text: str) -> dict[str, Any]:
    """Read a statement; its devices become a tuple of `ListedDevice`."""
    try:
        raw = text.encode()
        statement = orjson.loads(raw) if len(raw) <= MAX_STATEMENT_BYTES else None
    except ValueError as error:
        raise InvalidDeviceList("A statement is not JSON.") from error
    if not isinstance(statement, dict) or set(statement) != _STATEMENT or statement["v"] != VERSION:
        raise InvalidDeviceList("A statement is of a version that is not known here.")
    if any(type(statement[name]) is not kind for name, kind in _KINDS_OF.items()):
        raise InvalidDeviceList()
    if not _AT.fullmatch(statement["at"]):
        raise InvalidDeviceList("A statement says no instant.")
    checked_key(statement["signer"])
    devices = _read_devices(statement["devices"])
    # Last, when nothing in it can be deep: two spellings of one statement would have two digests.
    if jcs.canonical(statement) != raw:
        raise InvalidDeviceList("A statement is not spelt as RFC 8785 has it.")
    return {**statement, "devices": devices}


def _read_devices(raw: list[object]) -> tuple[ListedDevice, ...]:
    if not 1 <= len(raw) <= MAX_DEVICES:
        raise InvalidDeviceList(f"A device list has 1 to {MAX_DEVICES} devices.")
    devices = tuple(map(_read_device, raw))
    if any(len({key(device) for device in devices}) < len(devices) for key in _KEYS):
        raise DuplicateDeviceKeys()
    return devices


def _read_device(raw: object) -> ListedDevice:
    if not isinstance(raw, dict) or set(raw) != {"name", "kind", "box", "sign"}:
        raise InvalidDeviceList("A device has a name, a kind and two keys.")
    name, kind = raw["name"], raw["kind"]
    is_name = isinstance(name, str) and 1 <= len(name) <= MAX_NAME_CHARACTERS and "\0" not in name
    if not is_name or kind not in KINDS:
        raise InvalidDeviceList("A device has a name and is a browser or a terminal.")
    return ListedDevice(name=name, kind=kind, box=checked_key(raw["box"]), sign=checked_key(raw["sign"]))


def _spelt(raw: object, size: int, message: str) -> str:
    try:
        right = isinstance(raw, str) and len(decode(raw)) == size
    except ValueError:
        right = False
    if not right:
        raise InvalidDeviceList(message)
    return str(raw)


def _digest(statement: str) -> str:
    return encode(hashlib.sha256(statement.encode()).digest())
