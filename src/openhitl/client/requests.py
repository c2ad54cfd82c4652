"""The requests that an agent sends, built from plain values. Nothing here sends anything."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from openhitl.client.exchange import Request
from openhitl.protocol.case import SubmittedBy
from openhitl.protocol.compact import compact
from openhitl.protocol.problems import check_storable

_JSON = {"Accept": "application/json"}
#: What was named by a service is sent back to it where every client can put it into a header.
_SENDABLE = re.compile(r"[!-~]([ -~]{0,998}[!-~])?")


def create(
    server: str,
    body: Mapping[str, Any],
    *,
    idempotency_key: str | None = None,
    agent_name: str | None = None,
) -> Request:
    """Ask for a new case; with a key, this one or `request_key` in the body, again joins the same case."""
    headers = {**_JSON, "Content-Type": "application/json", **agent_header(agent_name)}
    if idempotency_key is not None:
        headers["Idempotency-Key"] = idempotency_key
    return Request(method="POST", url=f"{server}/api/v1/reviews", headers=headers, body=_encode(body))


def create_demo(server: str, review_type: str) -> Request:
    """Ask for one of the demo's sample cases; needs no credential."""
    url = f"{server}/api/demo?{urlencode({'type': review_type})}"
    return Request(method="POST", url=url, headers=_JSON, repeatable=False)


def show(server: str, case_id: str) -> Request:
    """Ask for everything that its creator may see of a case."""
    return Request(method="GET", url=f"{server}/api/v1/reviews/{_segment(case_id)}", headers=_JSON)


def list_cases(server: str, filters: Mapping[str, str]) -> Request:
    """Ask for one page of the caller's cases; `filters` are status, type, since, limit and cursor."""
    query = f"?{urlencode(filters)}" if filters else ""
    return Request(method="GET", url=f"{server}/api/v1/reviews{query}", headers=_JSON)


def cancel(server: str, case_id: str, reason: str | None) -> Request:
    """Withdraw a question."""
    return Request(
        method="POST",
        url=f"{server}/api/v1/reviews/{_segment(case_id)}/cancel",
        headers={**_JSON, "Content-Type": "application/json"},
        body=_encode({"reason": reason} if reason else {}),
        repeatable=False,
    )


def received(server: str, case_id: str) -> Request:
    """Say that the caller knows how its case ended."""
    url = f"{server}/api/v1/reviews/{_segment(case_id)}/received"
    return Request(method="POST", url=url, headers=_JSON, repeatable=False)


def notify(server: str, message: str, agent_name: str | None) -> Request:
    """Tell people something that wants no answer. Sent again, it would be told again."""
    return Request(
        method="POST",
        url=f"{server}/api/v1/notices",
        headers={**_JSON, "Content-Type": "application/json", **agent_header(agent_name)},
        body=_encode({"message": message}),
        repeatable=False,
    )


def notify_sealed(server: str, body: Mapping[str, Any], agent_name: str | None) -> Request:
    """Tell people something that only their devices can read: `envelope`, and the `case_id` of its head."""
    return Request(
        method="POST",
        url=f"{server}/api/v1/notices",
        headers={**_JSON, "Content-Type": "application/json", **agent_header(agent_name)},
        body=_encode(body),
        repeatable=False,
    )


def recipients(server: str, names: Sequence[str] = ()) -> Request:
    """Ask who would be asked, for their device lists, and for the id of a case."""
    query = f"?{urlencode({'assignee': chr(10).join(names)})}" if names else ""
    return Request(method="GET", url=f"{server}/api/v1/recipients{query}", headers=_JSON)


def register_key(server: str, public_key: str, *, agent_id: str | None = None) -> Request:
    """Have a server tell people's devices the key (base64) that this agent encrypts with.

    Servers other than ours want the agent's id said.
    """
    headers = {**_JSON, "Content-Type": "application/json"}
    body = {"entity_type": "agent", "public_key": public_key}
    if agent_id is not None:
        body["entity_id"] = agent_id
    url = f"{server}/api/v1/keys/register"
    return Request(method="POST", url=url, headers=headers, body=_encode(body))


