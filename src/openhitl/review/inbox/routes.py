"""The table of the inbox: pages for people who are signed in."""

from __future__ import annotations

from openhitl.review.inbox import answering, page
from openhitl.review.router import Route

INBOX_PAGES: tuple[Route, ...] = (
    Route(
        method="GET",
        pattern="/inbox",
        handler=page.page,
        summary="What waits for somebody",
        codes=(200, 303, 401, 422, 503),
        credential="person",
        html=True,
    ),
    Route(
        method="POST",
        pattern="/inbox/{case_id}/respond",
        handler=answering.respond,
        summary="Answer a case in its row",
        codes=(303, 400, 401, 403, 404, 413, 422, 503),
        credential="person",
        html=True,
    ),
)
