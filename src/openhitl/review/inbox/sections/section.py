"""What a part of the settings page is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from openhitl.protocol.people import SignedIn
from openhitl.protocol.record import record
from openhitl.review.door import Door
from openhitl.review.http import Request


async def _nothing(door: Door, request: Request, signed_in: SignedIn) -> Mapping[str, Any]:
    return {}


@record(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the settings page.

    Args:
        name: its place on the page, as `#name`.
        template: what draws it, given the `desk`, `parts` and what `values` returns.
        scripts: what it loads beside the page's own script.
        values: reads what it shows.
    """

    name: str
    template: str
    scripts: tuple[str, ...] = ()
    values: Callable[[Door, Request, SignedIn], Awaitable[Mapping[str, Any]]] = _nothing
