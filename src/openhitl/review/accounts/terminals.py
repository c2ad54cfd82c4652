"""Sessions as JSON, for terminals: a link becomes a session there, says whose it is, and ends."""

from __future__ import annotations

from openhitl.identity.signing_in import Visit
from openhitl.protocol.people import SessionKind, SignedIn
from openhitl.protocol.problems import text_of
from openhitl.protocol.timestamps import timestamp
from openhitl.review.accounts.entering import accounts_of
from openhitl.review.bodies import body_object
from openhitl.review.callers import neighbourhood
from openhitl.review.door import Door
from openhitl.review.http import Request, Response, json_response, parse_query

MAX_LINK_CHARACTERS = 2_000


async def begin(door: Door, request: Request) -> Response:
    """Sign in on a terminal with a link, whole or its token alone, which is then used."""
    body = body_object(request)
    link = text_of(body.get("link_token"), "link_token", most=MAX_LINK_CHARACTERS)
    device = text_of(body.get("device", ""), "device", most=MAX_LINK_CHARACTERS)
    visit = Visit(kind=SessionKind.TERMINAL, device=device, place=neighbourhood(request.client))
    begun = await accounts_of(door).sign_in.by_link(_token_in(link), visit)
    told = {"token": begun.token, **session_told(begun.signed_in)}
    return json_response(201, told)


async def show(door: Door, request: Request) -> Response:
    """Say who is signed in."""
    signed_in = await door.person(request)
    # For the service worker, which has no page to read them from.
    own = {"mark": door.mark(signed_in), "csrf": door.csrf(request)}
    return json_response(200, {**session_told(signed_in), **own})


async def end(door: Door, request: Request) -> Response:
    """Sign out."""
    signed_in = await door.person_posting(request)
    await accounts_of(door).sessions.end(signed_in)
    return Response(204)


def _token_in(link: str) -> str:
    _, found, query = link.strip().partition("?")
    return parse_query(query).get("token", "") if found else link.strip()


def session_told(signed_in: SignedIn) -> dict[str, object]:
    """Spell a session for whoever is signed in."""
    person, session = signed_in.person, signed_in.session
    return {
        "person": {"id": person.actor_id, "name": person.name, "role": str(person.role)},
        "method": str(session.method),
        "device": session.device,
        "signed_in_at": timestamp(session.created_at),
        "expires_at": timestamp(session.expires_at),
    }
