"""The person's side over HTTP: what waits for them, and their answers."""

from __future__ import annotations

import base64
from typing import Any

from openhitl.cases import StoredCase
from openhitl.errors import InvalidRequest
from openhitl.identity.sessions import actor_of
from openhitl.protocol import base64url
from openhitl.protocol.case import SEALED_TYPE
from openhitl.protocol.problems import check_storable
from openhitl.protocol.submission import parse_submission
from openhitl.review.answering import completed_body
from openhitl.review.door import Door
from openhitl.review.http import Request, Response, json_response
from openhitl.review.inbox.access import theirs
from openhitl.review.queries import instant_in, limit_in

#: What `status` may be here, and whether that is a case which waits.
_WAITS = {"open": True, "ended": False}
#: What its creator alone is told of a case.
_CREATORS = frozenset({"metadata", "poll_url", "events_url", "review_url"})


async def listing(door: Door, request: Request) -> Response:
    """List the cases that somebody may answer, newest first."""
    signed_in = await door.person(request)
    query = request.query
    check_storable(query)
    status = query.get("status")
    if status is not None and status not in _WAITS:
        raise InvalidRequest("status must be open or ended.", valid=sorted(_WAITS))
    limit = limit_in(query)
    found = await door.book.inbox(
        signed_in.person.person_id,
        is_open=None if status is None else _WAITS[status],
        since=instant_in(query, "since"),
        before=query.get("cursor"),
        limit=limit,
    )
    following = found[-1].case.case_id if len(found) == limit else None
    return json_response(200, {"cases": [_told(door, one) for one in found], "next_cursor": following})


async def show(door: Door, request: Request, case_id: str) -> Response:
    """Show one case that somebody may answer."""
    await theirs(door, await door.person(request), case_id)
    stored = await door.book.current(case_id)
    told = _told(door, stored)
    if stored.case.type == SEALED_TYPE:
        told["senders"] = await senders(door, stored.case.agent_id)
    return json_response(200, told)


async def respond(door: Door, request: Request, case_id: str) -> Response:
    """Answer a case by name. HITL v0.8 §7.5 has the body and what comes back."""
    signed_in = await door.person_posting(request)
    await theirs(door, signed_in, case_id)
    submission = parse_submission(request.json(), inline=False, demo=False)
    recorded = await door.book.submit(case_id, submission, actor_of(signed_in))
    return json_response(200, completed_body(recorded.stored))


async def senders(door: Door, agent_id: int | None) -> list[dict[str, Any]]:
    """List whose keys an envelope of an agent may come from: its own, and those of its people's other agents.

    Who asks with an API key may have registered their key while they were logged in, as another agent.
    """
    if door.agents is None or agent_id is None:
        return []
    return [
        {
            "agent_id": str(one.agent_id),
            "agent": one.agent_name,
            "key": base64url.encode(base64.b64decode(one.public_key)),
        }
        for one in await door.agents.sender_keys(agent_id)
    ]


def _told(door: Door, stored: StoredCase) -> dict[str, Any]:
    """Spell a case for who answers it, without sensitive values and what is its creator's affair."""
    view = door.book.view(stored)
    told = {name: value for name, value in view.items() if name not in _CREATORS}
    told["assurance"] = str(stored.case.assurance)
    told["agent_id"] = None if stored.case.agent_id is None else str(stored.case.agent_id)
    if stored.answer is not None:
        told["result"] = {"action": stored.answer.action, "data": stored.answer.public_data}
    return told
