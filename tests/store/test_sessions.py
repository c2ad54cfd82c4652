"""Sessions and links that are good once."""

from __future__ import annotations

from openhitl.protocol.people import Method, Role, SessionKind
from openhitl.store.people import NewPerson
from openhitl.store.sessions import NewSession
from tests.store.desk import CHANGED, HOUR, NOW

CHALLENGE = bytes(32)


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
