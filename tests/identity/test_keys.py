"""Whose an API key is, and how long that is believed without asking the store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

import pytest

from openhitl.errors import InvalidToken
from openhitl.identity import ApiKeys
from openhitl.identity.keys import CAPACITY, TRUST_SECONDS, draw_key
from openhitl.protocol.case import ActorKind
from openhitl.protocol.tokens import Purpose, hash_token, token_from_bytes
from openhitl.store.records import KeyRow

R = TypeVar("R")


class KeyTable:
    """The keys of a store, and a clock that the test moves. `asked` counts the look-ups."""

    def __init__(self) -> None:
        self.rows: dict[bytes, KeyRow] = {}
        self.asked = 0
        self.now = 0.0
        self.keys = ApiKeys(self.find, monotonic=lambda: self.now)

    async def find(self, key_hash: bytes) -> KeyRow | None:
        self.asked += 1
        return self.rows.get(key_hash)

    def add(self, kind: ActorKind, name: str = "shop") -> str:
        key, key_hash = draw_key(kind)
        number = len(self.rows) + 1
        self.rows[key_hash] = KeyRow(key_id=number, agent_id=number, agent_name=name, kind=kind)
        return key

    def revoke(self, key: str) -> None:
        del self.rows[hash_token(key)]


def run(work: Awaitable[R]) -> R:
    async def awaited() -> R:
        return await work

    return asyncio.run(awaited())


@pytest.mark.parametrize(("kind", "prefix"), [(ActorKind.AGENT, "hitla_"), (ActorKind.SERVICE, "hitlv_")])
def test_a_key_says_its_kind_and_names_its_agent(kind, prefix):
    table = KeyTable()
    key = table.add(kind)
    assert key.startswith(prefix)
    assert len(key) == len(prefix) + 43
    asker = run(table.keys.verify(key))
    assert (asker.agent_id, asker.name, asker.kind) == (1, "shop", kind)
    assert asker.actor.id == f"{kind}:1"
    assert asker.actor.kind is kind


def test_no_two_keys_are_alike():
    assert len({draw_key(ActorKind.AGENT)[0] for _ in range(1_000)}) == 1_000


def test_a_key_that_was_good_is_believed_for_two_seconds():
    table = KeyTable()
    key = table.add(ActorKind.AGENT)
    run(table.keys.verify(key))
    table.now += TRUST_SECONDS - 0.01
    run(table.keys.verify(key))
    assert table.asked == 1
    table.now += 0.01
    assert table.keys.remembered(key) is None
    run(table.keys.verify(key))
    assert table.asked == 2


def test_a_revoked_key_is_refused_two_seconds_later_at_the_latest():
    assert TRUST_SECONDS <= 2
    table = KeyTable()
    key = table.add(ActorKind.AGENT)
    run(table.keys.verify(key))
    table.revoke(key)
    table.now += TRUST_SECONDS
    for _ in range(2):
        with pytest.raises(InvalidToken):
            run(table.keys.verify(key))
    assert table.keys.remembered(key) is None


def test_an_unknown_key_is_asked_for_every_time():
    table = KeyTable()
    key, key_hash = draw_key(ActorKind.AGENT)
    for _ in range(2):
        with pytest.raises(InvalidToken):
            run(table.keys.verify(key))
    assert table.asked == 2
    table.rows[key_hash] = KeyRow(key_id=1, agent_id=1, agent_name="late", kind=ActorKind.AGENT)
    assert run(table.keys.verify(key)).name == "late"


@pytest.mark.parametrize(
    "credential",
    [
        "",
        "hitla_",
        "nonsense",
        "hitla_" + "x" * 42,
        "hitla_" + "x" * 44,
        "hitla_" + "x" * 42 + "\n",
        "hitla_" + "é" * 43,
        "HITLA_" + "x" * 43,
        " hitla_" + "x" * 43,
        *(
            token_from_bytes(purpose, b"\1" * 32)
            for purpose in Purpose
            if purpose.name not in ("AGENT", "SERVICE")
        ),
    ],
)
def test_what_is_not_a_key_is_refused_before_anything_is_looked_up(credential):
    table = KeyTable()
    for ask in (table.keys.remembered, lambda key: run(table.keys.verify(key))):
        with pytest.raises(InvalidToken):
            ask(credential)
    assert table.asked == 0


def test_an_agents_key_with_a_services_prefix_is_another_key():
    """The prefix is inside the hash."""
    table = KeyTable()
    key = table.add(ActorKind.AGENT)
    with pytest.raises(InvalidToken):
        run(table.keys.verify(Purpose.SERVICE.value + key.removeprefix(Purpose.AGENT.value)))


def test_what_is_remembered_is_bounded():
    table = KeyTable()
    row = KeyRow(key_id=1, agent_id=1, agent_name="many", kind=ActorKind.AGENT)

    async def scenario() -> tuple[int, bool]:
        made = [draw_key(ActorKind.AGENT) for _ in range(CAPACITY + 1)]
        table.rows.update((key_hash, row) for _, key_hash in made)
        for key, _ in made:
            await table.keys.verify(key)
        believed = sum(table.keys.remembered(key) is not None for key, _ in made)
        return believed, table.keys.remembered(made[-1][0]) is not None

    believed, last = run(scenario())
    assert believed <= CAPACITY
    assert last
