"""Programs, codes, grants, refresh tokens and devices, with many asking at once."""

from __future__ import annotations

import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from openhitl.errors import NameTaken
from openhitl.protocol.case import Actor, ActorKind
from openhitl.protocol.oauth_clients import ClientKind, parse_metadata
from openhitl.protocol.oauth_grants import Code, DeviceState, Grant, Standing, Terms
from openhitl.protocol.people import Role
from openhitl.protocol.scopes import ALL_SCOPES
from openhitl.store.device_codes import NewDevice
from openhitl.store.engine import open_database
from openhitl.store.oauth_clients import UNUSED_LIFE
from openhitl.store.oauth_grants import GRACE, KEPT
from openhitl.store.oauth_terms import Refresh
from openhitl.store.people import NewPerson
from tests.store.desk import CHANGED, HOUR, NOW

ANYBODY = Actor(kind=ActorKind.LINK, id="anybody")
CALLBACK = "https://app.example.com/callback"
METADATA = parse_metadata({"client_name": "App", "redirect_uris": [CALLBACK]})
TERMS = Terms(agent_name="deploy bot", scopes=ALL_SCOPES, resource="https://hitl.example.org")
SECOND = timedelta(seconds=1)
_numbers = itertools.count(1)


def new_hash():
    return next(_numbers).to_bytes(32, "big")


class World:
    """A person, a program, and what one may do with the other."""

    def __init__(self, store):
        self.store = store
        self.person = store.add_person(NewPerson(name="Alice", role=Role.OWNER), **CHANGED).person_id
        self.client = self.program("app")

    def program(self, client_id, now=NOW, **given):
        return self.store.register_client(client_id, METADATA, None, by=ANYBODY, now=now, **given)

    def code(self, client=None, agent_name="deploy bot", person=None):
        code = Code(
            client_ref=(client or self.client).ref,
            person_id=person or self.person,
            redirect_uri=CALLBACK,
            challenge="challenge",
            terms=replace(TERMS, agent_name=agent_name),
        )
        code_hash = new_hash()
        self.store.add_code(code_hash, code, now=NOW, until=NOW + HOUR)
        return code_hash, code

    def redeem(self, code_hash, code, now=NOW, refresh_hash=None, agent_name=None):
        refresh = Refresh(refresh_hash or new_hash(), NOW + 24 * HOUR)
        return self.store.redeem_code(code_hash, code, agent_name or code.terms.agent_name, refresh, now=now)

    def granted(self, **given):
        refresh_hash = new_hash()
        return self.redeem(*self.code(**given), refresh_hash=refresh_hash), refresh_hash

    def rotate(self, token_hash, successor_hash, now=NOW, client=None):
        successor = Refresh(successor_hash, NOW + 24 * HOUR)
        return self.store.rotate(token_hash, (client or self.client).ref, successor, now=now)


@pytest.fixture
def world(desk):
    return World(desk.store)


def recorded(url, *kinds):
    """Read what was recorded of these kinds: kind, who, and the payload's data."""
    query = "SELECT kind, actor, payload FROM log JOIN log_payloads USING (position) ORDER BY position"
    with closing(open_database(url)) as database, database.reading() as connection:
        rows = connection.exec_driver_sql(query).all()
    return [(row.kind, row.actor, json.loads(row.payload)["data"]) for row in rows if row.kind in kinds]


def test_a_program_is_kept_as_it_registered(world):
    found = world.store.client("app")
    assert found == world.client
    assert (found.kind, found.metadata, found.secret_hash) == (ClientKind.DYNAMIC, METADATA, None)
    assert world.store.client("other") is None


