"""The requests that a person sends, built from plain values. Nothing here sends anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from openhitl.client.exchange import Request
from openhitl.protocol.case import Json
from openhitl.protocol.compact import compact
from openhitl.protocol.problems import check_storable

_JSON = {"Accept": "application/json"}


def listing(server: str, filters: Mapping[str, str]) -> Request:
    """Ask for one page of what somebody may answer; `filters` are status, since, limit and cursor."""
    query = f"?{urlencode(filters)}" if filters else ""
    return Request(method="GET", url=f"{server}/api/v1/inbox{query}", headers=_JSON)


def show(server: str, case_id: str) -> Request:
    """Ask for a case that somebody may answer."""
    return Request(method="GET", url=_case_url(server, case_id), headers=_JSON)


def respond(server: str, case_id: str, *, action: str, data: Json, submission_id: str) -> Request:
    """Answer a case. Sent again it is the same answer, by its `submission_id`. HITL v0.8 §7.5.

    Raises: InvalidRequest, as the server would, for what JSON cannot carry.
    """
    body: dict[str, Any] = {"action": action, "data": dict(data), "submission_id": submission_id}
    check_storable(body)
    return Request(
        method="POST",
        url=f"{_case_url(server, case_id)}/respond",
        headers={**_JSON, "Content-Type": "application/json"},
        body=compact(body),
    )


def notices(server: str, *, limit: int) -> Request:
    """Ask for the newest of what somebody was told."""
    return Request(method="GET", url=f"{server}/api/v1/inbox/notices?limit={limit}", headers=_JSON)


def mark_read(server: str, until: str) -> Request:
    """Note that somebody has read all up to the notice with this id."""
    headers = {**_JSON, "Content-Type": "application/json"}
    address = f"{server}/api/v1/inbox/notices/read"
    return Request(method="POST", url=address, headers=headers, body=compact({"until": until}))


def events(server: str) -> Request:
    """Open the stream of what happens in somebody's inbox."""
    headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
    return Request(method="GET", url=f"{server}/api/v1/inbox/events", headers=headers)


def devices(server: str) -> Request:
    """Ask for somebody's own devices."""
    return Request(method="GET", url=f"{server}/api/v1/devices", headers=_JSON)


def register_device(server: str, *, name: str, box: str, sign: str, proof: str) -> Request:
    """Register the public keys of this terminal, and prove that it has the private ones."""
    return _post(f"{server}/api/v1/devices", {"name": name, "box": box, "sign": sign, "proof": proof})


def device_list(server: str) -> Request:
    """Ask for somebody's own device list."""
    return Request(method="GET", url=f"{server}/api/v1/device-list", headers=_JSON)


def sign_device_list(server: str, link: Mapping[str, str]) -> Request:
    """Add a signed statement to somebody's own device list."""
    return _post(f"{server}/api/v1/device-list", link)


def lacking(server: str, device: str, cursor: str) -> Request:
    """Ask which cases another device than `device`, that can read them, lacks the keys of."""
    query = urlencode({"device": device, "limit": "200"} | ({"cursor": cursor} if cursor else {}))
    return Request(method="GET", url=f"{server}/api/v1/handed-keys?{query}", headers=_JSON)


def hand_over(server: str, keys: Sequence[Json]) -> Request:
    """Hand over keys: at most `MAX_AT_ONCE` of `protocol.sealed.handed`."""
    return _post(f"{server}/api/v1/handed-keys", {"keys": [dict(one) for one in keys]})


def handed_keys(server: str, case_id: str, device: str) -> Request:
    """Ask what a device was handed of a case."""
    url = f"{server}/api/v1/handed-keys/{quote(case_id, safe='')}?{urlencode({'device': device})}"
    return Request(method="GET", url=url, headers=_JSON)


def _post(url: str, body: Mapping[str, Any]) -> Request:
    headers = {**_JSON, "Content-Type": "application/json"}
    return Request(method="POST", url=url, headers=headers, body=compact(body), repeatable=False)


def review_url(server: str, case_id: str) -> str:
    """Return where somebody who is signed in there answers a case in a browser."""
    return f"{server}/review/{quote(case_id, safe='')}"


def _case_url(server: str, case_id: str) -> str:
    return f"{server}/api/v1/inbox/{quote(case_id, safe='')}"
