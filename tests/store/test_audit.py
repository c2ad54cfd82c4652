"""What changes beside the cases is recorded in the transaction that changes it."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace

import pytest

from openhitl.errors import StoreError
from openhitl.protocol.case import ActorKind
from openhitl.protocol.passkeys import NewPasskey, PasskeyHolder
from openhitl.store.engine import open_database
from tests.store.desk import CHANGED, HOUR, NOW

HASH = bytes(range(32))
LINK = HASH[::-1]
KEY = NewPasskey(rp_id="localhost", credential_id=b"id", public_key=b"cose", sign_count=0)


def recorded(url):
    """Read what was recorded: kind, who, and the payload's data."""
    query = (
        "SELECT kind, actor_kind, actor, at, case_ref, seq, payload"
        " FROM log JOIN log_payloads USING (position) ORDER BY position"
    )
    with closing(open_database(url)) as database, database.reading() as connection:
        rows = connection.exec_driver_sql(query).all()
    assert {(row.at, row.case_ref, row.seq) for row in rows} <= {(int(NOW.timestamp() * 1000), None, 0)}
    return [(row.kind, f"{row.actor_kind} {row.actor}", json.loads(row.payload)["data"]) for row in rows]


def test_agents_and_keys_are_recorded(desk, database_url):
    store = desk.store
    agent = store.add_agent("bot", **CHANGED).agent_id
    assert store.agent_of("bot", **CHANGED).agent_id == agent
    other = store.agent_of("other", **CHANGED).agent_id
    key = store.add_key(agent, ActorKind.SERVICE, HASH, "laptop", **CHANGED)
    assert store.revoke_key(key, **CHANGED)
    assert not store.revoke_key(key, **CHANGED)
    store.rotate_callbacks(agent, **CHANGED)
    assert store.rotate_receipts(**CHANGED) == 1
    operator = "operator operator"
    assert recorded(database_url) == [
        ("agent.added", operator, {"agent": agent, "name": "bot", "owners": []}),
        ("agent.added", operator, {"agent": other, "name": "other", "owners": []}),
        (
            "key.added",
            operator,
            {"key": key, "agent": agent, "kind": "service", "name": "laptop", "scopes": "ask read"},
        ),
        ("key.revoked", operator, {"key": key, "agent": agent}),
        ("secret.rotated", operator, {"secret": "callback", "agent": agent, "generation": 1}),
        ("secret.rotated", operator, {"secret": "receipts", "generation": 1}),
    ]
    assert store.verify_log() is None


def test_passkeys_are_recorded(desk, database_url):
    store = desk.store
    store.add_passkey_link(PasskeyHolder("Alice"), LINK, **CHANGED, until=NOW + HOUR)
    assert store.add_passkey(LINK, KEY, now=NOW)
    assert not store.add_passkey(LINK, replace(KEY, credential_id=b"di"), now=NOW)
    [passkey] = store.list_passkeys()
    assert store.revoke_passkey(passkey.passkey_id, **CHANGED)
    assert not store.revoke_passkey(passkey.passkey_id, **CHANGED)
    number = passkey.passkey_id
    assert recorded(database_url) == [
        ("link.made", "operator operator", {"kind": "passkey", "person": None, "name": "Alice"}),
        ("passkey.added", "link passkey:Alice", {"passkey": number, "person": None, "name": "Alice"}),
        ("passkey.revoked", "operator operator", {"passkey": number, "person": None}),
    ]


def test_what_fails_is_not_recorded(desk, database_url):
    with pytest.raises(StoreError):
        desk.store.add_key(404, ActorKind.AGENT, HASH, "nobody's", **CHANGED)
    with pytest.raises(StoreError):
        desk.store.rotate_callbacks(404, **CHANGED)
    assert recorded(database_url) == []
    assert desk.store.head() == 0
