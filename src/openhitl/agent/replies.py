"""What the server answers, as the agent's values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from openhitl.agent.questions import AgentEntry, OpenCase
from openhitl.client import requests
from openhitl.client.exchange import Response, decode_json, json_object
from openhitl.client.origins import same_origin
from openhitl.errors import PeerError
from openhitl.protocol.incoming import HitlObject, parse_accepted, parse_instants
from openhitl.protocol.outcomes import Decision
from openhitl.protocol.plain_answers import plain_answer
from openhitl.protocol.timestamps import parse_timestamp


def accepted_case(server: str, response: Response) -> OpenCase:
    """Read the 202 of a create request to an OpenHITL server. Raises: PeerError."""
    hitl = parse_accepted(response.status, json_object(response))
    if hitl is None:
        raise PeerError("The server accepted the request without a review case.")
    return replace(
        case_of(hitl),
        poll_url=_from_here(server, hitl.poll_url, requests.status_url(server, hitl.case_id)),
        events_url=hitl.events_url
        and _from_here(server, hitl.events_url, requests.events_url(server, hitl.case_id)),
    )


def case_in(response: Any) -> OpenCase | None:
    """Return the case for which a response of httpx, httpx2 or requests wants a human; else None.

    Raises: InvalidHitlObject if it wants one in a way that cannot be followed. HITL v0.8 §6.
    """
    return case_in_body(response.content) if response.status_code == 202 else None


def case_in_body(body: bytes) -> OpenCase | None:
    """Return the case that the body of a 202 describes; None if it describes none.

    Raises: InvalidHitlObject.
    """
    try:
        hitl = parse_accepted(202, decode_json(body))
    except ValueError:
        return None
    return None if hitl is None else case_of(hitl)


def case_of(hitl: HitlObject) -> OpenCase:
    """Return the case that a hitl object of any service describes."""
    return OpenCase(
        case_id=hitl.case_id,
        type=hitl.type,
        prompt=hitl.prompt,
        message=hitl.message,
        review_url=hitl.review_url,
        poll_url=hitl.poll_url,
        events_url=hitl.events_url,
        expires_at=hitl.expires_at,
        default_action=hitl.default_action,
        reminder_at=hitl.reminder_at,
        context=hitl.context,
        hitl=hitl,
    )


def shown_case(server: str, response: Response) -> OpenCase:
    """Read a case that its creator looked up on an OpenHITL server. Raises: PeerError."""
    view = json_object(response)
    try:
        case_id, review_type, prompt = str(view["case_id"]), str(view["type"]), str(view["prompt"])
        expires_at = parse_timestamp(view["expires_at"]) if view.get("expires_at") else None
    except (KeyError, TypeError, ValueError) as error:
        raise PeerError("The server's answer is not a review case.") from error
    return OpenCase(
        case_id=case_id,
        type=review_type,
        prompt=prompt,
        review_url=view.get("review_url"),
        poll_url=requests.status_url(server, case_id),
        events_url=requests.events_url(server, case_id),
        expires_at=expires_at,
        reminder_at=parse_instants(view.get("reminder_at")),
        context=view.get("context") or {},
        default_action=str(view.get("default_action") or "skip"),
        keyed=True,
    )


def answer_text(case: OpenCase, decision: Decision) -> str:
    """Say a human's answer in as few words as it has; see `plain_answers.plain_answer`."""
    return plain_answer(case.type, case.context, decision)


def agent_entries(response: Response) -> list[AgentEntry]:
    """Read a list of agents. Raises: PeerError."""
    try:
        body = response.json()
        return [agent_entry(one) for one in body]
    except (ValueError, TypeError) as error:
        raise PeerError("The server's answer is not a list of agents.") from error


def agent_entry(value: Any) -> AgentEntry:
    """Read an agent. Raises: PeerError."""
    if not isinstance(value, dict) or not {"id", "name"} <= value.keys():
        raise PeerError("The server's answer is not an agent.")
    return {"id": str(value["id"]), "name": str(value["name"])}


def _from_here(server: str, named: str, usual: str) -> str:
    """Return the address to ask: what the server named, but through the origin that we called.

    A server has a public address in its answers and may be called by another; the credential goes to
    the called one only. A path that is not the usual one is asked where the server says.
    """
    if same_origin(server, named):
        return named
    parts, path = urlsplit(named), urlsplit(usual).path
    return f"{usual}?{parts.query}".rstrip("?") if parts.path == path else named
