"""What agents and services do: ask, look, withdraw."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from openhitl.cases.creation import Creation
from openhitl.errors import (
    CaseExpired,
    InvalidRequest,
    InvalidType,
    NotFound,
    TooLateToCancel,
)
from openhitl.identity import Asker
from openhitl.protocol.case import ACTIONS, Actor, ActorKind, Status
from openhitl.protocol.problems import check_storable, text_of
from openhitl.protocol.scopes import Scope
from openhitl.review.bodies import reason_in
from openhitl.review.door import Door
from openhitl.review.http import RETRY_AFTER_SECONDS, Request, Response, json_response
from openhitl.review.queries import instant_in, limit_in
from openhitl.review.samples import SAMPLES

MAX_KEY_CHARACTERS = 255
MAX_AGENT_CHARACTERS = 100
DEMO = Actor(kind=ActorKind.SERVICE, id="demo", surface="demo", name="Demo service")
ACCEPTED_HEADERS = (("retry-after", str(RETRY_AFTER_SECONDS)),)


async def create(door: Door, request: Request) -> Response:
    """Make a case. HITL v0.8 §6."""
    asker = await door.asker(request)
    body = request.json()
    creation = Creation(
        actor=named(asker, claimed_name(request)),
        agent_id=asker.agent_id,
        idempotency_key=_idempotency_key(request),
        request_key=_request_key(body),
        json_bytes=len(request.body),
        assurance=asker.assurance,
    )
    if creation.idempotency_key is not None and creation.request_key is not None:
        raise InvalidRequest("Idempotency-Key and request_key exclude each other.")
    question = body if creation.request_key is None else {**body, "request_key": None}
    return json_response(202, await door.book.create(question, creation), ACCEPTED_HEADERS)


def _idempotency_key(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not 1 <= len(key) <= MAX_KEY_CHARACTERS:
        raise InvalidRequest(f"Idempotency-Key must have 1 to {MAX_KEY_CHARACTERS} characters.")
    return key


def _request_key(body: Any) -> str | None:
    """Read the key of a question that may be asked again; it is none of the question's own fields."""
    key = body.get("request_key") if isinstance(body, dict) else None
    if key is None:
        return None
    check_storable(key)
    return text_of(key, "request_key", least=1, most=MAX_KEY_CHARACTERS)


def claimed_name(request: Request) -> str:
    """Return what an agent calls itself; empty if it says nothing."""
    return unquote(request.headers.get("x-mcp-agent-name", ""))


def named(asker: Asker, claimed: str) -> Actor:
    """Say who asks: as the agent calls itself, but never without the name that its key was made for."""
    claimed = claimed.strip()
    if not claimed or claimed == asker.name:
        return asker.actor
    check_storable(claimed)
    name = text_of(claimed, "agent_name", most=MAX_AGENT_CHARACTERS)
    return replace(asker.actor, name=f"{name} ({asker.name})")


async def create_demo(door: Door, request: Request) -> Response:
    """Make one of the five sample cases, without credentials, where the operator allows it."""
    if not door.settings.demo:
        raise NotFound
    body = SAMPLES.get(request.query.get("type", "selection"))
    if body is None:
        raise InvalidType(valid_types=sorted(SAMPLES))
    creation = Creation(actor=DEMO, agent_id=None, demo=True)
    return json_response(202, await door.book.create(body, creation), ACCEPTED_HEADERS)


async def listing(door: Door, request: Request) -> Response:
    """List the caller's own cases, newest first."""
    asker = await door.asker(request, Scope.READ)
    query = request.query
    check_storable(query)
    limit = limit_in(query)
    page = await door.book.listing(
        asker.agent_id,
        status=_status(query.get("status")),
        review_type=_review_type(query.get("type")),
        since=instant_in(query, "since"),
        before=query.get("cursor"),
        limit=limit,
    )
    body: dict[str, Any] = {"reviews": [door.book.view(stored) for stored in page], "next_cursor": None}
    if len(page) == limit:
        body["next_cursor"] = page[-1].case.case_id
    return json_response(200, body)


async def show(door: Door, request: Request, case_id: str) -> Response:
    """Show one of the caller's own cases."""
    asker = await door.asker(request, Scope.READ)
    await door.book.owned(case_id, asker.agent_id)
    return json_response(200, door.book.view(await door.book.current(case_id)))


async def withdraw(door: Door, request: Request, case_id: str) -> Response:
    """Cancel one of the caller's own cases."""
    asker = await door.asker(request)
    await door.book.owned(case_id, asker.agent_id)
    reason = reason_in(request)
    try:
        cancelled = await door.book.cancel(case_id, asker.actor, reason=reason)
    except CaseExpired as error:
        raise TooLateToCancel(**error.details) from error
    return json_response(200, door.book.view(cancelled))


async def received(door: Door, request: Request, case_id: str) -> Response:
    """Note that the caller was told how its case ended: the same question is a new one from now on."""
    asker = await door.asker(request)
    await door.book.received(case_id, asker.agent_id)
    return Response(204)


async def callback_secret(door: Door, request: Request) -> Response:
    """Say the secret that callbacks to the caller are signed with, and the one before it while it is good.

    Standard Webhooks "Signature scheme"; HITL v0.8 §9.
    """
    asker = await door.asker(request, Scope.READ)
    live = await door.secrets.live(asker.agent_id, door.book.clock())
    return json_response(200, {"secret": live[-1], "previous_secret": live[0] if len(live) > 1 else None})


def _status(value: str | None) -> Status | None:
    if value is None:
        return None
    try:
        return Status(value)
    except ValueError as error:
        valid = [str(one) for one in Status]
        raise InvalidRequest(f"status must be one of {', '.join(valid)}.", valid=valid) from error


def _review_type(value: str | None) -> str | None:
    if value is None or value in ACTIONS or value.startswith("x-"):
        return value
    valid = sorted(ACTIONS)
    raise InvalidRequest(f"type must be one of {', '.join(valid)}, or start with x-.", valid=valid)
