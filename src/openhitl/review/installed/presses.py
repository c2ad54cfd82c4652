"""Buttons of notifications: told again later, or answered where the question is small enough."""

from __future__ import annotations

from dataclasses import replace

from openhitl.errors import CrossSite
from openhitl.identity.push import Press
from openhitl.identity.sessions import actor_of
from openhitl.protocol.people import SignedIn
from openhitl.protocol.problems import count_of, text_of
from openhitl.protocol.push.choices import LATER, answers_offered
from openhitl.protocol.submission import Submission
from openhitl.review.bodies import body_object
from openhitl.review.door import Door
from openhitl.review.http import Request, Response
from openhitl.review.inbox.access import theirs
from openhitl.review.inbox.answering import must_open
from openhitl.review.installed.push import push_of

MAX_CHARACTERS = 200


async def press(door: Door, request: Request) -> Response:
    """Do what a button of a notification says, for whoever is signed in where it was shown.

    The service worker has no form of ours: the button's own token shows where the press comes from.
    """
    signed_in = await door.person(request)
    door.check_origin(request)
    body = body_object(request)
    if "token" not in body:
        raise CrossSite
    pressed = Press(
        browser=count_of(body.get("browser"), "browser"),
        case_id=text_of(body.get("case_id"), "case_id", most=MAX_CHARACTERS),
        action=text_of(body.get("action"), "action", most=MAX_CHARACTERS),
        token=text_of(body.get("token"), "token", most=MAX_CHARACTERS),
    )
    await push_of(door).check_press(signed_in, pressed)
    await theirs(door, signed_in, pressed.case_id)
    if pressed.action == LATER:
        await push_of(door).remind(pressed)
    else:
        await _answer(door, signed_in, pressed)
    return Response(204)


async def _answer(door: Door, signed_in: SignedIn, pressed: Press) -> None:
    """Answer, if the rule still lets this be answered so. Raises: ActionNotInline."""
    stored = await door.book.current(pressed.case_id)
    choices = await push_of(door).choices(signed_in)
    if pressed.action not in answers_offered(stored.case, stored.content, choices):
        raise must_open(door, pressed.case_id)
    # The token is good for one answer to one case: sent twice, it is the same submission.
    given = Submission(action=pressed.action, data={}, submission_id=pressed.token)
    actor = replace(actor_of(signed_in), surface="notification")
    await door.book.submit(pressed.case_id, given, actor)
