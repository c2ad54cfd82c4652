"""Keys of encrypted cases that devices hand to those of the same person that came later.

What is kept is ciphertext. Which cases a device lacks is only a hint: the devices see for themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, exists, literal, not_, or_, select, true

from openhitl.errors import DeviceUnproven
from openhitl.protocol.case import SEALED_TYPE
from openhitl.protocol.record import record
from openhitl.protocol.sealed.device_list import Link, devices_in
from openhitl.protocol.sealed.head import Direction
from openhitl.store.assignees import may_answer
from openhitl.store.devices import lock_person
from openhitl.store.engine import Database
from openhitl.store.identity_schema import device_lists, devices, handed_keys
from openhitl.store.instants import to_ms
from openhitl.store.part import Part
from openhitl.store.schema import answers, cases, contents

#: Within so long of a new list an agent may have encrypted to the one before, as long as the id of a case is
#: good: then its envelope is looked into.
_AROUND = timedelta(hours=1) // timedelta(milliseconds=1)
#: How an envelope of version 2 stands in a content; of the older ones no key can be handed over.
_NEWER = '"envelope":{'


@record(frozen=True, slots=True, kw_only=True)
class NewHandedKey:
    """A key to what was sent in one direction of a case; `sender` and `recipient` are box keys of devices."""

    case_id: str
    direction: Direction
    sender: str
    recipient: str
    body: str


@record(frozen=True, slots=True)
class _Newcomer:
    """A device that is on its owner's list, and since when."""

    device_id: int
    box: str
    since_ms: int


class HandedKeys(Part):
    """Handed keys. Raises, in every method: StoreError."""

    def unhanded(self, person_id: int, box: str, *, before: str | None, limit: int) -> Sequence[str]:
        """Name the cases that one device of somebody's may read and another one on their list may not.

        Among them those that the device itself reads by what another one has handed to it: a key that it
        hands to itself stays good when that one is gone.

        Args:
            box: the key of the device that asks; of one that is not on the list there are none.
            before: the case_id at which the page before this one ended.
        """
        with self._database.reading() as connection:
            listed = _listed(connection, person_id)
            if box not in listed or len(listed) < 2:
                return []
            # Mostly nobody was added to the list since the first question: then nothing is lacking.
            newcomers = max(one.since_ms for one in listed.values())
            is_early = (cases.c.type == SEALED_TYPE, cases.c.created_at < newcomers + _AROUND)
            first = select(cases.c.id).where(*is_early, may_answer(literal(person_id))).limit(1)
            if connection.execute(first).first() is None:
                return []
            query = select(cases.c.case_id).where(
                *is_early,
                # What is inside of contents is looked at last.
                or_(*(_lacks(one, listed, is_own=one.box == box) for one in listed.values())),
                _can_read(listed[box], listed),
                _is_kept(person_id),
            )
            if before is not None:
                query = query.where(cases.c.case_id < before)
            return list(connection.execute(query.order_by(cases.c.case_id.desc()).limit(limit)).scalars())

    def hand_over(
        self, person_id: int, session_id: int, keys: Sequence[NewHandedKey], *, now: datetime
    ) -> int:
        """Keep keys that the device of a session hands over; return how many.

        Left out are those of cases that are not theirs or not there any more, and those from or to a device
        that is not on their list, or was revoked. One that is there already stays, unless its sender is gone
        or hands over another, or the recipient hands it to itself.

        Raises: DeviceUnproven for keys of another device than the session's.
        """
        with self._database.reading() as connection:
            _check_senders(connection, person_id, session_id, keys)
            told = _listed(connection, person_id)
        with self._database.writing() as connection:
            lock_person(connection, person_id)
            listed = _left(connection, person_id, told)
            wanted = [one for one in keys if one.sender in listed and one.recipient in listed]
            refs = _refs(connection, person_id, {one.case_id for one in wanted})
            return sum(
                _keep(self._database, connection, one, ref=refs[one.case_id], listed=listed, now=now)
                for one in wanted
                if one.case_id in refs
            )

    def handed_keys(self, person_id: int, case_id: str, box: str) -> Sequence[tuple[str, str]]:
        """Return what one device of somebody's was handed of a case: directions and envelopes."""
        query = (
            select(handed_keys.c.direction, handed_keys.c.body)
            .join(cases, cases.c.id == handed_keys.c.case_ref)
            .join(devices, devices.c.id == handed_keys.c.to_device)
            .where(cases.c.case_id == case_id, devices.c.person_id == person_id)
            .where(devices.c.box_key == box, devices.c.revoked_at.is_(None))
            .order_by(handed_keys.c.direction)
        )
        with self._database.reading() as connection:
            return [(row.direction, row.body) for row in connection.execute(query)]


