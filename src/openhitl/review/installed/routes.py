"""The table of what makes the pages an app."""

from __future__ import annotations

from openhitl.review.installed import app, presses, push
from openhitl.review.router import Route

PUSH_ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        pattern="/api/v1/push",
        handler=push.show,
        summary="Say whether this server pushes, and to which of your browsers",
        codes=(200, 401, 404, 503),
        credential="person",
    ),
    Route(
        method="POST",
        pattern="/api/v1/push/subscriptions",
        handler=push.subscribe,
        summary="Be told in a browser, or say that it is still there",
        codes=(201, 400, 401, 403, 404, 409, 413, 415, 422, 503),
        credential="person",
    ),
    Route(
        method="DELETE",
        pattern="/api/v1/push/subscriptions/{subscription_id}",
        handler=push.unsubscribe,
        summary="Be told in a browser no more",
        codes=(204, 401, 403, 404, 503),
        credential="person",
    ),
    Route(
        method="POST",
        pattern="/api/v1/push/test",
        handler=push.test,
        summary="Send a notification to one of your browsers, now",
        codes=(204, 400, 401, 403, 404, 409, 413, 415, 422, 502, 503),
        credential="person",
    ),
    Route(
        method="POST",
        pattern="/api/v1/push/presses",
        handler=presses.press,
        summary="Do what a button of a notification says",
        codes=(204, 400, 401, 403, 404, 409, 410, 413, 415, 422, 503),
        credential="person",
    ),
)

#: What browsers fetch to install the pages.
APP_ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        pattern="/manifest.webmanifest",
        handler=app.manifest,
        summary="What the pages are as an app",
        codes=(200,),
    ),
    Route(
        method="GET",
        pattern="/sw.js",
        handler=app.worker,
        summary="The service worker of the pages",
        codes=(200,),
    ),
    Route(
        method="GET",
        pattern=app.OFFLINE,
        handler=app.offline,
        summary="What is shown without a connection",
        codes=(200,),
        html=True,
    ),
)
