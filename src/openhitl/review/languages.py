"""In which language to talk to whoever makes a request."""

from __future__ import annotations

from openhitl.protocol.people import SignedIn
from openhitl.review.http import Request
from openhitl.words import choose_language


def language_of(request: Request, signed_in: SignedIn | None) -> str:
    """Name the language that somebody has chosen, else the best for their browser."""
    chosen = signed_in.preferences.language if signed_in else ""
    return chosen or choose_language(request.headers.get("accept-language", ""))
