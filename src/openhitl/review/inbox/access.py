"""Whose a case is: theirs to answer, or not there for them."""

from __future__ import annotations

from openhitl.errors import NotFound
from openhitl.protocol.people import SignedIn
from openhitl.review.door import Door


async def theirs(door: Door, signed_in: SignedIn, case_id: str) -> None:
    """Check that a case is somebody's to answer. Raises: NotFound, the same if there is no such case."""
    if not await door.book.standing.may_answer(case_id, signed_in.person.person_id):
        raise NotFound
