"""Between requests and the pages of accounts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from openhitl.errors import HitlError
from openhitl.protocol.people import SignedIn
from openhitl.review.door import Door
from openhitl.review.http import Request, Response, see_other
from openhitl.review.languages import language_of
from openhitl.review.pages.desk import Desk
from openhitl.review.pages.notices import notice_of
from openhitl.words import words_for

#: What a page says of a post that came through, by the name that stands in its address.
DONE = "done"


def desk_of(door: Door, request: Request, signed_in: SignedIn | None = None, **values: Any) -> Desk:
    """Lay out a page for whoever asks for it; `values` go to the desk."""
    words = words_for(language_of(request, signed_in))
    return Desk(
        words=words,
        now=door.book.clock(),
        base=door.base,
        theme=door.theme,
        signed_in=signed_in,
        csrf=door.csrf(request) if signed_in else "",
        mark=door.mark(signed_in),
        notice=notice_of(request.query.get(DONE, ""), words) if request.method == "GET" else "",
        **values,
    )


def problems_of(error: HitlError, path: str = "") -> list[tuple[str, str]]:
    """Tell what was wrong as (path, code); `path` is what an error concerns that names no field."""
    errors = error.details.get("errors") or ()
    return [(str(one["path"]), str(one.get("code", ""))) for one in errors] or [(path, error.code)]


def done(door: Door, path: str, what: str, headers: Sequence[tuple[str, str]] = ()) -> Response:
    """Send a browser on to a page that says what was done."""
    return see_other(f"{door.base}{path}?{DONE}={what}", headers)
