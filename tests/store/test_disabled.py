"""What ends with the right to it: links that somebody made, passkeys that prove, agents that ask."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from openhitl.keyring import Keyring
from openhitl.protocol.audit import OPERATOR
from openhitl.protocol.passkeys import NewPasskey, PasskeyHolder
from openhitl.protocol.people import LinkKind, Method, Person, Role, SessionKind, SignedIn
from openhitl.store import Store
from openhitl.store.people import NewPerson
from openhitl.store.sessions import NewSession
from tests.store.desk import HOUR, NOW, SECRET


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    store = Store.open(database_url, Keyring(SECRET))
    store.add_person(NewPerson(name="Olga", role=Role.OWNER), by=OPERATOR, now=NOW)
    yield store
    store.close()


def added(store: Store, name: str, role: Role = Role.MEMBER) -> Person:
    return store.add_person(NewPerson(name=name, role=role), by=OPERATOR, now=NOW)


def link(store: Store, name: str, *, by: Person, to: Person | None = None) -> bytes:
    """Store a link that somebody made: to sign in as another, or to join."""
    link_hash = name.encode().ljust(32)
    kind = LinkKind.SIGN_IN if to else LinkKind.JOIN
    store.add_link(
        link_hash,
        kind,
        by=OPERATOR,
        now=NOW,
        until=NOW + HOUR,
        role=None if to else Role.OWNER,
        person_id=to.person_id if to else None,
        created_by=by.person_id,
    )
    return link_hash


def session(name: str) -> NewSession:
    return NewSession(
        kind=SessionKind.BROWSER,
        hash=name.encode().ljust(32),
        method=Method.LINK,
        device="here",
        expires_at=NOW + HOUR,
    )


def joined(store: Store, link_hash: bytes, name: str) -> SignedIn | None:
    return store.join(link_hash, NewPerson(name=name, role=Role.MEMBER), session(name), now=NOW)


def test_an_owner_s_links_end_when_they_are_one_no_longer(store: Store) -> None:
    alice, bob = added(store, "Alice", Role.OWNER), added(store, "Bob")
    join, as_bob, own = (
        link(store, "join", by=alice),
        link(store, "as bob", by=alice, to=bob),
        link(store, "own", by=alice, to=alice),
    )
    assert all(store.link(one, NOW) for one in (join, as_bob, own))
    store.set_role(alice.person_id, Role.MEMBER, by=OPERATOR, now=NOW)
    assert store.link(join, NOW) is None
    assert joined(store, join, "Mallory") is None
    assert store.sign_in_by_link(as_bob, session("as bob"), now=NOW) is None
    signed_in = store.sign_in_by_link(own, session("own"), now=NOW)
    assert signed_in is not None, "her own is hers still"
    assert signed_in.person.name == "Alice"


def test_a_disabled_person_s_links_are_good_for_nobody(store: Store) -> None:
    alice, bob = added(store, "Alice", Role.OWNER), added(store, "Bob")
    hashes = [link(store, "join", by=alice), link(store, "as bob", by=alice, to=bob)]
    store.disable_person(alice.person_id, by=OPERATOR, now=NOW)
    assert [store.link(one, NOW) for one in hashes] == [None, None]
    assert joined(store, hashes[0], "Mallory") is None
    assert store.sign_in_by_link(hashes[1], session("as bob"), now=NOW) is None
    store.enable_person(alice.person_id, by=OPERATOR, now=NOW)
    assert joined(store, hashes[0], "Carla") is not None


def test_a_disabled_person_s_passkey_is_not_found(store: Store) -> None:
    alice = added(store, "Alice")
    for place, holder in enumerate((PasskeyHolder("Alice", alice.person_id), PasskeyHolder("a label"))):
        link_hash = bytes([place]) * 32
        store.add_passkey_link(holder, link_hash, by=OPERATOR, now=NOW, until=NOW + HOUR)
        new = NewPasskey(rp_id="localhost", credential_id=bytes([place]), public_key=b"key", sign_count=0)
        assert store.add_passkey(link_hash, new, now=NOW)
    store.disable_person(alice.person_id, by=OPERATOR, now=NOW)
    assert store.find_passkey(bytes([0])) is None
    assert store.find_passkey(bytes([1])) is not None
    store.enable_person(alice.person_id, by=OPERATOR, now=NOW)
    assert store.find_passkey(bytes([0])) is not None


def test_stopped_agents_are_listed_for_who_lets_them_ask_again(store: Store) -> None:
    alice = added(store, "Alice")
    agent = store.add_agent("bot", owners=[alice.person_id], by=OPERATOR, now=NOW)
    store.change_agent(agent.agent_id, is_disabled=True, by=OPERATOR, now=NOW)
    assert store.agents_of(alice.person_id) == []
    listed = store.agents_of(alice.person_id, stopped=True)
    assert [(one.agent_id, one.disabled_at) for one in listed] == [(agent.agent_id, NOW)]
