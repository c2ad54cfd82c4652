"""Everybody's accounts, for owners."""

from __future__ import annotations

from collections.abc import Sequence

from openhitl.protocol.people import Person, Role
from openhitl.protocol.problems import invalid
from openhitl.review.accounts.desks import desk_of, done
from openhitl.review.accounts.entering import accounts_of
from openhitl.review.accounts.numbers import number_in
from openhitl.review.door import Door
from openhitl.review.http import Request, Response
from openhitl.review.pages.desk import Desk
from openhitl.review.pages.view import Page
from openhitl.review.reading import html_response

PATH = "/people"


async def page(door: Door, request: Request) -> Response:
    """List everybody."""
    signed_in = await door.person(request)
    people = await accounts_of(door).people(signed_in)
    return html_response(people_page(desk_of(door, request, signed_in), people=people))


async def invite(door: Door, request: Request) -> Response:
    """Make a link to join with, and show it once."""
    signed_in = await door.person_posting(request)
    role = _role_in(request)
    link = await accounts_of(door).invite(signed_in, role)
    return html_response(invitation_page(desk_of(door, request, signed_in), role=role, link=link))


async def link(door: Door, request: Request, person_id: str) -> Response:
    """Make a link for somebody who has lost their way in, and show it once."""
    signed_in = await door.person_posting(request)
    accounts, number = accounts_of(door), number_in(person_id)
    made = await accounts.sign_in_link_for(signed_in, number)
    person = next(one for one in await accounts.people(signed_in) if one.person_id == number)
    return html_response(way_in_page(desk_of(door, request, signed_in), name=person.name, link=made))


async def set_role(door: Door, request: Request, person_id: str) -> Response:
    """Make somebody an owner, or a member."""
    signed_in = await door.person_posting(request)
    await accounts_of(door).set_role(signed_in, number_in(person_id), _role_in(request))
    return done(door, PATH, "role-changed")


async def disable(door: Door, request: Request, person_id: str) -> Response:
    """Lock somebody out, everywhere and at once."""
    signed_in = await door.person_posting(request)
    await accounts_of(door).disable(signed_in, number_in(person_id))
    return done(door, PATH, "disabled")


async def enable(door: Door, request: Request, person_id: str) -> Response:
    """Let somebody in again."""
    signed_in = await door.person_posting(request)
    await accounts_of(door).enable(signed_in, number_in(person_id))
    return done(door, PATH, "enabled")


def _role_in(request: Request) -> Role:
    given = dict(request.form()).get("role", "") if request.is_form else ""
    if given not in set(Role):
        invalid("role", f"must be one of {', '.join(Role)}")
    return Role(given)


def people_page(desk: Desk, *, people: Sequence[Person]) -> Page:
    """Draw the list of everybody."""
    return desk.draw("people.html", people=people)


def invitation_page(desk: Desk, *, role: Role, link: str) -> Page:
    """Draw the page that shows a link to join, once."""
    return desk.draw("invitation.html", role=role, link=link)


def way_in_page(desk: Desk, *, name: str, link: str) -> Page:
    """Draw the page that shows a link for somebody to sign in with, once."""
    return desk.draw("way_in.html", name=name, link=link)