def _listed(connection: Connection, person_id: int) -> Mapping[str, _Newcomer]:
    """Return the devices on somebody's list that were not revoked, by their box keys."""
    columns = device_lists.c
    chain = select(columns.statement, columns.created_at).where(columns.person_id == person_id)
    since: dict[str, int] = {}
    for statement, at in connection.execute(chain.order_by(columns.number)):
        since = {one.box: since.get(one.box, at) for one in devices_in(Link(statement, ""))}
    query = select(devices.c.id, devices.c.box_key).where(
        devices.c.person_id == person_id, devices.c.revoked_at.is_(None)
    )
    return {
        row.box_key: _Newcomer(row.id, row.box_key, since[row.box_key])
        for row in connection.execute(query)
        if row.box_key in since
    }


def _check_senders(
    connection: Connection, person_id: int, session_id: int, keys: Sequence[NewHandedKey]
) -> None:
    """Check that keys are those of the device that is signed in: an envelope says itself who sends it."""
    own = devices.c.person_id == person_id, devices.c.session_id == session_id, devices.c.revoked_at.is_(None)
    here = connection.execute(select(devices.c.box_key).where(*own)).scalar_one_or_none()
    if any(one.sender != here for one in keys):
        raise DeviceUnproven


def _left(connection: Connection, person_id: int, listed: Mapping[str, _Newcomer]) -> Mapping[str, _Newcomer]:
    """Leave out what was revoked since a list was read; nothing else is, while the person is locked."""
    alive = devices.c.person_id == person_id, devices.c.revoked_at.is_(None)
    left = set(connection.execute(select(devices.c.box_key).where(*alive)).scalars())
    return {box: one for box, one in listed.items() if box in left}


def _is_kept(person_id: int) -> ColumnElement[bool]:
    """Tell of each case whether it is encrypted in the newer way, is still there, and is somebody's."""
    return and_(
        cases.c.type == SEALED_TYPE,
        cases.c.demo.is_(False),
        cases.c.purged.is_(False),
        may_answer(literal(person_id)),
        exists().where(contents.c.case_ref == cases.c.id, contents.c.body.contains(_NEWER, autoescape=True)),
    )


def _can_read(one: _Newcomer, listed: Mapping[str, _Newcomer]) -> ColumnElement[bool]:
    """Tell of each case whether it was encrypted to a device, or its question was handed to it."""
    senders = [other.device_id for other in listed.values()]
    return or_(not_(_is_older(one)), _has(one, Direction.REQUEST, senders))


def _is_older(one: _Newcomer) -> ColumnElement[bool]:
    """Tell of each case whether it was encrypted before a device came, and so not to it."""
    is_to = exists().where(
        contents.c.case_ref == cases.c.id, contents.c.body.contains(f'"to":"{one.box}"', autoescape=True)
    )
    is_before = cases.c.created_at < one.since_ms - _AROUND
    return or_(is_before, and_(cases.c.created_at < one.since_ms + _AROUND, not_(is_to)))


def _lacks(one: _Newcomer, listed: Mapping[str, _Newcomer], *, is_own: bool) -> ColumnElement[bool]:
    """Tell of each case whether a device came after it and was not handed all of it."""
    senders = [one.device_id] if is_own else [other.device_id for other in listed.values()]
    is_answered = exists().where(answers.c.case_ref == cases.c.id)
    lacks_answer = and_(is_answered, not_(_has(one, Direction.ANSWER, senders)))
    lacks_either = or_(not_(_has(one, Direction.REQUEST, senders)), lacks_answer)
    return and_(_is_older(one), lacks_either)


def _has(one: _Newcomer, direction: Direction, senders: Sequence[int]) -> ColumnElement[bool]:
    return exists().where(
        handed_keys.c.case_ref == cases.c.id,
        handed_keys.c.direction == direction.value,
        handed_keys.c.to_device == one.device_id,
        handed_keys.c.from_device.in_(senders),
    )


def _refs(connection: Connection, person_id: int, case_ids: set[str]) -> Mapping[str, int]:
    """Find cases; none of them is purged meanwhile."""
    query = select(cases.c.case_id, cases.c.id).where(cases.c.case_id.in_(case_ids), _is_kept(person_id))
    found = connection.execute(query.order_by(cases.c.id).with_for_update(read=True, of=cases))
    return {row.case_id: row.id for row in found}


def _keep(
    database: Database,
    connection: Connection,
    key: NewHandedKey,
    *,
    ref: int,
    listed: Mapping[str, _Newcomer],
    now: datetime,
) -> int:
    sender, recipient = listed[key.sender].device_id, listed[key.recipient].device_id
    said = {"from_device": sender, "body": key.body, "created_at": to_ms(now)}
    place = {"case_ref": ref, "direction": key.direction.value, "to_device": recipient}
    # Devices that hand over at the same time do not take turns at what either of them has handed.
    others = [one.device_id for one in listed.values() if one.device_id != sender]
    is_gone = handed_keys.c.from_device.not_in(others)
    inserted = database.insert(handed_keys).values(place | said)
    query = inserted.on_conflict_do_update(
        index_elements=list(place), set_=said, where=true() if sender == recipient else is_gone
    ).returning(handed_keys.c.case_ref)
    return len(connection.execute(query).all())
