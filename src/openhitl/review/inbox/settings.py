"""The settings page: a list of sections, each a file of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openhitl.errors import InvalidRequest
from openhitl.protocol.people import SignedIn
from openhitl.review.accounts.desks import desk_of, problems_of
from openhitl.review.door import Door
from openhitl.review.http import Request, Response
from openhitl.review.inbox.listing import Counts, counts_of
from openhitl.review.inbox.sections import SECTIONS, Section
from openhitl.review.inbox.sections import pages as pages_section
from openhitl.review.pages.desk import Desk
from openhitl.review.pages.view import Page
from openhitl.review.reading import html_response


async def page(door: Door, request: Request) -> Response:
    """Show somebody their settings."""
    signed_in = await door.person(request)
    return await _shown(door, request, signed_in, desk_of(door, request, signed_in))


async def keep(door: Door, request: Request) -> Response:
    """Keep how somebody wants pages to be."""
    signed_in = await door.person_posting(request)
    try:
        return await pages_section.keep(door, request, signed_in)
    except InvalidRequest as error:
        desk = desk_of(door, request, signed_in, problems=problems_of(error))
        return await _shown(door, request, signed_in, desk)


async def _shown(door: Door, request: Request, signed_in: SignedIn, desk: Desk) -> Response:
    sections = [(section, await section.values(door, request, signed_in)) for section in SECTIONS]
    counts = await counts_of(door, signed_in.person.person_id)
    return html_response(settings_page(desk, sections=sections, counts=counts))


def settings_page(desk: Desk, *, sections: list[tuple[Section, Mapping[str, Any]]], counts: Counts) -> Page:
    """Draw the settings."""
    return desk.draw("settings.html", folder="inbox", sections=sections, counts=counts)
