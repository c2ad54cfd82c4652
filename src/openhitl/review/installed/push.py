"""Notifications over HTTP: a browser says where it is told, and what became of that."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from openhitl.errors import NotFound
from openhitl.identity.push import PushDesk
from openhitl.protocol.problems import count_of
from openhitl.protocol.push.messages import PushMessage
from openhitl.protocol.push.subscription import Subscription
from openhitl.protocol.timestamps import timestamp
from openhitl.review.accounts.numbers import number_in
from openhitl.review.bodies import body_object
from openhitl.review.door import Door
from openhitl.review.http import Request, Response, json_response
from openhitl.words import choose_language, words_for

SETTINGS = "/inbox/settings"


async def show(door: Door, request: Request) -> Response:
    """Say whether this server pushes, with which key, to which browsers of somebody's, and what."""
    signed_in = await door.person(request)
    desk = push_of(door)
    choices = await desk.choices(signed_in)
    return json_response(
        200,
        {
            "state": "on" if desk.sender.is_on else "off",
            "key": desk.sender.key,
            "shows": str(choices.shows),
            "answers": choices.answers,
            "waiting": await door.book.inboxes.count_waiting(signed_in.person.person_id),
            "csrf": door.csrf(request),
            "subscriptions": [_told(one) for one in await desk.of(signed_in)],
        },
    )


async def subscribe(door: Door, request: Request) -> Response:
    """Keep where a browser is told, or that it is still there."""
    signed_in = await door.person_posting(request)
    language = choose_language(request.headers.get("accept-language", ""))
    number = await push_of(door).subscribe(signed_in, body_object(request), language=language)
    return json_response(201, {"id": number})


async def unsubscribe(door: Door, request: Request, subscription_id: str) -> Response:
    """Tell a browser nothing more."""
    signed_in = await door.person_posting(request)
    await push_of(door).drop(signed_in, number_in(subscription_id))
    return Response(204)


async def test(door: Door, request: Request) -> Response:
    """Send a notification to one of somebody's browsers, and say how that went."""
    signed_in = await door.person_posting(request)
    desk = push_of(door)
    number = count_of(body_object(request).get("id"), "id")
    words = words_for(choose_language(request.headers.get("accept-language", "")))
    message = PushMessage(
        title=words.gettext("Notifications come here"),
        body=words.gettext("This is the test that you asked for."),
        url=f"{door.public_url}{SETTINGS}",
        tag="test",
        language=words.language,
        badge=await door.book.inboxes.count_waiting(signed_in.person.person_id),
    )
    await desk.test(signed_in, number, message)
    return Response(204)


def push_of(door: Door) -> PushDesk:
    """Return who tells people in their browsers. Raises: NotFound where people have no accounts."""
    if door.push is None:
        raise NotFound
    return door.push


def _told(one: Subscription) -> dict[str, Any]:
    return {
        "id": one.subscription_id,
        "device": one.device,
        "service": urlsplit(one.endpoint).hostname,
        "created_at": timestamp(one.created_at),
        "seen_at": timestamp(one.seen_at),
        "delivered_at": _said(one.delivered_at),
        "failed_at": _said(one.failed_at),
        "last_error": one.last_error,
    }


def _said(instant: datetime | None) -> str | None:
    return None if instant is None else timestamp(instant)
