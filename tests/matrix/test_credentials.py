"""Every kind of credential on every route: what a route takes is in its row of the table, and no more.

HITL v0.8 §7 "Token Model", §7.5 "Implementation note", §13.1; RFC 6750 §3.1.
"""

from __future__ import annotations

import base64
import itertools
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from openhitl.protocol.tokens import Purpose, hash_token
from openhitl.review.router import Route
from tests.databases import KINDS, TEMPLATE, administer
from tests.matrix.credentials import CONFIRMATION, NOTHING, Held, Holder, World
from tests.matrix.rules import FOREIGN, GRANTED, KEYS, NOBODY, NOTHING_HELD, PLACES, ROWS, expected
from tests.servers import running

CREATORS = ("agent", "service")
ROUTES = {f"{route.method} {route.pattern}": route for route in ROWS}
#: Each route, with each creator of a case where it names one.
PROBED = [
    (label, creator)
    for label, route in ROUTES.items()
    for creator in (CREATORS if "{case_id}" in route.pattern else CREATORS[:1])
]
LIST_TOOLS: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
ROLE = {"role": "member"}
BODIES: dict[str, dict[str, Any]] = {
    "/api/v1/reviews": CONFIRMATION,
    "/api/v1/notices": {"message": "It is done."},
    "/api/v1/agents": {"name": "one more"},
    "/reviews/{case_id}/draft": {"values": {"note": "hm"}},
    "/reviews/{case_id}/respond": {"action": "confirm"},
    "/reviews/{case_id}/challenge": {"action": "confirm"},
    "/api/v1/inbox/{case_id}/respond": {"action": "confirm"},
    "/passkey": {"credential": {}},
    "/join": {"name": "Zoe", "credential": {}},
    "/api/v1/pairings/{pairing_id}/allow": {"number": "42"},
    "/mcp-server/mcp": LIST_TOOLS,
    "/mcp-server/mcp/": LIST_TOOLS,
}
QUERIES = {"/api/v1/handed-keys": {"device": "A" * 43}, "/api/v1/handed-keys/{case_id}": {"device": "A" * 43}}
FORMS = {
    "/people/invite": ROLE,
    "/people/{person_id}/role": ROLE,
    "/agents/{agent_id}/assurance": {"assurance": "passkey"},
    "/inbox/{case_id}/respond": {"action": "confirm"},
    "/inbox/notices/read": {"until": "0"},
    "/inbox/settings": {"colours": "auto", "text_size": "normal"},
    "/sign-in": {"ticket": "none"},  # a password would be hashed, which takes its time
}
SUBMITTED = {
    "submitted_via": "slack_block_action",
    "submitted_by": {"platform": "slack", "platform_user_id": "U1", "display_name": "Bob"},
}
#: Let in, and then refused for what was sent.
LATER_REFUSED: dict[str, str] = {
    "POST /api/v1/push/presses": "cross_site",  # the token of the button is missing
    "POST /passkey": "verification_failed",
    "POST /join": "verification_failed",
    "POST /api/v1/oauth/clients/register": "not_owner",
    "POST /inbox/{case_id}/respond": "action_not_inline",  # it names what is to be confirmed: to be opened
    "GET /api/v1/oauth/authorize": "invalid_client",
}
#: A number of nobody and nothing, so that nothing is changed that another probe needs.
NOBODYS = "999999"
EVENTS = "GET /api/reviews/{case_id}/events"
#: With nobody signed in there is nothing to do; but no other page may sign somebody out.
SIGN_OUT = "POST /sign-out"
ACCEPT = {"accept": "application/json, text/event-stream"}
_addresses = itertools.count(1)
_worlds = itertools.count(1)


