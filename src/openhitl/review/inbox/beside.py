"""What stands beside a question for somebody who came by name: where they can go, and what else waits."""

from __future__ import annotations

import asyncio
import secrets

from markupsafe import Markup

from openhitl.protocol.people import SignedIn
from openhitl.review.accounts.desks import desk_of
from openhitl.review.door import Door
from openhitl.review.http import Request
from openhitl.review.inbox.listing import Counts, Waiting, counts_of, reader_of, waiting_of
from openhitl.review.pages.desk import Desk
from openhitl.review.pages.outcome import verdicts
from openhitl.review.pages.sheet import environment


async def beside_of(door: Door, request: Request, signed_in: SignedIn, case_id: str) -> Markup:
    """Draw what stands beside a case's page, which is itself in the list, however it has ended."""
    desk = desk_of(door, request, signed_in)
    waiting = await waiting_of(door, reader_of(desk, signed_in), seen=[case_id])
    counts = await counts_of(door, signed_in.person.person_id)
    return await asyncio.to_thread(drawn_beside, desk, waiting, counts, case_id)


def drawn_beside(desk: Desk, waiting: Waiting, counts: Counts, case_id: str) -> Markup:
    """Draw the list that stands beside the page of a case."""
    template = environment(desk.words).get_template("inbox/beside.html")
    # Everything in it was escaped by its environment.
    return Markup(  # noqa: S704
        template.render(
            desk=desk,
            base=desk.base,
            theme=desk.theme,
            words=desk.words,
            look=desk.look,
            waiting=waiting,
            counts=counts,
            current=case_id,
            submission_id=secrets.token_urlsafe(16),
            verdicts_known=verdicts(desk.words),
        )
    )
