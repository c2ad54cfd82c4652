"""An agent decides none of its cases: not with its credentials, any token it is told, or any field it sends.

docs/how-to/say-who-may-answer.md.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest

from openhitl.protocol.case import ActorKind
from openhitl.protocol.oauth import DEVICE_GRANT
from openhitl.protocol.people import Role
from openhitl.protocol.tokens import Purpose
from openhitl.server.local import new_key
from openhitl.server.opening import open_store
from tests.accounts.visitors import Visitors
from tests.asking.clients import connected
from tests.asking.haste import served
from tests.attacks.claims import CLAIMS, FIELDS, PRETENCES, TYPES
from tests.attacks.loot import Loot
from tests.door.bodies import ANSWERS, BY_TYPE
from tests.matrix.rules import ROWS
from tests.oauth.world import OAUTH, Person, Program
from tests.people import sign_in
from tests.servers import APPROVAL, RunningServer, token_of


class Agent:
    """An agent that would rather not wait for anybody."""

    def __init__(self, server: RunningServer, key: str) -> None:
        self.server = server
        self.key = key
        self.loot = Loot({key: None})
        self.cases: dict[str, dict[str, Any]] = {}
        self.http = server.closing.enter_context(
            httpx2.Client(base_url=server.url, timeout=20, trust_env=False)
        )

    def send(self, method: str, path: str, **given: Any) -> httpx2.Response:
        """Send, keep what is told, and forget cookies: those are tried one by one."""
        response = self.loot.take(self.http.request(method, path, **given))
        self.http.cookies.clear()
        return response

    def ask(self, body: dict[str, Any], **headers: str) -> httpx2.Response:
        """Ask a human, and remember the case if there is one."""
        given = {"authorization": f"Bearer {self.key}", **headers}
        response = self.send("POST", "/api/v1/reviews", json=body, headers=given)
        if response.status_code == 202:
            hitl = response.json()["hitl"]
            self.cases[hitl["case_id"]] = hitl
        return response

    def view(self, case_id: str) -> dict[str, Any]:
        """Look at one of its cases."""
        headers = {"x-api-key": self.key}
        response = self.http.get(f"/api/v1/reviews/{case_id}", headers=headers)
        assert response.status_code == 200, response.text
        return dict(response.json())

    def one_of_each(self) -> list[str]:
        """Name the first case of each type."""
        first = {hitl["type"]: case_id for case_id, hitl in reversed(self.cases.items())}
        return [first[kind] for kind in TYPES]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    with served(tmp_path) as hasty, ExitStack() as closing:
        agent, anyone = (
            closing.enter_context(
                httpx2.Client(base_url=hasty.url, headers=headers, timeout=20, trust_env=False)
            )
            for headers in ({"x-api-key": hasty.key}, {})
        )
        service_key = new_key(hasty.settings, "service", ActorKind.SERVICE)
        yield RunningServer(
            url=hasty.url,
            settings=hasty.settings,
            agent_key=hasty.key,
            service_key=service_key,
            agent=agent,
            service=anyone,
            anyone=anyone,
            closing=closing,
        )


def answer_of(kind: str) -> dict[str, Any]:
    return dict(ANSWERS.get(kind, {"action": "approve"}))


def respond(agent: Agent, case_id: str, **given: Any) -> httpx2.Response:
    return agent.send("POST", f"/reviews/{case_id}/respond", **given)


def check_pending(agent: Agent) -> None:
    """Check that nothing has come of anything."""
    assert agent.cases
    for case_id in agent.cases:
        view = agent.view(case_id)
        assert (view["status"], view.get("result")) == ("pending", None), view


def test_before_anybody_has_joined_whoever_has_the_link_decides(server: RunningServer) -> None:
    """The agent too: there is nobody whom the server could tell from it."""
    agent = Agent(server, server.agent_key)
    for kind in TYPES:
        hitl = agent.ask(BY_TYPE[kind]).json()["hitl"]
        assert "submit_token" not in hitl
        token = token_of(hitl["review_url"])
        assert (
            respond(agent, hitl["case_id"], params={"token": token}, json=answer_of(kind)).status_code == 200
        )
        assert agent.view(hitl["case_id"])["status"] == "completed"
    for more in ({"assurance": "signed_in"}, {"assignees": ["Ana"]}, {"inline_actions": ["approve"]}):
        assert agent.ask({**APPROVAL, **more}).status_code in (403, 422)


def test_from_the_moment_somebody_joins_an_agents_cases_want_them(server: RunningServer) -> None:
    agent, visitors = Agent(server, server.agent_key), Visitors(server)
    before = agent.ask(APPROVAL).json()["hitl"]
    server.closing.callback(visitors.close)
    visitors.joined("Ana", Role.OWNER)
    after = agent.ask({**APPROVAL, "previous_case_id": before["case_id"]}).json()["hitl"]
    told = {}
    for hitl in (after, before):
        params = {"token": token_of(hitl["review_url"])}
        told[hitl["case_id"]] = respond(agent, hitl["case_id"], params=params, json={"action": "approve"})
    refused, decided = told[after["case_id"]], told[before["case_id"]]
    assert (refused.status_code, refused.json()["error"]) == (401, "sign_in_required")
    assert decided.status_code == 200  # asked when a link was all there was


@pytest.mark.anyio
async def test_an_agent_decides_none_of_its_cases(server: RunningServer) -> None:
    agent, granted, ana = await with_people(server)
    for one in (agent, granted):
        tell_everything(one)
        collect(one)
        try_links(one)
        try_answers(one)
        try_every_route(one)
        try_to_become_a_person(one)
        check_pending(one)
    store, _ = open_store(server.settings)
    assert [person.name for person in store.people()] == ["Ana"]
    assert all(key.kind is ActorKind.AGENT for key in store.keys_of() if "service" not in key.agent_name)
    store.close()
    # What nobody could do is not impossible: who was asked does it, and who asked may withdraw.
    answered, withdrawn = itertools.islice(agent.cases, 2)
    done = ana.post(f"/reviews/{answered}/respond", json=answer_of(agent.cases[answered]["type"]))
    assert done.status_code == 200, done.text
    headers = {"x-api-key": agent.key}
    assert agent.send("POST", f"/api/v1/reviews/{withdrawn}/cancel", headers=headers).status_code == 200
    assert agent.view(withdrawn)["status"] == "cancelled"


async def with_people(server: RunningServer) -> tuple[Agent, Agent, Any]:
    """Let Ana in, and two agents of hers ask: one by key, one by a grant; over MCP too."""
    agent = Agent(server, new_key(server.settings, "agent-under-test", ActorKind.AGENT))
    old = agent.ask(APPROVAL).json()["hitl"]["case_id"]  # at link level: not what this is about
    del agent.cases[old]
    visitors = Visitors(server)
    server.closing.callback(visitors.close)
    person = Person(visitors, "Ana")
    program = Program.registered(server)
    tokens = program.tokens(person)
    granted = Agent(server, tokens["access_token"])
    granted.loot.found |= dict.fromkeys((tokens["refresh_token"], program.client_id))
    for one in (agent, granted):
        for kind, more in itertools.product(TYPES, [*FIELDS, {"previous_case_id": old}]):
            one.ask({**BY_TYPE[kind], **more})
        one.ask({**APPROVAL, **{"message": "m"}}, **{"x-mcp-agent-name": "Ana"})
        assert len(one.cases) > 5 * len(TYPES)
    await over_mcp(agent)
    return agent, granted, sign_in(server, "Ana")


async def over_mcp(agent: Agent) -> None:
    """Ask the same over MCP, with arguments that are none."""
    asked: list[tuple[str, dict[str, Any]]] = [
        ("request_approval", {"prompt": "Deploy?", "context": {"assurance": "link"}}),
        ("request_selection", {"prompt": "Which?", "choices": ["a", "b"]}),
        ("request_form", {"prompt": "Where?", "fields": [{"key": "a", "label": "A", "type": "text"}]}),
        ("request_confirmation", {"prompt": "Delete?", "items": ["all of it"]}),
    ]
    key = agent.key
    async with connected(agent.server.url, key, read_timeout_seconds=60) as client:
        for tool, arguments in asked:
            for more in ({"assurance": "link"}, {"inline_actions": ["approve"]}, {"__proto__": {}}):
                refused = await client.call_tool(tool, {**arguments, **more})
                assert refused.is_error, (tool, more)
    async with connected(agent.server.url, key) as client:
        for tool, arguments in asked:
            result = await client.call_tool(tool, arguments)
            assert not result.is_error, result
            case_id = result.structured_content["case_id"]
            agent.cases[case_id] = agent.view(case_id)


def tell_everything(agent: Agent) -> None:
    """Read all that it may read, of its own cases and of the server."""
    headers = {"authorization": f"Bearer {agent.key}"}
    for route in ROWS:
        if route.method == "GET" and "events" not in route.pattern:
            for case_id in agent.one_of_each():
                path = route.pattern.replace("{case_id}", case_id)
                agent.send("GET", re.sub(r"{\w+}", "1", path), headers=headers)
    for hitl in agent.cases.values():
        agent.send("GET", hitl["review_url"], headers={**headers, "accept": "text/html"})


def collect(agent: Agent) -> None:
    """Make what it may make: agents, programs, devices, keys for encryption, notices."""
    headers = {"authorization": f"Bearer {agent.key}"}
    for path, body in (
        ("/api/v1/agents", {"name": "Ana", "kind": "service", "role": "owner"}),
        ("/api/v1/notices", {"message": "hello"}),
        (f"{OAUTH}/clients/register", {"client_id": "mine", "client_name": "Ana", "agent_name": "Ana"}),
    ):
        agent.send("POST", path, json=body, headers=headers)
    metadata = {
        "client_name": "OpenHITL",
        "redirect_uris": ["http://localhost/callback"],
        "grant_types": [
            "authorization_code",
            "refresh_token",
            DEVICE_GRANT,
            "client_credentials",
            "password",
        ],
        "token_endpoint_auth_method": "client_secret_post",
        "scope": "ask read decide admin owner",
    }
    agent.send("POST", f"{OAUTH}/register", json=metadata)
    metadata["grant_types"] = ["authorization_code", "refresh_token", DEVICE_GRANT]
    program = agent.send("POST", f"{OAUTH}/register", json=metadata).json()
    shown = {"client_id": program["client_id"], "client_secret": program["client_secret"]}
    begun = agent.send("POST", f"{OAUTH}/device_authorization", data=shown).json()
    refused = []
    for grant in ("client_credentials", "password", "implicit", DEVICE_GRANT, "refresh_token"):
        data = {**shown, "grant_type": grant, "device_code": begun["device_code"], "scope": "decide"}
        data |= {"username": "Ana", "password": "Ana", "refresh_token": agent.key}
        refused.append(agent.send("POST", f"{OAUTH}/token", data=data, headers=headers).status_code)
    assert set(refused) == {400}
    asked = {"response_type": "code", "client_id": program["client_id"], "code_challenge_method": "S256"}
    asked |= {"redirect_uri": "http://localhost/callback", "code_challenge": "x" * 43}
    assert agent.send("GET", f"{OAUTH}/authorize", params=asked, headers=headers).status_code == 401
    for path, form in (
        (f"{OAUTH}/authorize", {**asked, "decision": "allow", "csrf": "x" * 43}),
        ("/device", {"user_code": begun["user_code"], "decision": "allow", "ticket": "x", "csrf": "x" * 43}),
    ):
        assert agent.send("POST", path, data=form, headers=headers).status_code == 401


def try_links(agent: Agent) -> None:
    """Use the address that it was told, in every way but as a person."""
    for case_id in agent.one_of_each():
        hitl = agent.cases[case_id]
        token = token_of(hitl["review_url"])
        answer = answer_of(hitl["type"])
        flat = {name: value for name, value in answer.items() if isinstance(value, str)}
        place = f"/reviews/{case_id}/respond"
        for method in ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "POST"):
            for pretence in ({}, *PRETENCES):
                params = {"token": token, "_method": "POST", **flat}
                agent.send(method, place, params=params, headers=pretence)
                agent.send(method, f"/review/{case_id}", params=params, headers=pretence)
        for path in (
            f"{place}?token={token}&token={token}",
            f"{place}?token=&token={token}",
            f"{place}?token[]={token}",
            f"{place}/?token={token}",
            f"/{place}?token={token}",
            f"/review/..{place}?token={token}",
            f"/review/%2e%2e{place}?token={token}",
            f"/REVIEWS/{case_id}/respond?token={token}",
            f"/reviews/{case_id}%2frespond?token={token}",
            f"/reviews/{case_id}/respond;a=b?token={token}",
            f"/reviews/{case_id}/respond%00?token={token}",
            f"/api/v1/inbox/{case_id}/respond?token={token}",
        ):
            agent.send("POST", path, json=answer)
            agent.send("POST", path, data=flat)


def try_answers(agent: Agent) -> None:
    """Answer with everything found, under every name, and whatever an answer could claim."""
    secrets = agent.loot.with_other_names()
    for case_id in agent.one_of_each():
        hitl = agent.cases[case_id]
        own = {"token": token_of(hitl["review_url"])}
        for claim in CLAIMS:
            body = {**answer_of(hitl["type"]), **claim}
            for pretence in ({}, *PRETENCES):
                assert respond(agent, case_id, params=own, json=body, headers=pretence).status_code in (
                    401,
                    422,
                )
        body = {**answer_of(hitl["type"]), **CLAIMS[1]}
        for secret in secrets:
            for headers in ways(secret):
                assert respond(agent, case_id, params=own, json=body, headers=headers).status_code != 200
                assert respond(agent, case_id, json=body, headers=headers).status_code != 200
            assert respond(agent, case_id, params={"token": secret}, json=body).status_code != 200


def ways(secret: str) -> list[dict[str, str]]:
    """Every header that may carry a secret."""
    cookie = {"cookie": f"hitl_session={secret}; __Host-hitl_session={secret}", "x-csrf-token": secret}
    return [
        {"authorization": f"Bearer {secret}"},
        {"x-api-key": secret},
        {"authorization": f"Basic {secret}"},
        {**cookie, "sec-fetch-site": "same-origin"},
    ]


def try_every_route(agent: Agent) -> None:
    """Send what decides to everything that answers, except where it withdraws its own case."""
    first = agent.one_of_each()[0]
    token = token_of(agent.cases[first]["review_url"])
    body = {
        **answer_of("approval"),
        **CLAIMS[1],
        "reason": "done",
        "values": {},
        "name": "Ana",
        "role": "owner",
    }
    secrets = agent.loot.kinds()
    form = {name: value for name, value in body.items() if isinstance(value, str)}
    for route in ROWS:
        if route.method == "GET" or route.pattern == "/api/v1/reviews/{case_id}/cancel":
            continue
        path = re.sub(r"{\w+}", "1", route.pattern.replace("{case_id}", first))
        for secret in secrets:
            for headers in ways(secret):
                agent.send(route.method, path, params={"token": token}, headers=headers, json=body)
            agent.send(route.method, path, params={"token": token}, headers=headers, data=form)
            agent.send(route.method, path, params={"token": secret}, headers=headers, json=body)


def try_to_become_a_person(agent: Agent) -> None:
    """Use everything found as a way in, and see that nobody is signed in by it."""
    ours = {"origin": agent.server.url}
    for secret in agent.loot.with_other_names():
        tries = [
            agent.send("POST", "/api/v1/sessions", json={"link_token": secret}),
            agent.send("POST", "/sign-in/link", params={"token": secret}, headers=ours),
            agent.send("POST", "/passkey", params={"token": secret}, json={"credential": {}}),
            agent.send(
                "POST",
                "/join",
                params={"token": secret},
                data={"name": "Mallory", "password": "several words are easy"},
                headers=ours,
            ),
        ]
        assert {response.status_code for response in tries} <= {401, 422}, secret
        for headers in ways(secret):
            assert agent.send("GET", "/api/v1/sessions/current", headers=headers).status_code == 401
            assert agent.send("GET", "/api/v1/inbox", headers=headers).status_code == 401
    for name in ("Ana", "person:1", "1", "' OR 1=1 --", "agent-under-test"):
        data = {"name": name, "password": agent.key}
        assert agent.send("POST", "/sign-in", data=data, headers=ours).status_code in (401, 429)
    assert not any(secret.startswith((Purpose.PERSON, Purpose.SESSION)) for secret in agent.loot.found)
