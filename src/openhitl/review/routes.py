"""The table of the protocol door: every path, who may use it, and what it answers."""

from __future__ import annotations

from openhitl.review import answering, asking, discovery, reading, registering
from openhitl.review.accounts import guarded
from openhitl.review.inbox import api, told
from openhitl.review.router import Route

#: For agents and services that ask over HTTP.
_ASKING: tuple[Route, ...] = (
    Route(
        method="POST",
        pattern="/api/demo",
        handler=asking.create_demo,
        summary="Make a sample case, where the operator allows it",
        codes=(202, 400, 404, 429, 503),
    ),
    Route(
        method="POST",
        pattern="/api/v1/reviews",
        handler=asking.create,
        summary="Ask a human: make a review case",
        codes=(202, 400, 401, 403, 413, 415, 422, 429, 503),
        credential="key",
    ),
    Route(
        method="GET",
        pattern="/api/v1/reviews",
        handler=asking.listing,
        summary="List your own cases, newest first",
        codes=(200, 401, 403, 422, 503),
        credential="key",
    ),
    Route(
        method="GET",
        pattern="/api/v1/reviews/{case_id}",
        handler=asking.show,
        summary="Show one of your own cases",
        codes=(200, 401, 403, 404, 503),
        credential="key",
    ),
    Route(
        method="POST",
        pattern="/api/v1/reviews/{case_id}/cancel",
        handler=asking.withdraw,
        summary="Withdraw one of your own cases",
        codes=(200, 400, 401, 403, 404, 409, 413, 415, 422, 503),
        credential="key",
    ),
    Route(
        method="POST",
        pattern="/api/v1/reviews/{case_id}/received",
        handler=asking.received,
        summary="Say that you know how one of your own cases ended, so that asking the same is asking anew",
        codes=(204, 401, 403, 404, 409, 413, 503),
        credential="key",
    ),
    Route(
        method="GET",
        pattern="/api/v1/callback-secret",
        handler=asking.callback_secret,
        summary="Say the secret that callbacks to you are signed with",
        codes=(200, 401, 403, 503),
        credential="key",
    ),
)

#: For the human who is asked, and whoever relays the answer.
REVIEW_ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        pattern="/review/{case_id}",
        handler=guarded.page,
        summary="The review page",
        codes=(200, 401, 403, 404, 503),
        credential="review",
        html=True,
    ),
    Route(
        method="GET",
        pattern="/review/{case_id}/prefill/{key}",
        handler=reading.prefill,
        summary="Fetch the default_ref of one form field",
        codes=(200, 401, 403, 404, 503),
        credential="review",
    ),
    Route(
        method="POST",
        pattern="/reviews/{case_id}/opened",
        handler=answering.opened,
        summary="Report that a human looks at the page",
        codes=(204, 401, 403, 404, 503),
        credential="review",
    ),
    Route(
        method="PUT",
        pattern="/reviews/{case_id}/draft",
        handler=answering.draft,
        summary="Save a draft",
        codes=(204, 303, 400, 401, 403, 404, 409, 410, 413, 415, 422, 503),
        credential="review",
        html=True,
    ),
    Route(
        method="POST",
        pattern="/reviews/{case_id}/draft",
        handler=answering.draft,
        summary="Save a draft, or a step of a form",
        codes=(204, 303, 400, 401, 403, 404, 409, 410, 413, 415, 422, 503),
        credential="review",
        html=True,
    ),
    Route(
        method="POST",
        pattern="/reviews/{case_id}/cancel",
        handler=answering.decline,
        summary="Cancel the case as the human",
        codes=(200, 303, 400, 401, 403, 404, 409, 410, 413, 415, 422, 503),
        credential="review",
        html=True,
    ),
    Route(
        method="POST",
        pattern="/reviews/{case_id}/respond",
        handler=answering.respond,
        summary="Answer the case",
        codes=(200, 303, 400, 401, 403, 404, 409, 410, 413, 415, 422, 503),
        credential="review or submit",
        html=True,
    ),
    Route(
        method="POST",
        pattern="/reviews/{case_id}/challenge",
        handler=answering.challenge,
        summary="Ask for a challenge to prove an answer over, before it is submitted",
        codes=(200, 400, 401, 403, 404, 409, 410, 413, 415, 422, 503),
        credential="review or submit",
    ),
    Route(
        method="GET",
        pattern="/passkey",
        handler=registering.page,
        summary="The page where somebody registers a passkey",
        codes=(200, 401, 503),
        credential="link",
        html=True,
    ),
    Route(
        method="POST",
        pattern="/passkey",
        handler=registering.register,
        summary="Register a passkey, once per link",
        codes=(201, 400, 401, 403, 413, 415, 422, 503),
        credential="link",
    ),
)

#: For people who are signed in, and their programs.
INBOX_ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        pattern="/api/v1/inbox/notices",
        handler=told.listing,
        summary="List what you were told, newest first, and how much of it you have not read",
        codes=(200, 401, 422, 503),
        credential="person",
    ),
    Route(
        method="POST",
        pattern="/api/v1/inbox/notices/read",
        handler=told.read,
        summary="Note that you have read all up to a notice",
        codes=(204, 400, 401, 403, 413, 415, 422, 503),
        credential="person",
    ),
    Route(
        method="GET",
        pattern="/api/v1/inbox",
        handler=api.listing,
        summary="List the cases that you may answer, newest first",
        codes=(200, 401, 422, 503),
        credential="person",
    ),
    Route(
        method="GET",
        pattern="/api/v1/inbox/{case_id}",
        handler=api.show,
        summary="Show a case that you may answer",
        codes=(200, 401, 404, 503),
        credential="person",
    ),
    Route(
        method="POST",
        pattern="/api/v1/inbox/{case_id}/respond",
        handler=api.respond,
        summary="Answer a case by name",
        codes=(200, 400, 401, 403, 404, 409, 410, 413, 415, 422, 503),
        credential="person",
    ),
)

DISCOVERY = Route(
    method="GET",
    pattern="/.well-known/hitl.json",
    handler=discovery.discover,
    summary="What this server can do",
    codes=(200,),
)

#: What receipts are verified with.
JWKS = Route(
    method="GET",
    pattern="/.well-known/jwks.json",
    handler=discovery.jwks,
    summary="The public keys that receipts are signed with",
    codes=(200, 503),
)

ROUTES: tuple[Route, ...] = (*_ASKING, *REVIEW_ROUTES, DISCOVERY, JWKS)

#: What pages load. It belongs to no protocol, so no document lists it.
STATIC = Route(
    method="GET",
    pattern="/static/{name}",
    handler=reading.static,
    summary="A file of the pages",
    codes=(200, 404),
)
