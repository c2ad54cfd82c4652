"""Registering programs: by themselves, and by an owner's agent. RFC 7591."""

from __future__ import annotations

import base64
import json

import pytest

from openhitl.protocol.people import Role
from tests.accounts.visitors import Visitors
from tests.oauth.world import CALLBACK, OAUTH, Person, Program, asks_with, query_of, refused
from tests.servers import running

GOOD = {"client_name": "App", "redirect_uris": [CALLBACK]}


def test_a_program_learns_what_it_is_known_as(server):
    """RFC 7591 §3.2.1."""
    answer = server.anyone.post(f"{OAUTH}/register", json={**GOOD, "scope": "openid", "logo_uri": "x"})
    assert answer.status_code == 201
    told = answer.json()
    assert told.pop("client_id").startswith("client_")
    assert told.pop("client_secret").startswith("hitlx_")
    assert told.pop("client_id_issued_at") > 1_700_000_000
    assert told == {
        "client_name": "App",
        "redirect_uris": [CALLBACK],
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_basic",
        "client_secret_expires_at": 0,
        "scope": "ask read",
    }


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"redirect_uris": ["http://app.example.com/callback"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://app.example.com/#"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
        ({"redirect_uris": "https://app.example.com/"}, "invalid_redirect_uri"),
        ({"client_name": "Bank\u202e"}, "invalid_client_metadata"),
        ({"client_name": "\ud800"}, "invalid_client_metadata"),
        ({"grant_types": ["password"]}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
    ],
)
def test_what_cannot_be_registered(server, changed, error):
    """RFC 7591 §3.2.2."""
    body = json.dumps({**GOOD, **changed})
    headers = {"content-type": "application/json"}
    refused(server.anyone.post(f"{OAUTH}/register", content=body, headers=headers), error)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff"])
def test_metadata_is_a_json_object(server, body):
    headers = {"content-type": "application/json"}
    answer = server.anyone.post(f"{OAUTH}/register", content=body, headers=headers)
    refused(answer, "invalid_client_metadata")
    refused(server.anyone.post(f"{OAUTH}/register", data={"a": "b"}), "invalid_client_metadata")


def test_a_flood_of_registrations_is_stopped(tmp_path):
    with running(tmp_path, trusted_proxies="127.0.0.0/8,::1") as server:

        def register(address):
            headers = {"x-forwarded-for": address}
            return server.anyone.post(f"{OAUTH}/register", json=GOOD, headers=headers)

        answers = [register("192.0.2.7") for _ in range(25)]
        assert [answer.status_code for answer in answers] == [201] * 20 + [429] * 5
        flooded = answers[-1]
        assert 0 < int(flooded.headers["retry-after"]) <= 60
        assert flooded.json()["error"] == "rate_limited"
        assert flooded.json()["detail"] == flooded.json()["message"]
        assert register("192.0.2.8").status_code == 201
        neighbours = [register(f"2001:db8::{number:x}").status_code for number in range(21)]
        assert neighbours == [201] * 20 + [429]


def claims_of(token):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def by_hand(server, token, **body):
    headers = {"authorization": f"Bearer {token}"}
    return server.anyone.post(f"{OAUTH}/clients/register", json=body, headers=headers)


def test_an_owners_agent_registers_a_program_by_hand(server, alice, program):
    token = program.tokens(alice)["access_token"]
    answer = by_hand(
        server,
        token,
        client_id="ci",
        client_name="Continuous integration",
        client_type="public",
        agent_name="ci bot",
    )
    assert answer.status_code == 201, answer.text
    assert answer.json() == {
        "client_id": "ci",
        "client_type": "public",
        "agent_name": "ci bot",
        "is_active": True,
    }
    taken = by_hand(server, token, client_id="ci")
    assert (taken.status_code, taken.json()["error"]) == (409, "name_taken")
    made = Program(server, "ci", None, redirect_uri="http://localhost:50123/callback")
    page = alice.look(made.url())
    assert "Nobody has checked this name" in page.text
    assert "an agent of an owner of this server registered it" in page.text
    tokens = made.redeem(query_of(alice.allow(made.url()))["code"]).json()
    assert asks_with(server, tokens["access_token"]).status_code == 202
    agents = server.anyone.get(
        "/api/v1/agents", headers={"authorization": f"Bearer {tokens['access_token']}"}
    ).json()
    assert {"id": claims_of(tokens["access_token"])["agent_id"], "name": "ci bot"} in agents


def test_it_waits_on_its_own_machine_alone(server, alice, program):
    token = program.tokens(alice)["access_token"]
    by_hand(server, token, client_id="local", redirect_uris=["https://evil.example/"])
    made = Program(server, "local", None)
    for redirect_uri in ("https://evil.example/", CALLBACK, "http://localhost:1/other"):
        assert alice.look(made.url(redirect_uri=redirect_uri)).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"client_id": ""},
        {"client_id": 7},
        {"client_id": "client_mine"},
        {"client_id": "https://app.example.com/client.json"},
        {"client_id": "a b"},
        {"client_id": "x" * 101},
        {"client_id": "good", "client_name": "a\nb"},
        {"client_id": "good", "agent_name": "a\u202eb"},
        {"client_id": "good", "client_type": ["public"]},
    ],
)
def test_what_cannot_be_registered_by_hand(server, alice, program, body):
    token = program.tokens(alice)["access_token"]
    refused(by_hand(server, token, **body), "invalid_client_metadata")


def test_nor_does_an_agent_register_without_end(server, alice, program):
    token = program.tokens(alice, agent_name="busy")["access_token"]
    answers = [by_hand(server, token, client_id=f"busy-{number}").status_code for number in range(21)]
    assert answers == [201] * 20 + [429]


def test_only_owners_agents_register_by_hand(server, visitors, alice, program):
    member = Person(visitors, "Mia", Role.MEMBER)
    token = program.tokens(member)["access_token"]
    assert by_hand(server, token, client_id="mine").status_code == 403
    assert by_hand(server, server.agent_key, client_id="mine").status_code == 403
    reading = program.tokens(alice, scope="read")["access_token"]
    assert by_hand(server, reading, client_id="mine").json()["error"] == "insufficient_scope"
    assert by_hand(server, "nothing", client_id="mine").status_code == 401
    assert server.anyone.post(f"{OAUTH}/clients/register", json={"client_id": "mine"}).status_code == 401


def test_a_program_of_one_server_is_unknown_to_another(tmp_path, program):
    with running(tmp_path) as other:
        visitors = Visitors(other)
        assert Person(visitors, "Zoe").look(program.url()).status_code == 400
        visitors.close()
