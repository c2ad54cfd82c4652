"""Somebody's devices and their device list as JSON, for the devices themselves."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from openhitl.protocol.devices import Device
from openhitl.protocol.people import SignedIn
from openhitl.protocol.sealed.device_list import Link
from openhitl.protocol.timestamps import timestamp
from openhitl.review.accounts.entering import accounts_of
from openhitl.review.accounts.numbers import number_in
from openhitl.review.bodies import body_object
from openhitl.review.door import Door
from openhitl.review.http import Request, Response, json_response


async def listing(door: Door, request: Request) -> Response:
    """List somebody's devices, in the order in which they came."""
    signed_in = await door.person(request)
    found = await accounts_of(door).devices.of(signed_in.person)
    person = {"id": signed_in.person.actor_id, "name": signed_in.person.name}
    listed = [told(one, signed_in) for one in found]
    session = signed_in.session.session_id
    return json_response(200, {"person": person, "session": session, "devices": listed})


async def register(door: Door, request: Request) -> Response:
    """Keep the public keys of the device that this comes from."""
    signed_in = await door.person_posting(request)
    body = body_object(request)
    device = await accounts_of(door).devices.register(
        signed_in, body.get("name"), body.get("box"), body.get("sign"), proof=body.get("proof")
    )
    return json_response(201, told(device, signed_in))


async def revoke(door: Door, request: Request, device_id: str) -> Response:
    """End a device of somebody's own, and its session."""
    signed_in = await door.person_posting(request)
    await accounts_of(door).devices.revoke(signed_in, number_in(device_id))
    return Response(204)


async def show_list(door: Door, request: Request) -> Response:
    """Show somebody their device list."""
    signed_in = await door.person(request)
    chain = await accounts_of(door).devices.chain(signed_in.person)
    return json_response(200, {"person": signed_in.person.actor_id, "chain": spelt(chain)})


async def sign_list(door: Door, request: Request) -> Response:
    """Keep the next statement of somebody's device list."""
    signed_in = await door.person_posting(request)
    signed = await accounts_of(door).devices.sign(signed_in, body_object(request))
    return json_response(201, {"number": signed.number, "digest": signed.digest})


def spelt(chain: Collection[Link]) -> Sequence[dict[str, str]]:
    """Spell a chain of statements as it is verified elsewhere."""
    return [link.wire for link in chain]


def told(device: Device, signed_in: SignedIn) -> dict[str, Any]:
    """Spell a device for its owner."""
    return {
        "id": device.device_id,
        "name": device.name,
        "kind": device.kind.value,
        "box": device.keys.box,
        "sign": device.keys.sign,
        "fingerprint": device.keys.fingerprint,
        "added_at": timestamp(device.created_at),
        "used_at": timestamp(device.seen_at),
        "here": device.session_id == signed_in.session.session_id,
    }