def device_keys(server: str) -> Request:
    """Ask for the keys of people's devices, as the older client does."""
    return Request(method="GET", url=f"{server}/api/v1/devices/public-keys", headers=_JSON)


def submit_inline(url: str, *, action: str, submitted_via: str, by: SubmittedBy) -> Request:
    """Submit what a human pressed in a chat; the credential is the case's submit token. HITL v0.8 §7.5."""
    who = {"platform": by.platform, "platform_user_id": by.platform_user_id}
    if by.display_name is not None:
        who["display_name"] = by.display_name
    body = {"action": action, "data": {}, "submitted_via": submitted_via, "submitted_by": who}
    headers = {**_JSON, "Content-Type": "application/json"}
    return Request(method="POST", url=url, headers=headers, body=_encode(body), repeatable=False)


def poll(url: str, etag: str | None) -> Request:
    """Ask for a case's status, unless it is still the one of `etag`. HITL v0.8 §8."""
    headers = {**_JSON, "If-None-Match": etag} if etag and _SENDABLE.fullmatch(etag) else _JSON
    return Request(method="GET", url=url, headers=headers)


def events(url: str, last_event_id: str) -> Request:
    """Open a case's event stream after the event that was seen last. HITL v0.8 §8.5."""
    headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
    if _SENDABLE.fullmatch(last_event_id):
        headers["Last-Event-ID"] = last_event_id
    return Request(method="GET", url=url, headers=headers)


def list_agents(server: str) -> Request:
    """Ask for the agents that belong to the same people as the caller."""
    return Request(method="GET", url=f"{server}/api/v1/agents", headers=_JSON)


def create_agent(server: str, name: str) -> Request:
    """Ask for a new agent, which belongs to the same people as the caller."""
    headers = {**_JSON, "Content-Type": "application/json"}
    url, body = f"{server}/api/v1/agents", _encode({"name": name})
    return Request(method="POST", url=url, headers=headers, body=body, repeatable=False)


def register_client(server: str, body: Mapping[str, str]) -> Request:
    """Have a server know a program under a name of its own choice."""
    headers = {**_JSON, "Content-Type": "application/json"}
    url = f"{server}/api/v1/oauth/clients/register"
    return Request(method="POST", url=url, headers=headers, body=_encode(body), repeatable=False)


def begin_session(server: str, link: str, device: str) -> Request:
    """Sign a person in on a terminal, with a link that is good once, or with its token alone."""
    headers = {**_JSON, "Content-Type": "application/json"}
    url, body = f"{server}/api/v1/sessions", _encode({"link_token": link, "device": device})
    return Request(method="POST", url=url, headers=headers, body=body, repeatable=False)


def end_session(server: str) -> Request:
    """Sign a person out."""
    return Request(method="DELETE", url=f"{server}/api/v1/sessions/current", headers=_JSON)


def agent_header(name: str | None) -> Mapping[str, str]:
    """Name who asks. Header values are ASCII; the relay's clients name their agent in this header too."""
    return {"X-MCP-Agent-Name": quote(name, safe=" !#$&'()*+,/:;=?@[]~")} if name else {}


def status_url(server: str, case_id: str) -> str:
    """Return where a case of this server is polled."""
    return f"{server}/api/reviews/{_segment(case_id)}/status"


def events_url(server: str, case_id: str) -> str:
    """Return where a case of this server streams its events."""
    return f"{server}/api/reviews/{_segment(case_id)}/events"


def _segment(case_id: str) -> str:
    return quote(case_id, safe="")


def _encode(body: Mapping[str, Any]) -> bytes:
    """Spell a body. Raises: InvalidRequest, as the server would, for what JSON cannot carry."""
    check_storable(body)
    return compact(body)
