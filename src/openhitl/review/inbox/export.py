"""A history to be taken away, as JSON or as a table of comma-separated values."""

from __future__ import annotations

import asyncio
import csv
import io
import re
from collections.abc import Sequence
from typing import Any

from openhitl.cases import EndedAt
from openhitl.errors import InvalidRequest
from openhitl.protocol.compact import compact
from openhitl.review.door import Door
from openhitl.review.http import Request, Response
from openhitl.review.inbox.history import chosen_in, found_for
from openhitl.review.inbox.past import told_of

#: More than these are not taken away at once: whoever has more narrows it down.
MOST = 10_000
_STEP = 500
_MEDIA = {"json": "application/json", "csv": "text/csv; charset=utf-8"}
#: Where a table would begin to calculate: at a cell's beginning, or after what some take for the end of one.
#: OWASP "CSV Injection".
_FORMULA = re.compile(r"(\A|[;\t\r\n])(?=[\"'\s\u200b]*[=+\-@\uff1d\uff0b\uff0d\uff20])")


async def export(door: Door, request: Request) -> Response:
    """Send somebody their history as it is narrowed down, the last that ended first."""
    signed_in = await door.person(request)
    chosen = chosen_in(request.query)
    kind = request.query.get("format", "json")
    if kind not in _MEDIA:
        raise InvalidRequest("format must be json or csv.")
    told: list[dict[str, Any]] = []
    after: EndedAt | None = None
    while len(told) < MOST:
        found = await found_for(door, signed_in, chosen, after=after, limit=_STEP)
        told.extend(map(told_of, found.cases))
        after = found.following
        if after is None:
            break
    body = await asyncio.to_thread(_as_csv if kind == "csv" else _as_json, told)
    headers = (
        ("content-disposition", f'attachment; filename="history.{kind}"'),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
    )
    return Response(200, body, content_type=_MEDIA[kind], headers=headers)


def _as_json(told: Sequence[dict[str, Any]]) -> bytes:
    return compact({"cases": told})


def _as_csv(told: Sequence[dict[str, Any]]) -> bytes:
    names = [
        "case_id", "type", "agent", "prompt", "status", "action", "data", "created_at", "finished_at",
        "ended_by", "name", "surface", "assurance", "shown_digest",
    ]  # fmt: skip
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(names)
    table.writerows([_cell(one[name]) for name in names] for one in told)
    # Spreadsheets take a table for UTF-8 only if it says so.
    return text.getvalue().encode("utf-8-sig")


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else compact(value).decode()
    return _FORMULA.sub(r"\1'", text)
