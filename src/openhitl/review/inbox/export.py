"""A history to be taken away, as JSON or as a table of comma-separated values."""

from __future__ import annotations

import asyncio
import csv
import io
import re
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from openhitl.cases import EndedAt, HistoryPage, StoredCase
from openhitl.errors import InvalidRequest
from openhitl.protocol.compact import compact
from openhitl.protocol.record import record
from openhitl.review.door import Door
from openhitl.review.http import Request, Response
from openhitl.review.inbox.history import MOST_TAKEN, chosen_in, found_for
from openhitl.review.inbox.past import told_of

_STEP = 500
_MEDIA = {"json": "application/json", "csv": "text/csv; charset=utf-8"}
#: Where a table would begin to calculate: at a cell's beginning, or after what some take for the end of one.
#: OWASP "CSV Injection".
_FORMULA = re.compile(r"(\A|[;\t\r\n])(?=[\"'\s\u200b]*[=+\-@\uff1d\uff0b\uff0d\uff20])")


@record(frozen=True, slots=True)
class Taken:
    """What is taken away, the last that ended first; `is_complete` is false where there is more."""

    cases: Sequence[dict[str, Any]]
    is_complete: bool


async def export(door: Door, request: Request) -> Response:
    """Send somebody their history as it is narrowed down, the last that ended first."""
    signed_in = await door.person(request)
    chosen = chosen_in(request.query)
    kind = request.query.get("format", "json")
    if kind not in _MEDIA:
        raise InvalidRequest("format must be json or csv.")
    taken = await gathered(partial(found_for, door, signed_in, chosen), most=MOST_TAKEN)
    body = await asyncio.to_thread(_as_csv if kind == "csv" else _as_json, taken)
    headers = (
        ("x-complete", "true" if taken.is_complete else "false"),
        ("content-disposition", f'attachment; filename="history.{kind}"'),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
    )
    return Response(200, body, content_type=_MEDIA[kind], headers=headers)


async def gathered(find: Callable[..., Awaitable[HistoryPage]], *, most: int) -> Taken:
    """Read a history from its newest case on.

    Args:
        find: reads a page of it, given `after` and `limit`.
    """
    cases: list[StoredCase] = []
    after: EndedAt | None = None
    while len(cases) <= most:  # one more says that there is more
        found = await find(after=after, limit=_STEP)
        cases.extend(found.cases)
        after = found.following
        if after is None:
            break
    return Taken([told_of(stored) for stored in cases[:most]], len(cases) <= most)


def _as_json(taken: Taken) -> bytes:
    return compact({"complete": taken.is_complete, "cases": taken.cases})


def _as_csv(taken: Taken) -> bytes:
    names = [
        "case_id", "type", "agent", "prompt", "status", "action", "data", "created_at", "finished_at",
        "ended_by", "name", "surface", "assurance", "shown_digest",
    ]  # fmt: skip
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(names)
    table.writerows([_cell(one[name]) for name in names] for one in taken.cases)
    # Spreadsheets take a table for UTF-8 only if it says so.
    return text.getvalue().encode("utf-8-sig")


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else compact(value).decode()
    return _FORMULA.sub(r"\1'", text)
