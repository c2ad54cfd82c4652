"""Somebody's own devices, and the list of them that the devices themselves sign."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from openhitl.errors import DeviceListBroken, InvalidDeviceList, InvalidRequest, ListConflict, NotFound
from openhitl.identity.rates import RateLimits
from openhitl.identity.sessions import actor_of
from openhitl.protocol.devices import Device, DeviceKeys, NewDevice, read_keys
from openhitl.protocol.people import Person, SessionKind, SignedIn, checked_name
from openhitl.protocol.problems import invalid
from openhitl.protocol.sealed.device_list import (
    MAX_LINKS,
    DeviceList,
    Link,
    devices_in,
    follow,
    read_chain,
    read_link,
)
from openhitl.protocol.sealed.possession import is_proven, session_claim
from openhitl.store import Store
from openhitl.store.runner import Runner

#: How often one person may sign: so many statements at once, then one in so long. A chain has room for
#: `MAX_LINKS` in all.
SIGNS = 30
#: The same for devices: what takes the place of another stays in the log.
REGISTERS = 30
EVERY = timedelta(minutes=1)


class DeviceShelf:
    """Keeps the public keys of people's devices, and their device lists.

    Args:
        run: runs what asks the store beside the event loop.
    """

    def __init__(self, store: Store, *, run: Runner, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._run = run
        self._clock = clock
        self._limits = RateLimits(store, run=run, clock=clock)

    async def of(self, person: Person) -> Sequence[Device]:
        """List somebody's devices, in the order in which they came."""
        return await self._run(self._store.devices_of, person.person_id)

    async def register(
        self, signed_in: SignedIn, name: object, box: object, sign: object, *, proof: object = None
    ) -> Device:
        """Keep the keys of the device where somebody is signed in.

        Args:
            proof: the device's signature of `session_claim`, which one that is known needs.

        Raises: InvalidRequest, DeviceKeyTaken, DeviceUnproven, TooManyDevices, RateLimited.
        """
        session = signed_in.session
        await self._limits.take(f"devices of {session.person_id}", every=EVERY, burst=REGISTERS)
        claim = partial(session_claim, signed_in.person.actor_id, session.session_id)
        new = new_device(session.kind, name, box, sign, claim=claim, proof=proof)
        by, now = actor_of(signed_in), self._clock()
        return await self._run(
            self._store.register_device, session.person_id, session.session_id, new, by=by, now=now
        )

    async def revoke(self, signed_in: SignedIn, device_id: int) -> None:
        """End one of somebody's own devices, and its session. Raises: NotFound."""
        person_id, by, now = signed_in.person.person_id, actor_of(signed_in), self._clock()
        if not await self._run(self._store.revoke_device, person_id, device_id, by=by, now=now):
            raise NotFound

    async def chain(self, person: Person) -> Sequence[Link]:
        """Return the statements of somebody's device list from the first on."""
        return await self._run(self._store.device_list, person.person_id)

    async def sign(self, signed_in: SignedIn, raw: object) -> DeviceList:
        """Keep the next statement of somebody's device list, which a device of theirs has signed.

        Where no device of the list is left, the statement begins a new one: with another identity, which
        whoever remembers the old one refuses.

        Raises: ListConflict if it is not the next; InvalidRequest, whose `reason` says what is wrong;
            RateLimited.
        """
        person = signed_in.person
        await self._limits.take(f"device list of {person.person_id}", every=EVERY, burst=SIGNS)
        known = await self.chain(person)
        devices = await self.of(person)
        try:
            link = read_link(raw)
            signed = await self._run(follow_on, known, devices, link, person.actor_id)
            check_names(signed)
        except DeviceListBroken as error:
            raise ListConflict(number=len(known)) from error
        except InvalidDeviceList as error:
            raise InvalidRequest(error.message, reason=error.code) from error
        by, now = actor_of(signed_in), self._clock()
        if not await self._run(
            self._store.add_to_device_list, person.person_id, link, signed, after=known, by=by, now=now
        ):
            raise ListConflict(number=len(known))
        return signed


def new_device(
    kind: SessionKind,
    name: object,
    box: object,
    sign: object,
    *,
    claim: Callable[[DeviceKeys], bytes],
    proof: object,
) -> NewDevice:
    """Read what a device says of itself.

    Args:
        claim: spells what it has to sign.
        proof: the signature, if there is one.

    Raises: InvalidRequest.
    """
    try:
        keys = read_keys(box, sign)
        proven = is_proven(claim(keys), keys, proof)
        return NewDevice(kind=kind, name=checked_name(name), keys=keys, is_proven=proven)
    except InvalidDeviceList as error:
        raise InvalidRequest(error.message, reason=error.code) from error


def check_names(signed: DeviceList) -> None:
    """Check that a list names devices as a device may call itself. Raises: InvalidRequest."""
    for one in signed.devices:
        if checked_name(one.name) != one.name:
            invalid("name", "must have no space around it, and be composed (NFC)")


def follow_on(known: Sequence[Link], devices: Sequence[Device], link: Link, person: str) -> DeviceList:
    """Verify what follows on a chain that is kept, or begins another where no device of it is left.

    A chain that has ended is not verified: whatever it holds, its owner can begin anew.

    Args:
        devices: those of the person that are not revoked.

    Raises: as `read_chain`; InvalidDeviceList if the chain is full.
    """
    left = {(device.keys.box, device.keys.sign) for device in devices}
    if not known or left.isdisjoint((one.box, one.sign) for one in devices_in(known[-1])):
        return follow(None, link, person=person)
    if len(known) >= MAX_LINKS:
        raise InvalidDeviceList("A device list has no room for another statement.")
    return follow(read_chain([one.wire for one in known], person=person), link, person=person)
