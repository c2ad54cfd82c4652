"""Which programs somebody has allowed to ask them, and taking that back."""

from __future__ import annotations

from openhitl.review.accounts.desks import desk_of, done
from openhitl.review.accounts.numbers import number_in
from openhitl.review.door import Door
from openhitl.review.http import Request, Response
from openhitl.review.pages.consent import programs_page
from openhitl.review.reading import html_response
from openhitl.review.router import Route
from openhitl.server.oauth import server_of

PATH = "/account/programs"


async def page(door: Door, request: Request) -> Response:
    """List the programs."""
    signed_in = await door.person(request)
    standing = await server_of(door).grants.of(signed_in)
    return html_response(programs_page(desk_of(door, request, signed_in), standing))


async def end(door: Door, request: Request, grant_id: str) -> Response:
    """Take back what a program was allowed."""
    signed_in = await door.person_posting(request)
    await server_of(door).grants.end(signed_in, number_in(grant_id))
    return done(door, PATH, "program-ended")


PROGRAM_ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        pattern=PATH,
        handler=page,
        summary="The programs that somebody has allowed to ask them",
        codes=(200, 303, 401, 503),
        credential="person",
        html=True,
    ),
    Route(
        method="POST",
        pattern=f"{PATH}/{{grant_id}}/end",
        handler=end,
        summary="Take back what a program was allowed",
        codes=(303, 400, 401, 403, 404, 413, 503),
        credential="person",
        html=True,
    ),
)
