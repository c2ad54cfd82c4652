"""Encrypted questions: whom they can be encrypted to, and the relay's ways to ask them."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Any

from openhitl.asking.questioner import Asked, Question
from openhitl.errors import HitlError, NotFound
from openhitl.identity import Asker
from openhitl.protocol.case import NEUTRAL_PROMPT
from openhitl.protocol.people import actor_id_of
from openhitl.protocol.problems import check_storable
from openhitl.protocol.questions import sealed
from openhitl.protocol.scopes import ALL_SCOPES, Scope
from openhitl.protocol.sealed.carried import check_payload
from openhitl.review.bodies import body_object
from openhitl.review.http import Pending, Request, Response, error_response, json_response
from openhitl.review.router import Route
from openhitl.server.notices import ServerDoor
from openhitl.server.questioner import CaseQuestioner


async def recipients(door: ServerDoor, request: Request) -> Response:
    """Say who will be asked, with their device lists, and the id that the case is to have.

    `assignee` names people, each on a line of its own; without it, it is all whom the agent belongs to.
    """
    asker = await door.asker(request, Scope.ASK)
    if door.agents is None:
        raise NotFound
    check_storable(dict(request.query))
    names = [name for name in request.query.get("assignee", "").splitlines() if name.strip()]
    found = await door.agents.recipients(asker, names)
    people = [
        {
            "person_id": actor_id_of(person.person_id),
            "name": person.name,
            "chain": [{"statement": statement, "signature": signature} for statement, signature in chain],
        }
        for person, chain in found
    ]
    return json_response(200, {"case_id": door.book.draw_case_id(), "people": people})


async def ask(door: ServerDoor, request: Request) -> Pending:
    """Ask what hitl-cli has encrypted, and answer with the answer, however long that takes.

    A client that goes away leaves the question open; whoever sends the same payload joins it.
    """
    asker = await door.asker(request, Scope.READ, Scope.ASK)
    payload = _payload(request)
    questioner = CaseQuestioner(door, asker, door.room)
    asked = await questioner.ask(
        Question(
            prompt=NEUTRAL_PROMPT,
            question=sealed(payload),
            terms={},
            request_key=f"e2ee:{hashlib.sha256(payload.encode()).hexdigest()}",
        )
    )
    return Pending(partial(_answered, questioner, asked), door.pace.beat_seconds)


async def _answered(questioner: CaseQuestioner, asked: Asked) -> Response:
    try:
        decision = (await questioner.end_of(asked)).require_answer()
    except HitlError as error:
        return error_response(error, with_detail=True)
    return json_response(200, {"encrypted_response": decision.data["payload"]})


async def tell(door: ServerDoor, request: Request) -> Response:
    """Keep a notice that hitl-cli has encrypted."""
    asker: Asker = await door.asker(request, Scope.ASK)
    body: dict[str, Any] = {"envelope": _payload(request)}
    await door.notices.add(asker.actor, asker.agent_id, body)
    return json_response(200, {"status": "Notification sent."})


def _payload(request: Request) -> str:
    payload = body_object(request).get("encrypted_payload")
    check_payload(payload, "encrypted_payload")
    return str(payload)


_CODES = (200, 400, 401, 403, 409, 413, 415, 422, 429, 503, 504)
SEALED_ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        pattern="/api/v1/recipients",
        handler=recipients,
        summary="Say who would be asked, with the devices to encrypt to and the id of the case",
        codes=(200, 401, 403, 404, 409, 422, 503),
        credential="key",
        scopes=frozenset({Scope.ASK}),
    ),
    Route(
        method="POST",
        pattern="/api/v1/hitl/request/e2ee",
        handler=ask,
        summary="Ask what is encrypted to a device, and wait for the encrypted answer",
        codes=_CODES,
        credential="key",
        scopes=ALL_SCOPES,
        detail=True,
    ),
    Route(
        method="POST",
        pattern="/api/v1/hitl/complete/e2ee",
        handler=ask,
        summary="Say that work is done, encrypted to a device, and wait for the encrypted answer",
        codes=_CODES,
        credential="key",
        scopes=ALL_SCOPES,
        detail=True,
    ),
    Route(
        method="POST",
        pattern="/api/v1/hitl/notify/e2ee",
        handler=tell,
        summary="Tell people something that is encrypted to a device",
        codes=(200, 400, 401, 403, 409, 413, 415, 422, 429, 503),
        credential="key",
        detail=True,
    ),
)
