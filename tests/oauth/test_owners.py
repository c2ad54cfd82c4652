"""What the owners of an agent decide holds for those who act as it, by a grant or a key."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime

from openhitl.identity.keys import draw_key
from openhitl.protocol.audit import OPERATOR
from openhitl.protocol.case import ActorKind, Assurance
from openhitl.server.opening import open_store
from tests.oauth.world import Program, asks_with
from tests.people import sign_in


def agent_of(server, tokens):
    headers = {"authorization": f"Bearer {tokens['access_token']}"}
    return int(server.anyone.get("/api/v1/agents", headers=headers).json()[-1]["id"])


def changed(server):
    store, _ = open_store(server.settings)
    return closing(store), {"by": OPERATOR, "now": datetime.now(UTC)}


def test_a_case_has_the_assurance_that_the_owners_of_its_agent_want(server, alice):
    program = Program.registered(server)
    tokens = program.tokens(alice)
    closing_store, by = changed(server)
    with closing_store as store:
        store.change_agent(agent_of(server, tokens), assurance=Assurance.PASSKEY, **by)
    # A token that nobody has used yet is looked up anew.
    refreshed = program.refresh(tokens["refresh_token"]).json()
    asked = asks_with(server, refreshed["access_token"])
    assert asked.status_code == 202
    assert asked.json()["hitl"]["verification_policy"]["mode"] == "required"


def test_a_case_that_is_asked_with_a_key_has_it_too(server, alice):
    key, key_hash = draw_key(ActorKind.AGENT)
    closing_store, by = changed(server)
    with closing_store as store:
        owners = [int(alice.actor_id.removeprefix("person:"))]
        agent_id = store.add_agent("deploy bot", owners=owners, **by).agent_id
        store.add_key(agent_id, ActorKind.AGENT, key_hash, "laptop", **by)
        store.change_agent(agent_id, assurance=Assurance.PASSKEY, **by)
    asked = asks_with(server, key)
    assert asked.status_code == 202
    assert asked.json()["hitl"]["verification_policy"]["mode"] == "required"


def test_a_grant_ends_with_the_right_to_give_it(server, alice):
    program = Program.registered(server)
    tokens = program.tokens(alice)
    bo = sign_in(server, "Bo")
    closing_store, by = changed(server)
    with closing_store as store:
        store.set_owners(agent_of(server, tokens), [bo.person.person_id], **by)
    assert program.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
