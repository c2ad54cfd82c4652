"""The table of accounts: signing in, joining, one's own account, everybody's."""

from __future__ import annotations

from openhitl.review.accounts import joining, links, own, signing_in, terminals
from openhitl.review.router import Route

_SIGNING_IN: tuple[Route, ...] = (
    Route(
        method="GET",
        pattern="/sign-in",
        handler=signing_in.page,
        summary="The page where people sign in",
        codes=(200, 503),
        html=True,
    ),
    Route(
        method="POST",
        pattern="/sign-in",
        handler=signing_in.enter,
        summary="Sign in with a name and a password, then a code",
        codes=(303, 400, 401, 403, 413, 429, 503),
        html=True,
    ),
    Route(
        method="GET",
        pattern="/sign-in/options",
        handler=signing_in.options,
        summary="What a browser asks a passkey for, to sign in",
        codes=(200,),
    ),
    Route(
        method="POST",
        pattern="/sign-in/passkey",
        handler=signing_in.enter_by_passkey,
        summary="Sign in with what a passkey has signed",
        codes=(200, 400, 401, 403, 413, 415, 422, 429, 503),
    ),
    Route(
        method="GET",
        pattern="/sign-in/link",
        handler=links.page,
        summary="The page of a link that signs somebody in",
        codes=(200, 401, 503),
        credential="link",
        html=True,
    ),
    Route(
        method="POST",
        pattern="/sign-in/link",
        handler=links.enter,
        summary="Sign in with a link, once",
        codes=(303, 401, 403, 413, 503),
        credential="link",
        html=True,
    ),
    Route(
        method="POST",
        pattern="/sign-out",
        handler=signing_in.leave,
        summary="Sign out",
        codes=(303, 400, 403, 413, 503),
        credential="person",
        html=True,
    ),
    Route(
        method="GET",
        pattern="/join",
        handler=joining.page,
        summary="The page where somebody makes an account",
        codes=(200, 401, 503),
        credential="link",
        html=True,
    ),
    Route(
        method="POST",
        pattern="/join",
        handler=joining.join,
        summary="Make an account, once per link, and sign in",
        codes=(201, 303, 400, 401, 403, 409, 413, 415, 422, 503),
        credential="link",
        html=True,
    ),
)

#: What programs use too.
SESSION_ROUTES: tuple[Route, ...] = (
    Route(
        method="POST",
        pattern="/api/v1/sessions",
        handler=terminals.begin,
        summary="Sign in on a terminal, with a link",
        codes=(201, 400, 401, 413, 415, 422, 503),
    ),
    Route(
        method="GET",
        pattern="/api/v1/sessions/current",
        handler=terminals.show,
        summary="Say who is signed in",
        codes=(200, 401, 503),
        credential="person",
    ),
    Route(
        method="DELETE",
        pattern="/api/v1/sessions/current",
        handler=terminals.end,
        summary="Sign out",
        codes=(204, 401, 403, 503),
        credential="person",
    ),
    Route(
        method="POST",
        pattern="/api/v1/sessions/current/end",
        handler=terminals.end,
        summary="Sign out",
        codes=(204, 400, 401, 403, 413, 503),
        credential="person",
    ),
)

_OWN: tuple[Route, ...] = (
    Route(
        method="GET",
        pattern="/account",
        handler=own.page,
        summary="One's own account",
        codes=(200, 303, 503),
        credential="person",
        html=True,
    ),
)

ACCOUNT_ROUTES: tuple[Route, ...] = (*_SIGNING_IN, *_OWN)
