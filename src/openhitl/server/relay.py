"""The relay door: what hitl-cli 1.2.1 talks to beside OAuth and MCP."""

from __future__ import annotations

from typing import Any

from openhitl.errors import NotFound
from openhitl.identity import AgentDesk
from openhitl.protocol.scopes import Scope
from openhitl.review.bodies import body_object
from openhitl.review.door import Door
from openhitl.review.http import Request, Response, json_response
from openhitl.review.router import Route
from openhitl.store.records import Agent


async def list_agents(door: Door, request: Request) -> Response:
    """List the agents of the caller, or of the people whom the calling agent belongs to."""
    desk = _desk(door)
    if door.presents_key(request):
        found = await desk.beside(await door.asker(request, Scope.READ))
    else:
        found = await desk.of(await door.person(request))
    return json_response(200, [_told(agent) for agent in found])


async def add_agent(door: Door, request: Request) -> Response:
    """Make an agent that belongs to the caller, or to whom the calling agent belongs to."""
    desk = _desk(door)
    if door.presents_key(request):
        asker = await door.asker(request, Scope.ASK)
        agent = await desk.add_beside(asker, body_object(request).get("name"))
    else:
        signed_in = await door.person_posting(request)
        agent = await desk.add(signed_in, body_object(request).get("name"))
    return json_response(201, {**_told(agent), "agent_id": str(agent.agent_id)})


async def register_key(door: Door, request: Request) -> Response:
    """Keep the public key that the calling agent is written to with."""
    desk = _desk(door)
    asker = await door.asker(request, Scope.ASK)
    return json_response(200, await desk.add_public_key(asker, body_object(request)))


async def people_keys(door: Door, request: Request) -> Response:
    """List the public keys of the calling agent's people."""
    desk = _desk(door)
    found = await desk.owners_public_keys(await door.asker(request, Scope.READ))
    return json_response(200, [{"public_key": key} for key in found])


async def device_keys(door: Door, request: Request) -> Response:
    """The same, as hitl-cli's proxy reads it."""
    desk = _desk(door)
    found = await desk.owners_public_keys(await door.asker(request, Scope.READ))
    return json_response(200, {"public_keys": list(found)})


def _desk(door: Door) -> AgentDesk:
    if door.agents is None:
        raise NotFound
    return door.agents


def _told(agent: Agent) -> dict[str, Any]:
    return {"id": str(agent.agent_id), "name": agent.name}


RELAY_ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        pattern="/api/v1/agents",
        handler=list_agents,
        summary="List your agents",
        codes=(200, 401, 403, 503),
        credential="key or person",
        detail=True,
    ),
    Route(
        method="POST",
        pattern="/api/v1/agents",
        handler=add_agent,
        summary="Make an agent",
        codes=(201, 400, 401, 403, 413, 415, 422, 503),
        credential="key or person",
        detail=True,
    ),
    Route(
        method="POST",
        pattern="/api/v1/keys/register",
        handler=register_key,
        summary="Register your public key for end-to-end encryption",
        codes=(200, 400, 401, 403, 413, 415, 422, 503),
        credential="key",
        detail=True,
    ),
    Route(
        method="GET",
        pattern="/api/v1/keys/user",
        handler=people_keys,
        summary="List the public keys of your people",
        codes=(200, 401, 403, 503),
        credential="key",
        detail=True,
    ),
    Route(
        method="GET",
        pattern="/api/v1/devices/public-keys",
        handler=device_keys,
        summary="List the public keys of your people's devices",
        codes=(200, 401, 403, 503),
        credential="key",
        detail=True,
    ),
)