def test_a_code_begins_a_grant_with_an_agent_of_the_person(world, database_url):
    grant, _ = world.granted()
    assert grant == Grant(
        grant_id=grant.grant_id,
        client_ref=world.client.ref,
        person_id=world.person,
        person_name="Alice",
        agent_id=grant.agent_id,
        agent_name="deploy bot",
        scopes=TERMS.scopes,
        resource=TERMS.resource,
    )
    assert world.store.grant(grant.grant_id) == grant
    assert world.store.grants_of(world.person) == [Standing(grant=grant, client_name="App", since=NOW)]
    assert world.store.is_of_an_owner(grant.agent_id)
    assert recorded(database_url, "client.added", "agent.added", "grant.added") == [
        ("client.added", "anybody", {"client": "app", "kind": "dynamic", "name": "App"}),
        (
            "agent.added",
            f"person:{world.person}",
            {"agent": grant.agent_id, "name": "deploy bot", "owners": [world.person]},
        ),
        (
            "grant.added",
            f"person:{world.person}",
            {"grant": grant.grant_id, "client": "app", "agent": grant.agent_id, "scopes": "ask read"},
        ),
    ]
    assert world.store.verify_log() is None


def test_an_agent_is_the_same_for_the_same_program_person_and_name(world):
    first, _ = world.granted()
    assert world.granted()[0].agent_id == first.agent_id
    assert world.granted(agent_name="other")[0].agent_id != first.agent_id
    assert world.granted(client=world.program("app 2"))[0].agent_id != first.agent_id
    bob = world.store.add_person(NewPerson(name="Bob", role=Role.MEMBER), **CHANGED).person_id
    other, _ = world.granted(person=bob)
    assert other.agent_id != first.agent_id
    assert not world.store.is_of_an_owner(other.agent_id)


def test_the_program_says_at_the_exchange_who_the_agent_is(world):
    assert world.redeem(*world.code(), agent_name="told").agent_name == "told"


@pytest.mark.parametrize(
    "change",
    [
        {"client_ref": 99},
        {"redirect_uri": "https://app.example.com/other"},
        {"challenge": "another"},
    ],
)
def test_a_code_is_bound_to_all_that_it_was_made_for(world, change):
    """RFC 6749 §4.1.3, RFC 7636 §4.6."""
    code_hash, code = world.code()
    assert world.redeem(code_hash, replace(code, **change)) is None
    assert world.redeem(code_hash, code) is not None


def test_a_code_is_too_old_at_its_end(world):
    code_hash, code = world.code()
    assert world.redeem(code_hash, code, now=NOW + HOUR) is None
    assert world.redeem(code_hash, code, now=NOW + HOUR - SECOND) is not None


def test_a_code_used_twice_ends_its_grant(world, database_url):
    """RFC 6749 §4.1.2."""
    code_hash, code = world.code()
    grant = world.redeem(code_hash, code)
    assert world.redeem(code_hash, replace(code, challenge="guessed")) is None
    assert world.store.grant(grant.grant_id) is not None
    assert world.redeem(code_hash, code) is None
    assert world.store.grant(grant.grant_id) is None
    assert recorded(database_url, "grant.revoked") == [
        ("grant.revoked", "rule:reuse", {"grant": grant.grant_id, "agent": grant.agent_id})
    ]


def test_of_many_redemptions_at_once_one_begins_a_grant(world, database_url):
    code_hash, code = world.code()
    with ThreadPoolExecutor(20) as threads:
        grants = list(threads.map(lambda _: world.redeem(code_hash, code), range(20)))
    assert len([grant for grant in grants if grant is not None]) == 1
    assert len(recorded(database_url, "grant.added")) == 1


def test_nobody_is_granted_anything_by_somebody_disabled(world):
    code_hash, code = world.code()
    grant, _ = world.granted()
    bob = world.store.add_person(NewPerson(name="Bob", role=Role.OWNER), **CHANGED)
    world.store.disable_person(world.person, **CHANGED)
    assert world.redeem(code_hash, code) is None
    assert world.store.grant(grant.grant_id) is None
    assert not world.store.is_of_an_owner(grant.agent_id)
    assert bob.role is Role.OWNER


def test_a_refresh_token_gives_its_successor(world):
    """RFC 9700 §4.14.2."""
    grant, first = world.granted()
    second, third = new_hash(), new_hash()
    assert world.store.refreshable(first, world.client.ref) == grant
    assert world.rotate(first, second)
    assert world.rotate(second, third)
    assert world.store.refreshable(third, world.client.ref) == grant


