"""Where somebody is told what waits for them, and what may be shown there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openhitl.protocol.people import SignedIn
from openhitl.review.accounts.desks import done
from openhitl.review.accounts.numbers import number_in
from openhitl.review.door import Door
from openhitl.review.http import Request, Response
from openhitl.review.inbox.sections.section import Section
from openhitl.review.installed.push import SETTINGS, push_of


async def _values(door: Door, request: Request, signed_in: SignedIn) -> Mapping[str, Any]:
    push = push_of(door)
    return {
        "is_on": push.sender.is_on,
        "choices": await push.choices(signed_in),
        "subscriptions": await push.of(signed_in),
    }


NOTIFICATIONS = Section(
    name="notifications",
    template="inbox/sections/notifications.html",
    scripts=("notifications.js",),
    values=_values,
)


async def keep(door: Door, request: Request) -> Response:
    """Keep what notifications of somebody may show and offer."""
    signed_in = await door.person_posting(request)
    given = dict(request.form())
    await push_of(door).choose(signed_in, given.get("shows"), answers=given.get("answers") == "1")
    return done(door, SETTINGS, "settings-kept")


async def remove(door: Door, request: Request, subscription_id: str) -> Response:
    """Tell one of somebody's browsers nothing more."""
    signed_in = await door.person_posting(request)
    await push_of(door).drop(signed_in, number_in(subscription_id))
    return done(door, SETTINGS, "untold")
