"""The page where somebody says where they want to be told, and what may be shown there."""

from __future__ import annotations

from collections.abc import Sequence

from openhitl.protocol.push.choices import PushChoices, read_choices, spelled_choices
from openhitl.protocol.push.subscription import Subscription
from openhitl.review.accounts.desks import desk_of, done
from openhitl.review.accounts.numbers import number_in
from openhitl.review.door import Door
from openhitl.review.http import Request, Response
from openhitl.review.installed.push import SETTINGS, choose, push_of, settings_of
from openhitl.review.pages.desk import Desk
from openhitl.review.pages.view import Page
from openhitl.review.reading import html_response


async def page(door: Door, request: Request) -> Response:
    """Show somebody where they are told."""
    signed_in = await door.person(request)
    push = push_of(door)
    drawn = notifications_page(
        desk_of(door, request, signed_in),
        is_on=push.sender.is_on,
        choices=read_choices(await settings_of(door, signed_in)),
        subscriptions=await push.of(signed_in),
    )
    return html_response(drawn)


async def save(door: Door, request: Request) -> Response:
    """Keep what notifications of somebody may show and offer."""
    signed_in = await door.person_posting(request)
    given = dict(request.form())
    chosen = spelled_choices(given.get("shows"), answers=given.get("answers") == "1")
    await choose(door, signed_in, chosen)
    return done(door, SETTINGS, "saved")


async def remove(door: Door, request: Request, subscription_id: str) -> Response:
    """Tell one of somebody's browsers nothing more."""
    signed_in = await door.person_posting(request)
    await push_of(door).drop(signed_in, number_in(subscription_id))
    return done(door, SETTINGS, "untold")


def notifications_page(
    desk: Desk, *, is_on: bool, choices: PushChoices, subscriptions: Sequence[Subscription]
) -> Page:
    """Draw where somebody is told.

    Args:
        is_on: whether this server pushes at all.
    """
    return desk.draw(
        "notifications.html", folder="installed", is_on=is_on, choices=choices, subscriptions=subscriptions
    )