def test_a_refresh_token_is_of_one_program(world):
    """RFC 6749 §10.4."""
    _, first = world.granted()
    other = world.program("other")
    assert world.store.refreshable(first, other.ref) is None
    assert not world.rotate(first, new_hash(), client=other)
    assert world.rotate(first, new_hash())


def test_within_half_a_minute_it_gives_the_same_again(world):
    grant, first = world.granted()
    successor = new_hash()
    assert world.rotate(first, successor)
    assert world.rotate(first, successor, now=NOW + GRACE - SECOND)
    assert world.store.grant(grant.grant_id) == grant


def test_later_it_ends_the_grant_with_all_its_tokens(world, database_url):
    """RFC 9700 §4.14.2."""
    grant, first = world.granted()
    successor = new_hash()
    assert world.rotate(first, successor)
    assert not world.rotate(first, successor, now=NOW + GRACE)
    assert world.store.grant(grant.grant_id) is None
    assert not world.rotate(successor, new_hash(), now=NOW + GRACE)
    assert [kind for kind, _, _ in recorded(database_url, "grant.revoked")] == ["grant.revoked"]


def test_of_many_refreshes_at_once_all_get_the_one_successor(world):
    grant, first = world.granted()
    successor = new_hash()
    with ThreadPoolExecutor(20) as threads:
        rotated = list(threads.map(lambda _: world.rotate(first, successor), range(20)))
    assert rotated == [True] * 20
    assert world.store.refreshable(successor, world.client.ref) == grant


def test_a_refresh_token_gets_too_old(world):
    _, first = world.granted()
    assert not world.rotate(first, new_hash(), now=NOW + 24 * HOUR)


def test_a_grant_is_ended_once_by_whose_it_is(world):
    grant, first = world.granted()
    assert not world.store.end_grant(grant.grant_id, by=ANYBODY, now=NOW, person_id=99)
    assert world.store.end_grant(grant.grant_id, by=ANYBODY, now=NOW, person_id=world.person)
    assert not world.store.end_grant(grant.grant_id, by=ANYBODY, now=NOW)
    assert world.store.refreshable(first, world.client.ref) is None
    assert world.store.grants_of(world.person) == []


def test_an_owner_registers_a_program_once(world):
    by = {"by": ANYBODY, "now": NOW}
    added = world.store.add_client("ci", METADATA, agent_name="ci bot", **by)
    assert (added.kind, added.agent_name) == (ClientKind.ADMIN, "ci bot")
    with pytest.raises(NameTaken):
        world.store.add_client("ci", METADATA, agent_name="other", **by)


def test_a_document_is_kept_and_kept_up_to_date(world, database_url):
    address = "https://app.example.com/client.json"
    first = world.store.keep_document(address, METADATA, by=ANYBODY, now=NOW)
    changed = replace(METADATA, name="App 2")
    second = world.store.keep_document(address, changed, by=ANYBODY, now=NOW + HOUR)
    assert (first.ref, first.metadata, first.fetched_at) == (second.ref, METADATA, NOW)
    assert (second.metadata, second.fetched_at) == (changed, NOW + HOUR)
    assert (
        len([1 for _, _, data in recorded(database_url, "client.added") if data["kind"] == "document"]) == 1
    )


def test_programs_that_nobody_uses_are_forgotten(world):
    granted, _ = world.granted()
    world.program("unused")
    world.store.add_client("by hand", METADATA, agent_name="bot", by=ANYBODY, now=NOW)
    world.store.keep_document("https://app.example.com/unused.json", METADATA, by=ANYBODY, now=NOW)
    assert world.program("one too many", most=1) is None
    assert world.store.forget_clients(NOW + UNUSED_LIFE - SECOND, 10) == 0
    assert world.store.forget_clients(NOW + UNUSED_LIFE, 10) == 2
    assert world.store.client("by hand") is not None
    assert world.store.client("unused") is None
    assert world.store.grant(granted.grant_id) == granted


