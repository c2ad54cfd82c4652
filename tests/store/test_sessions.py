"""Sessions and links that are good once, and when both are forgotten."""

from __future__ import annotations

from datetime import timedelta

from openhitl.protocol.people import LinkKind, Method, Role, SessionKind
from openhitl.store.people import NewPerson
from openhitl.store.sessions import KEPT, NewSession
from tests.store.desk import CHANGED, HOUR, NOW

CHALLENGE = bytes(32)
SECOND = timedelta(seconds=1)


def session(number, until):
    return NewSession(
        kind=SessionKind.BROWSER,
        hash=bytes([number]) * 32,
        method=Method.PASSKEY,
        device="Firefox",
        expires_at=until,
    )


def test_a_challenge_that_a_passkey_signed_is_good_once(desk):
    alice = desk.store.add_person(NewPerson(name="Alice", role=Role.OWNER), **CHANGED).person_id
    signed_in = [
        desk.store.add_session_by_challenge(
            alice, session(number, NOW + HOUR), CHALLENGE, until=NOW + HOUR, now=NOW
        )
        for number in (1, 2)
    ]
    assert [one is not None for one in signed_in] == [True, False]


def test_what_has_been_too_old_for_a_day_is_forgotten_and_nothing_else(desk):
    store = desk.store
    alice = store.add_person(NewPerson(name="Alice", role=Role.OWNER), **CHANGED).person_id
    first = store.add_session_by_challenge(
        alice, session(1, NOW + HOUR), CHALLENGE, until=NOW + HOUR, now=NOW
    )
    assert first is not None
    store.add_session(alice, session(2, NOW + 2 * KEPT), now=NOW)
    store.add_link(bytes(32), LinkKind.JOIN, role=Role.MEMBER, until=NOW + HOUR, **CHANGED)
    assert store.forget_sessions(NOW + HOUR + KEPT - SECOND, 10) == 0
    again = store.add_session_by_challenge(
        alice, session(3, NOW + 2 * KEPT), CHALLENGE, until=NOW + HOUR, now=NOW + HOUR + KEPT - SECOND
    )
    assert again is None, "a challenge is good once"
    assert store.forget_sessions(NOW + HOUR + KEPT, 10) == 3
    assert [one.expires_at for one in store.sessions_of(alice, NOW)] == [NOW + 2 * KEPT]
