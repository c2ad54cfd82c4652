"""Agents and their keys."""

from __future__ import annotations

import pytest

from openhitl.errors import StoreError
from openhitl.protocol.case import ActorKind
from openhitl.store.records import KeyRow
from tests.store.desk import CHANGED

HASH = bytes(range(32))


def test_a_key_is_found_by_its_hash_with_its_agent(desk):
    agent = desk.store.add_agent("deploy bot", **CHANGED)
    key_id = desk.store.add_key(agent.agent_id, ActorKind.SERVICE, HASH, "laptop", **CHANGED)
    assert desk.store.find_key(HASH) == KeyRow(
        key_id=key_id, agent_id=agent.agent_id, agent_name="deploy bot", kind=ActorKind.SERVICE
    )
    assert desk.store.find_key(bytes(32)) is None


def test_a_revoked_key_is_not_found(desk):
    agent = desk.store.add_agent("deploy bot", **CHANGED)
    key_id = desk.store.add_key(agent.agent_id, ActorKind.AGENT, HASH, "laptop", **CHANGED)
    other = desk.store.add_key(agent.agent_id, ActorKind.AGENT, HASH[::-1], "server", **CHANGED)
    assert desk.store.revoke_key(key_id, **CHANGED)
    assert not desk.store.revoke_key(key_id, **CHANGED)
    assert desk.store.find_key(HASH) is None
    assert desk.store.find_key(HASH[::-1]).key_id == other


def test_an_agent_is_found_by_its_name(desk):
    first, _ = desk.store.add_agent("bot", **CHANGED), desk.store.add_agent("bot", **CHANGED)
    assert desk.store.agent_named("bot") == first
    assert desk.store.agent_named("Bot") is None


def test_a_key_of_nobody_and_a_key_twice_are_refused(desk):
    with pytest.raises(StoreError):
        desk.store.add_key(404, ActorKind.AGENT, HASH, "nobody's", **CHANGED)
    agent = desk.store.add_agent("deploy bot", **CHANGED)
    desk.store.add_key(agent.agent_id, ActorKind.AGENT, HASH, "laptop", **CHANGED)
    with pytest.raises(StoreError):
        desk.store.add_key(agent.agent_id, ActorKind.AGENT, HASH, "again", **CHANGED)
