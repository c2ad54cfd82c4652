"""Who is to read a question: what a server says of people, against what is remembered of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from openhitl.client.pins import KnownPerson
from openhitl.errors import AnotherIdentity, InvalidDeviceList, NewPerson, NoDevice, PeerError, RenamedPerson
from openhitl.protocol.base64url import decode
from openhitl.protocol.people import name_key
from openhitl.protocol.record import record
from openhitl.protocol.sealed.device_list import DeviceList, Pin, read_chain
from openhitl.protocol.visible import one_line


@record(frozen=True, slots=True, kw_only=True)
class Reader:
    """Somebody who is to read a question, with the device list that was verified."""

    person_id: str
    name: str
    devices: DeviceList

    @property
    def pin(self) -> KnownPerson:
        """What is to be remembered."""
        pin = self.devices.pin
        return KnownPerson(
            person_id=self.person_id,
            name=self.name,
            identity=pin.identity,
            number=pin.number,
            digest=pin.digest,
        )

    def is_as(self, known: KnownPerson | None) -> bool:
        """Tell whether all of this is remembered."""
        return known is not None and replace(known, verified_at=None) == self.pin


@record(frozen=True, slots=True, kw_only=True)
class Recipients:
    """The id of a case that is to be made, and everybody who can read it."""

    case_id: str
    readers: Sequence[Reader]

    @property
    def devices(self) -> Mapping[bytes, Reader]:
        """Whose each device is, by the key that is encrypted to."""
        return {decode(one.box): reader for reader in self.readers for one in reader.devices.devices}

    @property
    def named(self) -> list[dict[str, Any]]:
        """Say in the question which device lists it was encrypted to: every device can compare its own."""
        return [
            {"person": one.person_id, "number": one.devices.number, "digest": one.devices.digest}
            for one in self.readers
        ]


def read_recipients(
    body: Mapping[str, Any],
    known: Mapping[str, KnownPerson],
    names: Sequence[str],
    *,
    admits_new: bool = False,
) -> Recipients:
    """Read whom a server says to encrypt to, and check everybody against who is known.

    Args:
        body: the server's answer.
        known: whom this user's agents have encrypted to at this server, by id.
        names: whom the question names. Of those, and before anybody is known, the first device list that
            comes is taken for theirs.
        admits_new: take people who are not known whether they were named or not, to show who they are.

    People without a device are left out, unless the question names them. Raises: NoDevice; NewPerson,
    RenamedPerson; AnotherIdentity, DeviceListRolledBack, DeviceListForked and the other InvalidDeviceList;
    PeerError for what is no answer.
    """
    try:
        case_id, people = str(body["case_id"]), list(body["people"])
        found = [(str(one["person_id"]), str(one["name"]), one["chain"]) for one in people]
    except (KeyError, TypeError) as error:
        raise PeerError("The server's answer names nobody to encrypt to.") from error
    wanted = {name_key(name): name for name in names}
    if wanted and not {name_key(name) for _, name, _ in found} <= wanted.keys():
        raise NewPerson("The server names somebody who was not asked for.")
    if len({name_key(name) for _, name, _ in found}) < len(found):
        raise PeerError("The server names two people alike.")
    readers = []
    for person_id, name, chain in found:
        if chain:
            _check_name(person_id, name, known)
            if person_id not in known and known and not wanted and not admits_new:
                raise _new(name)
            readers.append(_reader(person_id, name, chain, known.get(person_id)))
    if not readers:
        raise NoDevice
    for key in wanted.keys() - {name_key(reader.name) for reader in readers}:
        raise NoDevice(f"{one_line(wanted[key])} has no device to read this on.")
    return Recipients(case_id=case_id, readers=readers)


def _reader(person_id: str, name: str, chain: object, known: KnownPerson | None) -> Reader:
    pin = Pin(known.identity, known.number, known.digest) if known else None
    try:
        devices = read_chain(chain, person=person_id, pin=pin)
    except InvalidDeviceList as error:
        hint = error.hint
        if isinstance(error, AnotherIdentity):
            hint = f"{hint} If they did: hitl keys forget {one_line(name)!r}."
        raise type(error)(f"{one_line(name)}: {error.message}", hint=hint, **error.details) from error
    return Reader(person_id=person_id, name=name, devices=devices)


def _check_name(person_id: str, name: str, known: Mapping[str, KnownPerson]) -> None:
    """Check that a name leads to whom it led before: names are what people are chosen by."""
    before = known.get(person_id)
    if before is not None and name_key(before.name) != name_key(name):
        raise RenamedPerson(
            f"The server calls {one_line(before.name)} {one_line(name)} now.",
            hint=f"If that is right: hitl keys forget {one_line(before.name)!r}.",
        )
    other = next((one for one in known.values() if name_key(one.name) == name_key(name)), before)
    if other is not None and other.person_id != person_id:
        raise AnotherIdentity(
            f"The server has another {one_line(name)} than the one who is known.",
            hint=f"Ask them, not the server. If they began anew: hitl keys forget {one_line(name)!r}.",
        )


def _new(name: str) -> NewPerson:
    said = one_line(name)
    return NewPerson(
        f"The server wants {said} to read this, too, whom this agent does not know.",
        hint=f"Compare six words with them: hitl keys verify {said!r}.",
    )
