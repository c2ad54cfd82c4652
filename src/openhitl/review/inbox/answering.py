"""Answers from a list: to a case that is small enough for its row, or to several of those at once.

The rule is checked here again: what has to be opened cannot be answered from a list, whatever is posted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from urllib.parse import quote

from openhitl.cases import StoredCase
from openhitl.errors import ActionNotInline
from openhitl.identity.sessions import actor_of
from openhitl.protocol.brief import brief_actions, brief_items
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
    stored, answer = await door.book.current(case_id), submission_in(given)
    check_brief(door, stored, answer)
    with suppress(*CLOSED):  # somebody was first: the row says who
        await door.book.submit(case_id, answer, actor_in(signed_in))
    return back(door, [case_id])


def submission_in(given: Mapping[str, str]) -> Submission:
    """Read what a row was answered: a button, or the one item that was chosen."""
    action, submission_id = given.get("action", ""), given.get("submission_id", "")
    return Submission(
        action=action,
        data={"selected": [given.get("selected", "")]} if action == "select" else {},
        submission_id=submission_id if 0 < len(submission_id) <= MAX_ID_CHARACTERS else None,
    )


def check_brief(door: Door, stored: StoredCase, answer: Submission) -> None:
    """Check that a case may be answered so without being opened. Raises: ActionNotInline."""
    content, assurance = stored.content, stored.case.assurance
    if answer.action == "select":
        is_brief = answer.data.get("selected") in [[item.id] for item in brief_items(content, assurance)]
    else:
        is_brief = answer.action in brief_actions(content, assurance)
    if not is_brief:
        raise must_open(door, stored.case.case_id)


def must_open(door: Door, case_id: str) -> ActionNotInline:
    """Say of a case that it has to be opened, and where."""
    url = f"{door.public_url.rstrip('/')}/review/{quote(case_id)}"
    return ActionNotInline(MUST_OPEN, case_id=case_id, review_url=url)


def actor_in(signed_in: SignedIn) -> Actor:
    """Say who acts in a list."""
    return replace(actor_of(signed_in), surface="inbox")


def back(door: Door, case_ids: Sequence[str]) -> Response:
    """Send a browser back to the list, which shows how these cases have ended."""
    seen = ".".join(map(quote, case_ids))
    return see_other(f"{door.base}/inbox?seen={seen}")
