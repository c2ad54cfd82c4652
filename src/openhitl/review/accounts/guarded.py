"""Review pages of cases that want a signed-in person."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from openhitl.errors import SignInRequired
from openhitl.review import reading
from openhitl.review.accounts.signing_in import in_place_of
from openhitl.review.door import Door
from openhitl.review.http import Request, Response


async def page(door: Door, request: Request, case_id: str) -> Response:
    """Serve the review page; where somebody has to sign in first, the page for that and nothing of the case.

    Whoever fetches it, a browser or an agent, gets the same.
    """
    try:
        return await reading.page(door, request, case_id)
    except SignInRequired:
        query = urlencode(request.query)
        return await in_place_of(door, request, quote(request.path) + (f"?{query}" if query else ""))
