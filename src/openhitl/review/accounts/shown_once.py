"""Secrets that are made by a post and shown by the page after it, so that loading it again makes no other.

Until then the secret travels in a cookie that only this server opens, for one page and one session. It is
gone after a few minutes; the server keeps none of it.
"""

from __future__ import annotations

from openhitl.protocol.people import SignedIn
from openhitl.review.door import Door
from openhitl.review.http import Request, Response, see_other

COOKIE = "hitl_shown"
#: As long as that, a phone that has thrown the page away while its owner was elsewhere can load it again.
LIFE_SECONDS = 300


def show_once(door: Door, signed_in: SignedIn, *, path: str, secret: str) -> Response:
    """Send a browser on to the page at `path`, which shows a secret.

    Raises: ValueError for one that is longer than a cookie can be: nobody would ever see it.
    """
    sealed = door.book.carrier.seal(_place(signed_in, path), {"secret": secret})
    if sealed is None:
        raise ValueError("a secret that does not fit into a cookie")
    return see_other(f"{door.base}{path}", [door.cookie(COOKIE, sealed, LIFE_SECONDS)])


def shown_in(door: Door, request: Request, signed_in: SignedIn, *, path: str) -> str:
    """Return the secret that the page at `path` shows; empty if there is none, or none any more."""
    carried = request.cookies.get(door.prefixed(COOKIE))
    return str(door.book.carrier.unseal(_place(signed_in, path), carried).get("secret", ""))


def _place(signed_in: SignedIn, path: str) -> str:
    return f"session {signed_in.session.session_id} at {path}"
