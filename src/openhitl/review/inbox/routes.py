"""The table of the inbox: pages for people who are signed in."""

from __future__ import annotations

from openhitl.review.inbox import answering, batch, export, history, notices, page, settings
from openhitl.review.inbox.sections import notifications
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
    Route(
        method="POST",
        pattern="/inbox/batch",
        handler=batch.batch,
        summary="Answer several small questions of one agent and type, or list them before",
        codes=(200, 303, 400, 401, 403, 404, 413, 422, 503),
        credential="person",
        html=True,
    ),
    Route(
        method="GET",
        pattern="/inbox/history",
        handler=history.page,
        summary="What has ended of what somebody may answer",
        codes=(200, 303, 401, 422, 503),
        credential="person",
        html=True,
    ),
    Route(
        method="GET",
        pattern="/inbox/history/export",
        handler=export.export,
        summary="A history to be taken away",
        codes=(200, 303, 401, 422, 503),
        credential="person",
        html=True,
    ),
    Route(
        method="GET",
        pattern="/inbox/notices",
        handler=notices.page,
        summary="What somebody was told",
        codes=(200, 303, 401, 422, 503),
        credential="person",
        html=True,
    ),
    Route(
        method="POST",
        pattern="/inbox/notices/read",
        handler=notices.read,
        summary="Note that somebody has read what they were told",
        codes=(303, 400, 401, 403, 413, 422, 503),
        credential="person",
        html=True,
    ),
    Route(
        method="GET",
        pattern="/inbox/settings",
        handler=settings.page,
        summary="How somebody wants things to be",
        codes=(200, 303, 401, 503),
        credential="person",
        html=True,
    ),
    Route(
        method="POST",
        pattern="/inbox/settings",
        handler=settings.keep,
        summary="Keep how somebody wants pages to be",
        codes=(303, 400, 401, 403, 413, 422, 503),
        credential="person",
        html=True,
    ),
    Route(
        method="POST",
        pattern="/inbox/settings/notifications",
        handler=notifications.keep,
        summary="Say what notifications may show",
        codes=(303, 400, 401, 403, 413, 422, 503),
        credential="person",
        html=True,
    ),
    Route(
        method="POST",
        pattern="/inbox/settings/notifications/{subscription_id}/remove",
        handler=notifications.remove,
        summary="Be told in a browser no more",
        codes=(303, 400, 401, 403, 404, 413, 503),
        credential="person",
        html=True,
    ),
)
