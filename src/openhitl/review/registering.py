"""The page where somebody registers a passkey. Opening it changes nothing: the button does."""

from __future__ import annotations

from openhitl.protocol.problems import object_of
from openhitl.review.bodies import body_object
from openhitl.review.door import Door
from openhitl.review.http import Request, Response, json_response
from openhitl.review.pages import render_registration
from openhitl.review.reading import html_response
from openhitl.words import choose_language


async def page(door: Door, request: Request) -> Response:
    """Serve the page that a link leads to."""
    token = request.query.get("token", "")
    holder = await door.passkeys.holder(token)
    name, home = holder.name, f"{door.base}/account" if holder.person_id is not None else ""
    language = choose_language(request.headers.get("accept-language", ""))
    options = door.passkeys.options(token, name)
    drawn = render_registration(
        name, options, token=token, home=home, language=language, base=door.base, theme=door.theme
    )
    return html_response(drawn)


async def register(door: Door, request: Request) -> Response:
    """Store the passkey that a device has made at the page."""
    credential = object_of(body_object(request).get("credential"), "credential")
    holder = await door.passkeys.register(request.query.get("token"), credential)
    return json_response(201, {"status": "registered", "name": holder.name})