def test_codes_and_tokens_that_are_too_old_are_forgotten(world):
    code_hash, code = world.code()
    world.granted()
    assert world.store.forget_codes(NOW + HOUR, 10) == 0
    assert world.store.forget_codes(NOW + HOUR + KEPT, 10) == 3
    assert world.store.code(code_hash) is None
    assert world.redeem(code_hash, code) is None


class Waiting:
    """A device that waits."""

    def __init__(self, world):
        self.world = world
        self.hash, self.user_code_hash = new_hash(), new_hash()
        new = NewDevice(
            hash=self.hash,
            user_code_hash=self.user_code_hash,
            client_ref=world.client.ref,
            place="192.0.2.7",
            terms=TERMS,
            interval=5 * SECOND,
            until=NOW + HOUR,
        )
        world.store.add_device(new, now=NOW)

    def poll(self, now=NOW, client=None):
        refresh = Refresh(new_hash(), NOW + 24 * HOUR)
        return self.world.store.poll_device(self.hash, (client or self.world.client).ref, refresh, now=now)

    def decide(self, is_allowed, now=NOW):
        return self.world.store.decide_device(
            self.user_code_hash, self.world.person, is_allowed=is_allowed, now=now
        )


def test_a_device_that_is_allowed_gets_one_grant(world):
    device = Waiting(world)
    shown = world.store.waiting_device(device.user_code_hash, NOW)
    assert (shown.client_id, shown.client_name, shown.place, shown.terms) == (
        "app",
        "App",
        "192.0.2.7",
        TERMS,
    )
    assert device.poll() is DeviceState.PENDING
    assert device.decide(True)
    assert not device.decide(False)
    assert world.store.waiting_device(device.user_code_hash, NOW) is None
    with ThreadPoolExecutor(8) as threads:
        polled = list(threads.map(lambda _: device.poll(NOW + 10 * SECOND), range(8)))
    [grant] = [one for one in polled if isinstance(one, Grant)]
    assert polled.count(DeviceState.UNKNOWN) == 7
    assert world.store.grant(grant.grant_id) == grant


def test_a_device_that_hurries_is_slowed_down(world):
    """RFC 8628 §3.5: five seconds more, for this and all that follow."""
    device = Waiting(world)
    states = [device.poll(NOW + second * SECOND) for second in (0, 4, 13, 28)]
    soon, pending = DeviceState.TOO_SOON, DeviceState.PENDING
    assert states == [pending, soon, soon, pending]
    assert device.decide(True)
    assert isinstance(device.poll(NOW + 29 * SECOND), Grant)


def test_a_device_is_never_made_to_wait_for_ever(world):
    device = Waiting(world)
    for _ in range(20):
        device.poll()
    assert device.poll(NOW + timedelta(seconds=60)) is DeviceState.PENDING


def test_a_device_that_is_denied_or_too_late(world):
    denied, late = Waiting(world), Waiting(world)
    assert denied.decide(False)
    assert denied.poll() is DeviceState.DENIED
    assert late.decide(True)
    assert late.poll(NOW + HOUR) is DeviceState.EXPIRED
    assert not Waiting(world).decide(True, now=NOW + HOUR)


def test_a_device_of_another_program_is_unknown(world):
    device = Waiting(world)
    assert device.decide(True)
    assert device.poll(client=world.program("other")) is DeviceState.UNKNOWN
    assert isinstance(device.poll(), Grant)


def test_nobody_disabled_allows_a_device(world):
    device = Waiting(world)
    assert device.decide(True)
    world.store.add_person(NewPerson(name="Bob", role=Role.OWNER), **CHANGED)
    world.store.disable_person(world.person, **CHANGED)
    assert device.poll() is DeviceState.DENIED


def test_devices_that_are_too_old_are_forgotten(world):
    device = Waiting(world)
    assert world.store.forget_devices(NOW + HOUR - SECOND, 10) == 0
    assert world.store.forget_devices(NOW + HOUR, 10) == 1
    assert device.poll() is DeviceState.UNKNOWN
