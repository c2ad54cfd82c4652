"""What a button carries, and what its press says when it comes back."""

from __future__ import annotations

import re
from dataclasses import field
from typing import Any, TypeVar

from openhitl.errors import InvalidPress
from openhitl.protocol.case import Json, SubmittedBy
from openhitl.protocol.record import record
from openhitl.protocol.submission import MAX_ID_CHARACTERS
from openhitl.protocol.visible import visible

#: 128 random bits as base64url: nobody guesses one, and no two are the same.
REFERENCE_BYTES = 16
_DATA = re.compile(r"hitl:([A-Za-z0-9_-]{22}):([a-z]{1,20})\Z")
T = TypeVar("T")


@record(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a message is: its chat and its id there, both as the platform spells them."""

    chat: str
    message: str


@record(frozen=True, slots=True, kw_only=True)
class Press:
    """One press of one button, as the platform told of it.

    `answer` holds what only the answer to this press needs, such as a query id; some of it is a
    credential for some minutes.
    """

    reference: str
    action: str
    who: SubmittedBy
    submitted_via: str
    place: Place
    answer: Json = field(repr=False)


def button_data(reference: str, action: str) -> str:
    """Spell what a button carries: at most 48 ASCII characters, whatever the case."""
    return f"hitl:{reference}:{action}"


def read_data(data: str) -> tuple[str, str]:
    """Return reference and action. Raises: InvalidPress for a button that is not ours."""
    found = _DATA.match(data)
    if not found:
        raise InvalidPress
    return found[1], found[2]


def member(payload: Any, kind: type[T], *path: str | int) -> T:
    """Follow names and indexes into a payload to a value of a kind. Raises: InvalidPress."""
    value = optional_member(payload, kind, *path)
    if value is None:
        raise InvalidPress(f"The payload has no usable {'.'.join(map(str, path))}.")
    return value


def optional_member(payload: Any, kind: type[T], *path: str | int) -> T | None:
    """Follow names and indexes to a value of a kind; None if there is none of that kind."""
    value = payload
    for step in path:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
        else:
            value = value[step] if isinstance(value, list) and len(value) > step else None
    # True is an int to Python, and to no platform.
    return value if isinstance(value, kind) and not isinstance(value, bool) else None


def spelt(value: str, pattern: re.Pattern[str]) -> str:
    """Return a value that is spelt like this. Raises: InvalidPress."""
    if not pattern.fullmatch(value):
        raise InvalidPress("An identifier in the payload is not spelt like one.")
    return value


def person(platform: str, user_id: str, *names: str | None) -> SubmittedBy:
    """Say who pressed; the first name that is one is shown. Raises: InvalidPress for an odd id."""
    if not 0 < len(user_id) <= MAX_ID_CHARACTERS or visible(user_id) != user_id:
        raise InvalidPress("The payload's user id is not one.")
    shown = next((name.strip() for name in names if name and name.strip()), None)
    if shown is not None:
        shown = " ".join(visible(shown).split())[:MAX_ID_CHARACTERS]
    return SubmittedBy(platform=platform, platform_user_id=user_id, display_name=shown)
