"""Who looks at a case or answers it: whoever holds its link, or somebody who is signed in and was asked."""

from __future__ import annotations

from openhitl.cases.casefiles import CaseFile
from openhitl.errors import CrossSite, InvalidToken, NotAssignee, NotFound, SignInRequired
from openhitl.identity.sessions import actor_of
from openhitl.protocol.case import Actor, Assurance
from openhitl.protocol.people import SignedIn
from openhitl.protocol.tokens import Purpose
from openhitl.review.door import Door, bearer
from openhitl.review.http import Request


async def looker(door: Door, request: Request, case_id: str) -> Actor:
    """Say who wants to see a case.

    Raises: InvalidToken, NotFound; SignInRequired, NotAssignee for a case that wants more than a link.
    """
    signed_in = await door.visitor(request)
    file, link = await _located(door, request, case_id, signed_in)
    if file.assurance is Assurance.LINK and link is not None:
        return link
    return await _assignee(door, request, case_id, signed_in)


async def reviewer(door: Door, request: Request, case_id: str) -> Actor:
    """Say who does something to a case: for one that wants more than a link, from our own pages alone.

    Whoever is signed in answers by name, with a link too, if the case is theirs to answer.
    Raises: as `looker`; CrossSite.
    """
    signed_in = await door.visitor(request)
    file, link = await _located(door, request, case_id, signed_in)
    if file.assurance is not Assurance.LINK or link is None:
        if signed_in is not None:
            await door.person_posting(request)
        return await _assignee(door, request, case_id, signed_in)
    if signed_in is None or not await _is_from_our_page(door, request):
        return link
    is_theirs = await door.book.standing.may_answer(case_id, signed_in.person.person_id)
    return actor_of(signed_in) if is_theirs else link


def _is_by_name(request: Request) -> bool:
    """Tell whether somebody comes without the case's own token, as who they are."""
    return "token" not in request.query


async def _located(
    door: Door, request: Request, case_id: str, signed_in: SignedIn | None
) -> tuple[CaseFile, Actor | None]:
    """Find the case, and who holds its link: None for somebody who is signed in and comes by name."""
    link = None
    if not _is_by_name(request):
        link = await door.book.review_actor(case_id, request.query.get("token"))
    elif signed_in is None:
        # The same for a case that does not exist: only who is signed in learns whether it does.
        raise SignInRequired if await door.book.standing.has_people() else InvalidToken
    return await door.book.files.file(case_id), link


async def _assignee(door: Door, request: Request, case_id: str, signed_in: SignedIn | None) -> Actor:
    if signed_in is None:
        raise SignInRequired
    if not await door.book.standing.may_answer(case_id, signed_in.person.person_id):
        raise NotFound if _is_by_name(request) else NotAssignee
    return actor_of(signed_in)


async def _is_from_our_page(door: Door, request: Request) -> bool:
    try:
        await door.person_posting(request)
    except CrossSite:
        return False
    return True


def submit_token(request: Request) -> str | None:
    """Return the Bearer token of an inline submit; a person's own token in a terminal is none."""
    token = bearer(request)
    return None if token is None or token.startswith(Purpose.PERSON) else token
