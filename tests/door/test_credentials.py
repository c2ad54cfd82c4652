"""Every kind of credential on every route: what a route takes is in its row of the table, and no more.

HITL v0.8 §7 "Token Model", §7.5 "Implementation note", §13.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from openhitl.protocol.case import ActorKind
from openhitl.protocol.tokens import Purpose, checked_hash, token_from_bytes
from openhitl.review.router import Route
from openhitl.review.routes import ROUTES
from openhitl.server.local import new_key
from openhitl.server.openapi import POLL_ROUTES
from openhitl.server.opening import keyring_of, open_store
from openhitl.server.passkey_admin import passkey_link
from tests.door.bodies import CONFIRMATION, SUBMITTED
from tests.evidence.policies import policy
from tests.servers import RunningServer, token_of
from tests.store.desk import CHANGED

BY_LABEL: dict[str, Route] = {f"{route.method} {route.pattern}": route for route in ROUTES}
PLACES = ("bearer", "x-api-key", "query")
BODIES: dict[str, dict[str, Any]] = {
    "/api/v1/reviews": CONFIRMATION,
    "/reviews/{case_id}/draft": {"values": {"note": "hm"}},
    "/reviews/{case_id}/respond": {"action": "confirm"},
    "/reviews/{case_id}/challenge": {"action": "confirm"},
    "/passkey": {"credential": {}},
}
#: A case that takes evidence on every path, and needs none.
QUESTION = {**CONFIRMATION, "verification_policy": policy(mode="optional")}
#: The answer to who may; 200, 202 or 204 unless said here.
GRANTED: dict[str, int] = {
    "POST /api/demo": 404,
    "GET /review/{case_id}/prefill/{key}": 404,
    "POST /passkey": 403,  # the link is good, what was sent is no passkey
}


@dataclass(frozen=True)
class Holder:
    """What somebody holds: every kind of credential there is, by name, for one case and around it."""

    hitl: dict[str, Any]
    credentials: dict[str, str]

    @property
    def case_id(self) -> str:
        return self.hitl["case_id"]


@pytest.fixture(scope="module")
def strangers(server: RunningServer) -> dict[str, str]:
    """Keys that are of no use for a case of the service under test."""
    other, revoked = (new_key(server.settings, name, ActorKind.AGENT) for name in ("other", "revoked"))
    store, _ = open_store(server.settings)
    row = store.find_key(checked_hash(Purpose.AGENT, revoked))
    store.revoke_key(row.key_id, **CHANGED)
    store.close()
    return {"other key": other, "revoked key": revoked, "agent key": server.agent_key}


def holder_of(server: RunningServer, strangers: dict[str, str]) -> Holder:
    """Make a case, and gather the credentials around it."""
    hitl, other = server.ask(QUESTION), server.ask(QUESTION)
    secret = keyring_of(server.settings).case_secret(Purpose.POLL.value, hitl["case_id"])
    credentials = {
        **strangers,
        "owner key": server.service_key,
        "unknown key": token_from_bytes(Purpose.SERVICE, b"\7" * 32),
        "review token": token_of(hitl["review_url"]),
        "submit token": hitl["submit_token"],
        "passkey link": token_of(passkey_link(server.settings, "Alice")),
        "poll token": token_from_bytes(Purpose.POLL, secret),  # derivable, but never given out
        "other review token": token_of(other["review_url"]),
        "other submit token": other["submit_token"],
        "review token as key": Purpose.AGENT.value + token_of(hitl["review_url"])[6:],
        "submit token as review token": Purpose.REVIEW.value + hitl["submit_token"][6:],
        "malformed": "hitlv_short",
        "empty": "",
    }
    return Holder(hitl, credentials)


def send(server: RunningServer, label: str, holder: Holder, name: str, place: str):
    method, pattern = label.split(" ")
    path = pattern.replace("{case_id}", holder.case_id).replace("{key}", "note")
    secret = holder.credentials.get(name)
    headers = {}
    if secret is not None and place == "bearer":
        headers["authorization"] = f"Bearer {secret}".rstrip()
    if secret is not None and place == "x-api-key":
        headers["x-api-key"] = secret
    query = {"token": secret} if secret is not None and place == "query" else {}
    body = dict(BODIES.get(pattern, {})) if method in ("POST", "PUT") else None
    if place == "bearer" and body and "action" in body:
        body |= SUBMITTED
    return server.anyone.request(method, path, headers=headers, params=query, json=body)


def expected(route: Route, name: str, place: str) -> str:
    """Say what a credential in a place is on a route: granted, foreign (404) or refused (401)."""
    if route.credential == "none":
        return "granted"
    if route.credential == "key":
        if place == "query" or name not in ("owner key", "other key", "agent key"):
            return "refused"
        return "granted" if name == "owner key" or "{case_id}" not in route.pattern else "foreign"
    if route.credential == "link":
        return "granted" if (name, place) == ("passkey link", "query") else "refused"
    assert route.credential in ("review", "review or submit")
    if (name, place) == ("review token", "query"):
        return "granted"
    if (name, place) == ("submit token", "bearer") and route.credential == "review or submit":
        return "granted"
    return "refused"


def check(outcome: str, response: Any, granted: int | None, told: str) -> None:
    if outcome == "granted":
        assert response.status_code in ((granted,) if granted else (200, 202, 204)), (
            f"{told}: {response.text}"
        )
    elif outcome == "foreign":
        assert (response.status_code, response.json()["error"]) == (404, "not_found"), told
    else:
        assert response.status_code == 401, f"{told}: {response.status_code}"
        assert response.json()["error"] in ("unauthorized", "invalid_token"), told
        assert response.headers["www-authenticate"].startswith("Bearer"), told


@pytest.mark.parametrize("label", BY_LABEL)
def test_a_route_takes_the_credential_of_its_row_and_no_other(server, strangers, label):
    holder = holder_of(server, strangers)
    probes = [("none", "bearer"), *((name, place) for name in holder.credentials for place in PLACES)]
    outcomes = {probe: expected(BY_LABEL[label], *probe) for probe in probes}
    for probe in probes:
        if outcomes[probe] != "granted":
            told = f"{label}, {' as '.join(probe)}"
            check(outcomes[probe], send(server, label, holder, *probe), None, told)
    assert server.status(holder.hitl)["status"] == "pending"
    assert server.service.get(holder.hitl["poll_url"]).headers["etag"] == '"v1-pending"'
    granted = [probe for probe in probes if outcomes[probe] == "granted"]
    assert granted
    for probe in granted:
        fresh = holder if BY_LABEL[label].credential == "none" else holder_of(server, strangers)
        status = GRANTED.get(label)
        check("granted", send(server, label, fresh, *probe), status, f"{label}, {' as '.join(probe)}")


@pytest.mark.parametrize("pattern", [pattern for pattern, *_ in POLL_ROUTES])
def test_polls_and_streams_take_their_creators_key_and_nothing_else(server, strangers, pattern):
    holder = holder_of(server, strangers)
    server.service.post(f"/api/v1/reviews/{holder.case_id}/cancel")  # so that a stream ends
    key_route = BY_LABEL["GET /api/v1/reviews/{case_id}"]
    for probe in [("none", "bearer"), *((name, place) for name in holder.credentials for place in PLACES)]:
        response = send(server, f"GET {pattern}", holder, *probe)
        check(expected(key_route, *probe), response, None, f"{pattern}, {' as '.join(probe)}")


def test_a_case_that_does_not_exist_and_one_of_somebody_else_look_alike(server, strangers):
    foreign, nothing = server.ask(CONFIRMATION)["case_id"], "review_0000000000000000000000000z"
    for method, pattern in (
        ("GET", "/api/v1/reviews/{}"),
        ("POST", "/api/v1/reviews/{}/cancel"),
        ("GET", "/api/reviews/{}/status"),
        ("GET", "/api/reviews/{}/events"),
    ):
        answers = [server.agent.request(method, pattern.format(case_id)) for case_id in (foreign, nothing)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content


@pytest.mark.parametrize("scheme", ["Basic", "Token", "bearer", "BEARER"])
def test_only_the_scheme_bearer_carries_a_key_however_it_is_spelled(server, scheme):
    headers = {"authorization": f"{scheme} {server.service_key}"}
    hitl = server.ask(CONFIRMATION)
    wanted = 200 if scheme.lower() == "bearer" else 401
    for path in ("/api/v1/reviews", hitl["poll_url"]):
        assert server.anyone.get(path, headers=headers).status_code == wanted


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("bearer", ["owner key", "unknown key"])
def test_of_two_keys_the_bearer_counts_on_every_route(server, strangers, bearer, swapped):
    holder = holder_of(server, strangers)
    other = "unknown key" if bearer == "owner key" else "owner key"
    headers = [
        ("authorization", f"Bearer {holder.credentials[bearer]}"),
        ("x-api-key", holder.credentials[other]),
    ]
    if swapped:
        headers.reverse()
    addresses = [f"/api/v1/reviews/{holder.case_id}", f"/api/reviews/{holder.case_id}/status"]
    codes = [server.anyone.get(address, headers=headers).status_code for address in addresses]
    assert codes == ([200, 200] if bearer == "owner key" else [401, 401])
