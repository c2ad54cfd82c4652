"""A device list that is full: it takes nothing more, and another can begin in its place."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from openhitl.errors import InvalidDeviceList
from openhitl.identity.devices import follow_on
from openhitl.protocol.devices import Device, DeviceKeys
from openhitl.protocol.people import SessionKind
from openhitl.protocol.sealed.device_list import MAX_LINKS, Link
from tests.protocol.sealed import households
from tests.protocol.sealed.households import PERSON, chain, device, link

LAPTOP, PHONE = device("laptop"), device("phone")
FIRST = link(None, [LAPTOP], LAPTOP)
NOW = datetime(2026, 2, 20, tzinfo=UTC)


def kept(one: households.Device) -> Device:
    return Device(
        device_id=1,
        person_id=1,
        session_id=None,
        kind=SessionKind.BROWSER,
        name=one.listed.name,
        keys=DeviceKeys(one.listed.box, one.listed.sign),
        created_at=NOW,
        seen_at=NOW,
    )


@pytest.fixture(scope="module")
def full() -> list[Link]:
    return [Link(**one) for one in chain([([LAPTOP], LAPTOP)] * MAX_LINKS)]


def test_a_full_list_takes_no_other_statement(full: list[Link]) -> None:
    with pytest.raises(InvalidDeviceList, match="no room"):
        follow_on(full, [kept(LAPTOP)], FIRST, PERSON)


def test_a_full_list_can_begin_anew(full: list[Link]) -> None:
    anew = link(None, [PHONE], PHONE)
    signed = follow_on(full, [kept(PHONE)], anew, PERSON)
    assert (signed.number, signed.identity) == (1, PHONE.listed.sign)


def test_what_has_ended_is_not_verified() -> None:
    broken = [Link("no statement", "no signature"), FIRST]
    assert follow_on(broken, [kept(PHONE)], link(None, [PHONE], PHONE), PERSON).number == 1
