"""Devices and pairings beside the sessions that they belong to; on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from openhitl.errors import DeviceKeyTaken
from openhitl.protocol.audit import ANYBODY
from openhitl.protocol.devices import DeviceKeys, NewDevice
from openhitl.protocol.people import Role, SessionKind
from openhitl.store.pairings import NewClaim
from openhitl.store.people import NewPerson
from openhitl.store.schema import log
from openhitl.store.sessions import KEPT
from tests.protocol.sealed.households import device
from tests.store.desk import CHANGED, HOUR, NOW
from tests.store.test_sessions import session

SECOND = timedelta(seconds=1)


def device_of(seed):
    keys = device(seed).listed
    return NewDevice(kind=SessionKind.BROWSER, name=seed, keys=DeviceKeys(keys.box, keys.sign))


@pytest.fixture
def alice(desk):
    return desk.store.add_person(NewPerson(name="Alice", role=Role.OWNER), **CHANGED).person_id


def begun(desk, alice, number=1, until=NOW + HOUR):
    return desk.store.add_session(alice, session(number, until), now=NOW).session.session_id


def test_a_device_outlives_its_session_and_comes_back_to_another(desk, alice):
    store = desk.store
    known = store.register_device(alice, begun(desk, alice), device_of("a"), **CHANGED)
    store.session_seen(known.session_id, NOW + HOUR / 2)
    assert store.forget_sessions(NOW + HOUR + KEPT, 10) == 1
    (left,) = store.devices_of(alice)
    assert (left.device_id, left.session_id, left.seen_at) == (known.device_id, None, NOW + HOUR / 2)
    later = begun(desk, alice, 2, NOW + 9 * KEPT)
    proven = replace(device_of("a"), is_proven=True)
    assert store.register_device(alice, later, proven, **CHANGED).device_id == known.device_id


def test_a_session_is_kept_while_a_pairing_names_it(desk, alice):
    store, where = desk.store, begun(desk, alice)
    store.add_pairing(b"1", alice, session_id=where, until=NOW + 9 * KEPT, **CHANGED)
    assert store.forget_sessions(NOW + HOUR + KEPT, 10) == 0
    assert store.forget_pairings(NOW + 9 * KEPT, 10) == 1
    assert store.forget_sessions(NOW + HOUR + KEPT, 10) == 1


def test_a_code_that_nobody_claimed_is_over_in_time(desk, alice):
    store = desk.store
    store.add_pairing(b"1", alice, session_id=None, until=NOW + HOUR, **CHANGED)
    claim = NewClaim(hash=b"2", device=device_of("a"), place="", number=42)
    assert store.claim_pairing(b"1", claim, by=ANYBODY, now=NOW + HOUR) is None
    assert store.claim_pairing(b"1", claim, by=ANYBODY, now=NOW + HOUR - SECOND) is not None


def test_two_who_claim_with_the_same_keys_are_not_both_let_in(desk, alice):
    """Each was free when it was claimed."""
    store = desk.store
    bob = store.add_person(NewPerson(name="Bob", role=Role.MEMBER), **CHANGED).person_id
    for number, person in enumerate((alice, bob)):
        store.add_pairing(bytes([number]), person, session_id=None, until=NOW + HOUR, **CHANGED)
        claim = NewClaim(hash=bytes([number + 9]), device=device_of("a"), place="", number=42)
        store.claim_pairing(bytes([number]), claim, by=ANYBODY, now=NOW)
    assert store.allow_pairing(1, 42, **CHANGED).state == "allowed"
    with pytest.raises(DeviceKeyTaken):
        store.allow_pairing(2, 42, **CHANGED)
    assert store.pairing(2, NOW).state == "claimed", "nothing of it was kept"


def test_what_happens_to_devices_is_in_the_log(desk, alice):
    store, where = desk.store, begun(desk, alice)
    known = store.register_device(alice, where, device_of("a"), **CHANGED)
    store.add_pairing(b"1", alice, session_id=where, until=NOW + HOUR, **CHANGED)
    claim = NewClaim(hash=b"2", device=device_of("b"), place="192.0.2.1", number=42)
    store.claim_pairing(b"1", claim, by=ANYBODY, now=NOW)
    store.allow_pairing(1, 42, **CHANGED)
    assert store.sign_in_by_pairing(b"2", session(2, NOW + HOUR), now=NOW) is not None
    assert store.revoke_device(alice, known.device_id, **CHANGED)
    with desk.store._database.reading() as connection:
        kinds = list(connection.execute(select(log.c.kind).order_by(log.c.position)).scalars())
    assert kinds == [
        "person.added",
        "session.signed_in",
        "device.added",
        "pairing.made",
        "pairing.claimed",
        "device.added",
        "pairing.decided",
        "session.signed_in",
        "device.revoked",
        "session.ended",
    ]
    assert store.verify_log() is None
