"""Pairing as JSON: on the screen that is in, and on the device that comes in."""

from __future__ import annotations

from functools import partial
from typing import Any

from openhitl.identity.devices import new_device
from openhitl.identity.pairing import Claimed, Shown
from openhitl.protocol.devices import NewDevice, Pairing
from openhitl.protocol.people import SessionKind, checked_name
from openhitl.protocol.problems import invalid, text_of
from openhitl.protocol.sealed.possession import pairing_claim
from openhitl.protocol.timestamps import timestamp
from openhitl.review.accounts.entering import accounts_of, entered
from openhitl.review.accounts.numbers import number_in
from openhitl.review.accounts.terminals import session_told
from openhitl.review.bodies import body_object
from openhitl.review.callers import neighbourhood
from openhitl.review.door import Door
from openhitl.review.http import Request, Response, json_response

MAX_CHARACTERS = 200
_KINDS = {kind.value: kind for kind in SessionKind}


async def begin(door: Door, request: Request) -> Response:
    """Make a code for a device that shall come in."""
    shown = await accounts_of(door).pairings.begin(await door.person_posting(request))
    return json_response(201, _shown(shown))


async def show(door: Door, request: Request, pairing_id: str) -> Response:
    """Say how far a pairing is, where it was begun."""
    signed_in = await door.person(request)
    return json_response(200, told(await accounts_of(door).pairings.look(signed_in, number_in(pairing_id))))


async def allow(door: Door, request: Request, pairing_id: str) -> Response:
    """Let the device in that shows a number."""
    signed_in = await door.person_posting(request)
    typed = text_of(body_object(request).get("number"), "number", most=MAX_CHARACTERS)
    allowed = await accounts_of(door).pairings.allow(signed_in, number_in(pairing_id), typed)
    return json_response(200, told(allowed))


async def deny(door: Door, request: Request, pairing_id: str) -> Response:
    """Let nobody in by a pairing."""
    signed_in = await door.person_posting(request)
    await accounts_of(door).pairings.deny(signed_in, number_in(pairing_id))
    return Response(204)


async def claim(door: Door, request: Request) -> Response:
    """Claim a pairing as the new device: `kind` is browser or terminal, keys are left out by who has none."""
    body = body_object(request)
    code = text_of(body.get("code"), "code", most=MAX_CHARACTERS)
    device = read_device(body, code)
    if device.kind is SessionKind.BROWSER:
        door.check_origin(request)
    place = neighbourhood(request.client)
    return json_response(201, _claimed(await accounts_of(door).pairings.claim(code, device, place)))


async def enter(door: Door, request: Request) -> Response:
    """Sign the new device in once it was allowed: browsers by cookie, terminals by token. 202 before."""
    # A browser says where it comes from, and would keep the session that another site had it enter.
    if "origin" in request.headers or "sec-fetch-site" in request.headers:
        door.check_origin(request)
    begun = await accounts_of(door).pairings.enter(
        text_of(body_object(request).get("claim"), "claim", most=MAX_CHARACTERS)
    )
    if begun is None:
        return json_response(202, {"state": "claimed"})
    if begun.signed_in.session.kind is SessionKind.BROWSER:
        return json_response(200, session_told(begun.signed_in), [await entered(door, request, begun)])
    return json_response(200, {"token": begun.token, **session_told(begun.signed_in)})


def read_device(body: dict[str, Any], code: str) -> NewDevice:
    """Read what a device says of itself that claims with a code. Raises: InvalidRequest."""
    kind = _KINDS.get(str(body.get("kind")))
    if kind is None:
        invalid("kind", "must be browser or terminal")
    if body.get("box") is None and body.get("sign") is None:
        return NewDevice(kind=kind, name=checked_name(body.get("name")))
    name, box, sign = body.get("name"), body.get("box"), body.get("sign")
    return new_device(kind, name, box, sign, claim=partial(pairing_claim, code), proof=body.get("proof"))


def told(pairing: Pairing) -> dict[str, Any]:
    """Spell a pairing for the screen where it was begun."""
    return {
        "id": pairing.pairing_id,
        "state": pairing.state.value,
        "expires_at": timestamp(pairing.expires_at),
        "device": _device(pairing.device, pairing.place) if pairing.device else None,
    }


def _device(device: NewDevice, place: str) -> dict[str, Any]:
    keys = device.keys
    return {
        "name": device.name,
        "kind": device.kind.value,
        "place": place,
        "box": keys.box if keys else None,
        "sign": keys.sign if keys else None,
        "fingerprint": keys.fingerprint if keys else None,
    }


def _shown(shown: Shown) -> dict[str, Any]:
    return {
        "id": shown.pairing_id,
        "code": shown.code,
        "url": shown.url,
        "expires_at": timestamp(shown.expires_at),
    }


def _claimed(claimed: Claimed) -> dict[str, Any]:
    return {
        "claim": claimed.token,
        "number": str(claimed.number),
        "person": {"id": claimed.person.actor_id, "name": claimed.person.name},
        "expires_at": timestamp(claimed.expires_at),
    }
