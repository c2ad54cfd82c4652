"""Answers from a list: to a case that is small enough for its row, or to several of those at once.

The rule is checked here again: what has to be opened cannot be answered from a list, whatever is posted.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from urllib.parse import quote

from openhitl.cases import StoredCase
from openhitl.errors import ActionNotInline
from openhitl.identity.sessions import actor_of
from openhitl.protocol.brief import brief_actions
from openhitl.protocol.case import Actor
from openhitl.protocol.people import SignedIn
from openhitl.protocol.problems import check_storable
from openhitl.protocol.submission import MAX_ID_CHARACTERS, Submission
from openhitl.review.answering import CLOSED
from openhitl.review.door import Door
from openhitl.review.http import Request, Response, see_other
from openhitl.review.inbox.access import theirs

MUST_OPEN = "This has to be opened before it is answered."


async def respond(door: Door, request: Request, case_id: str) -> Response:
    """Answer a case in its row. Raises: ActionNotInline for one that has to be opened."""
    signed_in = await door.person_posting(request)
    await theirs(door, signed_in, case_id)
    given = dict(request.form())
    check_storable(given)
    stored = await door.book.current(case_id)
    check_brief(door, stored, given.get("action", ""))
    with suppress(*CLOSED):  # somebody was first: the row says who
        await submit(door, stored, given["action"], actor_in(signed_in), given.get("submission_id", ""))
    return back(door, [case_id])


def check_brief(door: Door, stored: StoredCase, action: str) -> None:
    """Check that a case may be answered so without being opened. Raises: ActionNotInline."""
    if action not in brief_actions(stored.content, stored.case.assurance):
        raise must_open(door, stored.case.case_id)


def must_open(door: Door, case_id: str) -> ActionNotInline:
    """Say of a case that it has to be opened, and where."""
    url = f"{door.public_url.rstrip('/')}/review/{quote(case_id)}"
    return ActionNotInline(MUST_OPEN, case_id=case_id, review_url=url)


async def submit(door: Door, stored: StoredCase, action: str, actor: Actor, submission_id: str) -> None:
    """Answer a case that was found to be brief."""
    usable = submission_id if 0 < len(submission_id) <= MAX_ID_CHARACTERS else None
    given = Submission(action=action, data={}, submission_id=usable)
    await door.book.submit(stored.case.case_id, given, actor)


def actor_in(signed_in: SignedIn) -> Actor:
    """Say who acts in a list."""
    return replace(actor_of(signed_in), surface="inbox")


def back(door: Door, case_ids: Sequence[str]) -> Response:
    """Send a browser back to the list, which shows how these cases have ended."""
    seen = ".".join(map(quote, case_ids))
    return see_other(f"{door.base}/inbox?seen={seen}")