@pytest.fixture(scope="module", params=KINDS)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    settings = {}
    if request.param == "postgresql":
        address = request.getfixturevalue("postgres_template")
        name = f"matrix_{next(_worlds)}"
        administer(address, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        settings = {"database_url": address(name), "secret_key": "d0" * 32}
    folder = tmp_path_factory.mktemp("matrix")
    with running(folder, trusted_proxies="127.0.0.1", poll_rate=0, **settings) as server:
        world = World(server)
        yield world
        world.close()


def places_of(world: World, route: Route, held: Held) -> tuple[str, ...]:
    """Where a credential makes a difference, or might: keys and those of programs go into every place."""
    if world.server.settings.database_url:  # nothing but the store differs: where it belongs is enough
        is_once = held.kind in ("review", "join", "sign-in", "passkey")
        if held.kind == "client":
            return ("basic",)
        return ("query",) if is_once else ("bearer", "browser")
    without = set()
    if not held.secret.startswith(Purpose.SESSION):
        without.add("browser")
    if route.credential != "client" and held.kind not in (*KEYS, "client", "submit"):
        without.add("basic")
    return tuple(place for place in PLACES if place not in without)


def send(holder: Holder, route: Route, held: Held, place: str, case_id: str | None = None) -> httpx2.Response:
    """Send a request to a route, with a credential in a place."""
    world, pattern = holder.world, route.pattern
    path = path_of(pattern, case_id=case_id or holder.case_id)
    # Every request is from somewhere else, since how often one may try is not what this is about; and from
    # a page of ours, which alone is no credential.
    headers = {
        "x-forwarded-for": f"2001:db8:{next(_addresses):x}::1",
        "origin": world.server.url,
        **(ACCEPT if route.credential == "mcp" else {}),
        **carried(world, held, place),
    }
    body = dict(BODIES.get(pattern, {}))
    if held.kind == "submit" and place == "bearer":
        body |= SUBMITTED
    given: dict[str, Any] = {}
    if route.credential == "client":
        given = {"data": {"grant_type": "nonsense"}}
    elif pattern in FORMS:
        given = {"data": FORMS[pattern]}
    elif route.method in ("POST", "PUT"):
        given = {"json": body}
    query = QUERIES.get(pattern, {}) | ({"token": held.secret} if place == "query" else {})
    world.server.anyone.cookies.clear()  # no browser: nothing of one request is in the next
    return world.server.anyone.request(route.method, path, headers=headers, params=query, **given)


def sent(route: Route) -> dict[str, Any]:
    """Say what a route is sent that names what is somebody else's."""
    body = BODIES.get(route.pattern)
    return {"json": body} if body else {"data": FORMS.get(route.pattern)}


def path_of(pattern: str, **values: object) -> str:
    """Fill in a pattern; what is not given names nothing."""
    return re.sub(r"{(\w+)}", lambda name: str(values.get(name[1], NOBODYS)), pattern)


def carried(world: World, held: Held, place: str) -> dict[str, str]:
    """Return the headers that carry a credential in a place."""
    if place == "bearer":
        return {"authorization": f"Bearer {held.secret}".rstrip()}
    if place == "x-api-key":
        return {"x-api-key": held.secret}
    if place == "basic":
        pair = f"{world.program.client_id}:{held.secret}"
        return {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    if place not in ("cookie", "browser"):
        return {}
    form_token = world.keyring.form_token(hash_token(held.secret))
    given = {"cookie": f"hitl_session={held.secret}", "x-csrf-token": form_token}
    return given if place == "browser" else {"cookie": given["cookie"]}


def check(route: Route, outcome: str, answer: httpx2.Response, told: str) -> None:
    """Check what came; that it is one of the answers that the table announces, too."""
    told = f"{told}: {answer.status_code} {answer.text[:200]}"
    label, error = f"{route.method} {route.pattern}", code_of(answer)
    assert answer.status_code in route.codes, told
    if outcome == GRANTED:
        let_in = answer.status_code not in (401, 403) or route.credential == "none"
        assert let_in or error == LATER_REFUSED.get(label), told
        return
    assert CONFIRMATION["prompt"] not in answer.text, told
    if outcome == NOBODY:
        is_sign_in = route.pattern == "/review/{case_id}" and 'name="password"' in answer.text
        assert answer.status_code == 401 or is_sign_in, told
    elif outcome == FOREIGN:
        assert (answer.status_code, error) == (404, "not_found"), told
    else:
        assert (answer.status_code, error) == (403, outcome), told


def code_of(answer: httpx2.Response) -> str:
    """Read the code of an error; pages say none."""
    if (
        answer.status_code < 400
        or answer.headers.get("content-type") != "application/json"
        or not answer.content
    ):
        return ""
    return str(answer.json()["error"])


@pytest.mark.parametrize(("label", "creator"), PROBED)
def test_a_route_takes_the_credential_of_its_row_and_no_other(world, label, creator):
    route, holder = ROUTES[label], Holder(world, creator)
    probes = [(name, place) for name in holder.names() for place in places_of(world, route, holder[name])]
    outcomes = {probe: expected(route, holder[probe[0]], probe[1], creator) for probe in probes}
    before = version_of(holder)
    bare = send(holder, route, NOTHING_HELD, "")
    check(route, expected(route, NOTHING_HELD, "", creator), bare, f"{label} with nothing")
    for name, place in probes:
        outcome, told = outcomes[name, place], f"{label} with {name} as {place}"
        if outcome == GRANTED:
            continue
        answer = send(holder, route, holder[name], place)
        check(route, outcome, answer, told)
        if outcome == FOREIGN:
            assert answer.content == send(holder, route, holder[name], place, NOTHING).content, told
    assert version_of(holder) == before
    granted = [probe for probe in probes if outcomes[probe] == GRANTED]
    assert granted
    for name, place in granted:
        fresh = holder if route.credential == "none" else Holder(world, creator)
        if label == EVENTS:  # a stream ends with its case
            fresh.withdraw()
        answer = send(fresh, route, fresh[name], place)
        told = f"{label} with {name} as {place}"
        check(route, GRANTED, answer, told)
        if route.credential == "none":
            stays = label == SIGN_OUT and code_of(answer) == "cross_site"
            assert answer.status_code == bare.status_code or stays, told


def version_of(holder: Holder) -> str:
    """Read the status of a case and how often it has changed."""
    client = holder.world.server.agent if holder.creator == "agent" else holder.world.server.service
    return str(client.get(f"/api/reviews/{holder.case_id}/status").headers["etag"])


@pytest.mark.parametrize(
    "label",
    [
        label
        for label, route in ROUTES.items()
        if route.credential == "person" and "_id}" in route.pattern and "{case_id}" not in route.pattern
    ],
)
def test_what_is_somebody_elses_is_refused_as_if_it_were_not_there(world, label):
    """Bo is signed in, and names what is there, but not theirs."""
    route, holder = ROUTES[label], Holder(world, "agent")
    session = world.store.session(hash_token(holder["owner's session"].secret), datetime.now(UTC))
    grants = world.store.grants_of(world.store.person_named("Cleo").person_id)
    theirs = {
        "agent_id": world.agent.agent_id,
        "person_id": world.people["Ana"].person_id,
        "key_id": world.store.keys_of(world.agent.agent_id)[0].key_id,
        "session_id": session.session.session_id,
        "grant_id": grants[0].grant.grant_id,
        "passkey_id": world.passkey_id,
        "subscription_id": world.told(session),
        "device_id": world.device_id,
        "pairing_id": world.pairing_id,
    }
    headers = {"origin": world.server.url, **carried(world, holder["member's session"], "browser")}
    assert set(re.findall(r"{(\w+)}", route.pattern)) <= theirs.keys()
    answers = [
        world.server.anyone.request(
            route.method, path_of(route.pattern, **given), headers=headers, **sent(route)
        )
        for given in (theirs, {})
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content
