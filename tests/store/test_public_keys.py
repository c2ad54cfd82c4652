"""Public keys: whose they are, and which of them are good."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import insert, select

from openhitl.protocol.audit import OPERATOR
from openhitl.protocol.people import Role
from openhitl.store.identity_schema import devices, public_keys
from openhitl.store.people import NewPerson
from openhitl.store.public_keys import MAX_KEYS_OF_AGENT
from openhitl.store.schema import log
from tests.store.desk import CHANGED, NOW


def good_keys(desk, agent_id) -> list[str]:
    query = (
        select(public_keys.c.public_key)
        .where(public_keys.c.agent_id == agent_id, public_keys.c.revoked_at.is_(None))
        .order_by(public_keys.c.id)
    )
    with desk.store._database.reading() as connection:
        return list(connection.execute(query).scalars())


def test_a_key_that_is_there_is_kept_once_and_too_many_end_the_oldest(desk):
    agent = desk.store.add_agent("bot", **CHANGED)
    names = [f"key {number}" for number in range(MAX_KEYS_OF_AGENT + 1)]
    for name in [*names[:2], *names]:
        desk.store.add_agent_key(agent.agent_id, name, **CHANGED)
    assert good_keys(desk, agent.agent_id) == names[1:]


def test_one_key_that_many_send_at_once_is_kept_once(desk):
    agent = desk.store.add_agent("bot", **CHANGED)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: desk.store.add_agent_key(agent.agent_id, "key", **CHANGED), range(8)))
    assert good_keys(desk, agent.agent_id) == ["key"]


def test_of_owners_who_are_set_at_once_the_last_are_whole(desk):
    agent = desk.store.add_agent("bot", **CHANGED)
    ids = [
        desk.store.add_person(NewPerson(name=name, role=Role.MEMBER), **CHANGED).person_id
        for name in ("alice", "bob", "carol")
    ]
    wanted = [ids[:2], ids[1:]]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda one: desk.store.set_owners(agent.agent_id, one, **CHANGED), wanted * 4))
    assert [person.person_id for person in desk.store.own_owners_of(agent.agent_id)] in wanted


def test_a_new_key_is_recorded_and_a_known_one_is_not_again(desk):
    agent = desk.store.add_agent("bot", **CHANGED)
    for _ in range(2):
        desk.store.add_agent_key(agent.agent_id, "key", **CHANGED)
    with desk.store._database.reading() as connection:
        kinds = list(connection.execute(select(log.c.kind).order_by(log.c.position)).scalars())
    assert kinds == ["agent.added", "public_key.added"]


def test_an_agents_people_are_its_own(desk):
    joined = [
        desk.store.add_person(NewPerson(name=name, role=Role.MEMBER), **CHANGED)
        for name in ("alice", "mallory")
    ]
    ids = [person.person_id for person in joined]
    with desk.store._database.writing() as connection:
        rows = [
            {
                "person_id": person,
                "kind": "browser",
                "name": "phone",
                "box_key": f"key {number} of {person}",
                "sign_key": f"other key {number} of {person}",
                "created_at": 0,
                "seen_at": 0,
            }
            for person in ids
            for number in (1, 2)
        ]
        connection.execute(insert(devices), rows)
    agent = desk.store.add_agent("bot", owners=ids[:1], by=OPERATOR, now=NOW)
    alone = desk.store.add_agent("nobody's", **CHANGED)
    assert desk.store.keys_of_owners(agent.agent_id) == [f"key 2 of {ids[0]}", f"key 1 of {ids[0]}"]
    assert desk.store.keys_of_owners(alone.agent_id) == []
