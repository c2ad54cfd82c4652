"""Cases as their creator may see them, fetched and described."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from openhitl.cli.answers import notes
from openhitl.cli.terminal import left_words
from openhitl.client import requests
from openhitl.client.config import ClientConfig
from openhitl.client.exchange import json_object
from openhitl.client.session import Session
from openhitl.errors import PeerError
from openhitl.protocol.case import Status
from openhitl.protocol.incoming import parse_poll
from openhitl.protocol.outcomes import decision_from
from openhitl.protocol.visible import visible

MAX_PAGE = 200


async def fetch_case(config: ClientConfig, case_id: str) -> dict[str, Any]:
    """Fetch one case. Raises: NotFound, ServerUnreachable."""
    async with Session(config.credential) as session:
        return json_object(await session.exchange(requests.show(config.server_url, case_id)))


async def fetch_cases(
    config: ClientConfig, filters: Mapping[str, str], *, limit: int
) -> list[dict[str, Any]]:
    """Fetch the newest cases, at most `limit`, page by page."""
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    async with Session(config.credential) as session:
        while len(found) < limit:
            query = {**filters, "limit": str(min(limit - len(found), MAX_PAGE))}
            if cursor:
                query["cursor"] = cursor
            page = json_object(await session.exchange(requests.list_cases(config.server_url, query)))
            reviews, cursor = page.get("reviews"), page.get("next_cursor")
            if not isinstance(reviews, list):
                raise PeerError("The server's answer is not a list of cases.")
            found += reviews
            if not cursor:
                break
    return found


def describe_end(view: Mapping[str, Any]) -> str:
    """Say in one line how a case ended, or how long it has left. Raises: PeerError."""
    poll = parse_poll(view)
    if not poll.status.is_final:
        return f"{time_left(view)} left"
    if poll.status is Status.COMPLETED:
        return f"Answered: {poll.action}, {view.get('completed_at', '')}"
    return visible(notes(decision_from(poll))[0])


def time_left(view: Mapping[str, Any]) -> str:
    """Say how long an open case has left; empty if it does not say."""
    if not view.get("expires_at"):
        return ""
    return left_words(datetime.fromisoformat(view["expires_at"]) - datetime.now(UTC))
