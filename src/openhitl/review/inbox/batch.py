"""Several small questions answered at once: of one agent and one type, every title listed before."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from openhitl.cases import StoredCase
from openhitl.errors import InvalidRequest, NotFound
from openhitl.protocol.brief import MOST_TOGETHER, brief_actions
from openhitl.protocol.people import SignedIn
from openhitl.protocol.problems import check_storable
from openhitl.review.accounts.desks import desk_of
from openhitl.review.answering import CLOSED
from openhitl.review.door import Door
from openhitl.review.http import Request, Response
from openhitl.review.inbox.answering import actor_in, back, check_brief, submission_in
from openhitl.review.inbox.listing import reader_of
from openhitl.review.inbox.rows import Row, row_of
from openhitl.review.pages.desk import Desk
from openhitl.review.pages.view import Page
from openhitl.review.reading import html_response


async def batch(door: Door, request: Request) -> Response:
    """List the questions that somebody has picked, or answer them, each as if it were alone.

    Raises: InvalidRequest for too many or a mixture, NotFound for those of others, ActionNotInline for one
    that has to be opened.
    """
    signed_in = await door.person_posting(request)
    pairs = request.form() if request.is_form else []
    given = dict(pairs)
    check_storable(given)
    picked = await _picked(door, signed_in, [value for name, value in pairs if name == "case"])
    answer = replace(submission_in(given), data={})
    for stored in picked:
        actions = brief_actions(stored.content, stored.case.assurance)
        check_brief(
            door, stored, answer if answer.action or not actions else replace(answer, action=actions[0])
        )
    if not answer.action:
        return _listed(door, request, signed_in, picked)
    for stored in picked:
        with suppress(*CLOSED):  # somebody was first: the row says who
            await door.book.submit(stored.case.case_id, answer, actor_in(signed_in))
    return back(door, [stored.case.case_id for stored in picked])


async def _picked(door: Door, signed_in: SignedIn, case_ids: Sequence[str]) -> Sequence[StoredCase]:
    wanted = list(dict.fromkeys(case_ids))
    if not 1 <= len(wanted) <= MOST_TOGETHER:
        raise InvalidRequest(f"Pick 1 to {MOST_TOGETHER} questions.")
    found = await door.book.inboxes.theirs(signed_in.person.person_id, wanted)
    if len(found) != len(wanted):
        raise NotFound
    if len({(stored.case.agent_id, stored.content.type) for stored in found}) > 1:
        raise InvalidRequest("Only questions of one agent and one type can be answered together.")
    return found


def _listed(door: Door, request: Request, signed_in: SignedIn, picked: Sequence[StoredCase]) -> Response:
    desk = desk_of(door, request, signed_in)
    reader = reader_of(desk, signed_in)
    rows = [row_of(stored, reader) for stored in picked if is_waiting(stored, reader.now)]
    if not rows:
        return back(door, [stored.case.case_id for stored in picked])
    return html_response(batch_page(desk, rows=rows))


def is_waiting(stored: StoredCase, now: datetime) -> bool:
    """Tell whether a case can still be answered."""
    return not stored.case.is_final and stored.case.expires_at > now


def batch_page(desk: Desk, *, rows: Sequence[Row]) -> Page:
    """Draw the questions that are about to be answered together."""
    gettext = desk.words.gettext
    labels = {
        "approve": gettext("Approve what is ticked"),
        "reject": gettext("Reject what is ticked"),
        "confirm": gettext("Confirm what is ticked"),
        "cancel": gettext("Don’t go ahead with what is ticked"),
    }
    choices = [(choice.action, labels[choice.action]) for choice in rows[0].choices]
    return desk.draw(
        "batch.html",
        folder="inbox",
        rows=rows,
        choices=choices,
        submission_id=secrets.token_urlsafe(16),
    )
