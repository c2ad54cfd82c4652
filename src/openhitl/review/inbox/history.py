"""What has ended: who answered what, where and how; to be looked through and taken away."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from babel.numbers import format_decimal

from openhitl.cases import EndedAt, HistoryFilter, HistoryPage, Sought
from openhitl.errors import InvalidRequest
from openhitl.protocol.case import ACTIONS, FINAL, SEALED_TYPE, Assurance, Status
from openhitl.protocol.people import SignedIn, actor_id_of
from openhitl.protocol.problems import check_storable
from openhitl.protocol.record import record
from openhitl.review.accounts.desks import desk_of
from openhitl.review.door import Door
from openhitl.review.http import Request, Response
from openhitl.review.inbox.listing import Counts, counts_of, reader_of
from openhitl.review.inbox.past import Past, past_of
from openhitl.review.pages.desk import Desk
from openhitl.review.pages.labels import type_name
from openhitl.review.pages.outcome import verdicts
from openhitl.review.pages.places import PLACES, where_name
from openhitl.review.pages.view import Page
from openhitl.review.queries import instant_in
from openhitl.review.reading import html_response

PAGE = 30
#: More are not taken away at once: whoever has more narrows it down.
MOST_TAKEN = 10_000
#: Of milliseconds since the epoch, until the year 5138.
MAX_DIGITS = 14
#: What may stand in the address, by name; beside them `since`, a date.
CHOICES: Mapping[str, Sequence[str]] = {
    "who": ("me", "others"),
    "status": tuple(sorted(str(status) for status in FINAL)),
    "type": (*ACTIONS, SEALED_TYPE),
    "where": tuple(PLACES),
    "how": tuple(str(one) for one in Assurance),
}


@record(frozen=True, slots=True, kw_only=True)
class Looked:
    """One page of a history: what was looked for, what was found, where the next page begins."""

    chosen: Mapping[str, str]
    rows: Sequence[Past]
    following: str


async def page(door: Door, request: Request) -> Response:
    """Show what has ended."""
    signed_in = await door.person(request)
    chosen = chosen_in(request.query)
    found = await found_for(door, signed_in, chosen, after=_place(request.query.get("after")), limit=PAGE)
    desk = desk_of(door, request, signed_in)
    counts = await counts_of(door, signed_in.person.person_id)
    reader = reader_of(desk, signed_in)
    looked = Looked(
        chosen=chosen,
        rows=[past_of(stored, reader) for stored in found.cases],
        following=_spelled(found.following),
    )
    return html_response(await asyncio.to_thread(history_page, desk, looked=looked, counts=counts))


async def found_for(
    door: Door, signed_in: SignedIn, chosen: Mapping[str, str], *, after: EndedAt | None, limit: int
) -> HistoryPage:
    """Look through somebody's history."""
    me = actor_id_of(signed_in.person.person_id)
    sought = Sought(
        status=Status(chosen["status"]) if chosen["status"] else None,
        type=chosen["type"],
        ended_by=me if chosen["who"] == "me" else "",
        not_ended_by=me if chosen["who"] == "others" else "",
        since=instant_in(chosen, "since") if chosen["since"] else None,
    )
    wanted = HistoryFilter(
        sought=sought,
        surface=chosen["where"],
        assurance=Assurance(chosen["how"]) if chosen["how"] else None,
    )
    return await door.book.inboxes.history(signed_in.person.person_id, wanted, after=after, limit=limit)


def chosen_in(query: Mapping[str, str]) -> Mapping[str, str]:
    """Read what is looked for; empty is anything. Raises: InvalidRequest."""
    check_storable(query)
    chosen = {name: query.get(name, "") for name in (*CHOICES, "since")}
    for name, values in CHOICES.items():
        if chosen[name] and chosen[name] not in values:
            raise InvalidRequest(f"{name} must be one of {', '.join(values)}.")
    return chosen


def _spelled(place: EndedAt | None) -> str:
    if place is None:
        return ""
    return f"{round(place.finished_at.timestamp() * 1000)}.{place.case_id}"


def _place(text: str | None) -> EndedAt | None:
    """Read where a page begins. Raises: InvalidRequest."""
    if text is None:
        return None
    at, _, case_id = text.partition(".")
    if not (at.isascii() and at.isdecimal() and len(at) <= MAX_DIGITS and case_id):
        raise InvalidRequest("after must be what the page before this one ended with.")
    return EndedAt(datetime.fromtimestamp(int(at) / 1000, UTC), case_id)


def history_page(desk: Desk, *, looked: Looked, counts: Counts) -> Page:
    """Draw what has ended."""
    places = [(surface, where_name(surface, desk.words)) for surface in PLACES]
    types = [(one, type_name(one, desk.words)) for one in CHOICES["type"]]
    most = format_decimal(MOST_TAKEN, locale=desk.words.language)
    return desk.draw(
        "history.html",
        folder="inbox",
        looked=looked,
        counts=counts,
        types=types,
        places=places,
        most=most,
        verdicts_known=verdicts(desk.words),
    )
