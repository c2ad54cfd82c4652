"""Handed keys over HTTP: what a device that came later is given by those that were there before."""

from __future__ import annotations

import json

from openhitl.errors import InvalidRequest
from openhitl.protocol.problems import check_storable
from openhitl.review.accounts.entering import accounts_of
from openhitl.review.bodies import body_object
from openhitl.review.door import Door
from openhitl.review.http import Request, Response, json_response
from openhitl.review.inbox.access import theirs
from openhitl.review.queries import limit_in


async def lacking(door: Door, request: Request) -> Response:
    """Name the cases that the device in `device` may read and another one on the list may not yet."""
    signed_in = await door.person(request)
    limit = limit_in(request.query)
    box = _device(request)
    found = await accounts_of(door).handing.lacking(
        signed_in.person, box, before=request.query.get("cursor"), limit=limit
    )
    following = found[-1] if len(found) == limit else None
    return json_response(200, {"cases": list(found), "next_cursor": following})


async def hand_over(door: Door, request: Request) -> Response:
    """Keep keys of the device that is signed in to others; those that are no use any more are left out."""
    signed_in = await door.person_posting(request)
    kept = await accounts_of(door).handing.keep(signed_in, body_object(request).get("keys"))
    return json_response(200, {"kept": kept})


async def show(door: Door, request: Request, case_id: str) -> Response:
    """Show what the device in `device` was handed of a case."""
    signed_in = await door.person(request)
    box = _device(request)
    await theirs(door, signed_in, case_id)
    found = await accounts_of(door).handing.of(signed_in.person, case_id, box)
    keys = [{"direction": direction, "envelope": json.loads(body)} for direction, body in found]
    return json_response(200, {"keys": keys})


def _device(request: Request) -> str:
    """Read which device asks, by its key. Raises: InvalidRequest."""
    check_storable(dict(request.query))
    box = request.query.get("device")
    if not box:
        raise InvalidRequest("device must be the key of the device that asks.")
    return box
