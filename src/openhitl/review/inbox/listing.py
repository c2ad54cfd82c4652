"""What waits for somebody, in groups: what is due soon, what can be answered right there, the rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from openhitl.cases import StoredCase
from openhitl.protocol.brief import MOST_TOGETHER
from openhitl.protocol.people import SignedIn
from openhitl.protocol.record import record
from openhitl.review.door import Door
from openhitl.review.inbox.rows import SOON, Reader, Row, row_of
from openhitl.review.pages.desk import Desk
from openhitl.words import N_

#: So many waiting cases are drawn; whoever has more is told so.
MOST = 200
#: What somebody has just seen end stays in the list, up to so many.
MOST_SEEN = 50
_TONES = ("danger", "warn", "plain")


@record(frozen=True, slots=True, kw_only=True)
class Group:
    """Rows under one heading; `alike` are those of them that can be answered together, of one kind each."""

    name: str
    title: str
    rows: Sequence[Row]
    alike: Sequence[Sequence[Row]] = ()


@record(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A list of waiting cases: all that wait, or those that match what was searched.

    Of more than `most` that wait, it has and searches those that are due first.
    """

    groups: Sequence[Group]
    searched: str = ""
    most: int = MOST


@record(frozen=True, slots=True)
class Counts:
    """How many cases wait for somebody, and how many notices they have not read."""

    waiting: int
    unread: int


def reader_of(desk: Desk, signed_in: SignedIn) -> Reader:
    """Say for whom rows are drawn."""
    return Reader(
        words=desk.words,
        now=desk.now,
        base=desk.base,
        zone=desk.look.zone or None,
        person_id=signed_in.person.person_id,
    )


async def counts_of(door: Door, person_id: int) -> Counts:
    """Count what the places of the inbox say beside their names."""
    inboxes = door.book.inboxes
    return Counts(await inboxes.count_waiting(person_id), await inboxes.count_unread(person_id))


async def waiting_of(door: Door, reader: Reader, *, seen: Sequence[str] = (), search: str = "") -> Waiting:
    """Gather what waits for somebody, and how cases have ended that they have just seen there."""
    inboxes = door.book.inboxes
    found = await inboxes.waiting(reader.person_id, limit=MOST, also=seen[:MOST_SEEN])
    rows = [row_of(stored, reader) for stored in found if _matches(stored, search)]
    return Waiting(groups=_grouped(rows, reader), searched=search)


def _matches(stored: StoredCase, search: str) -> bool:
    wanted = search.casefold()
    content = stored.content
    return wanted in content.prompt.casefold() or wanted in content.agent.casefold()


def _grouped(rows: Iterable[Row], reader: Reader) -> list[Group]:
    """Sort by deadline, to the minute, then by risk."""
    ordered = sorted(rows, key=_order)
    soon = [row for row in ordered if row.expires_at - reader.now <= SOON]
    later = [row for row in ordered if row.expires_at - reader.now > SOON]
    parts = (
        ("soon", N_("Due soon"), soon),
        ("brief", N_("Can answer here"), [row for row in later if row.is_brief]),
        ("open", N_("To open"), [row for row in later if not row.is_brief]),
    )
    gettext = reader.words.gettext
    return [
        Group(name=name, title=gettext(title), rows=part, alike=_alike(part))
        for name, title, part in parts
        if part
    ]


def _alike(rows: Sequence[Row]) -> list[Sequence[Row]]:
    """Gather what can be answered together: small questions of one agent and one type, not too many."""
    kinds: dict[str, list[Row]] = {}
    for row in rows:
        if row.choices:
            kinds.setdefault(row.kind, []).append(row)
    return [alike[:MOST_TOGETHER] for alike in kinds.values() if len(alike) > 1]


def _order(row: Row) -> tuple[datetime, int, datetime, str]:
    minute = row.expires_at.replace(second=0, microsecond=0)
    return minute, _rank(row), row.expires_at, row.case_id


def _rank(row: Row) -> int:
    return _TONES.index(row.risk.tone) if row.risk else len(_TONES)
