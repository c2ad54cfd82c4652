"""People's devices and their public keys. Private ones never leave a device."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, or_, select, update

from openhitl.errors import DeviceKeyTaken, DeviceUnproven, TooManyDevices
from openhitl.protocol.audit import AuditEvent, AuditKind
from openhitl.protocol.case import Actor
from openhitl.protocol.devices import Device, DeviceKeys, NewDevice
from openhitl.protocol.people import SessionKind
from openhitl.protocol.sealed.device_list import MAX_DEVICES
from openhitl.store.audit import append_audit
from openhitl.store.engine import Database
from openhitl.store.identity_schema import devices, handed_keys, people, sessions
from openhitl.store.instants import from_ms, to_ms
from openhitl.store.part import Part
from openhitl.store.people import ended_sessions

_GOOD = devices.c.revoked_at.is_(None)
_SEEN = func.coalesce(sessions.c.seen_at, devices.c.seen_at).label("last_seen_at")
_LISTED = select(devices, _SEEN).outerjoin(sessions, sessions.c.id == devices.c.session_id)


class Devices(Part):
    """Devices. Raises, in every method: StoreError."""

    def register_device(
        self, person_id: int, session_id: int, new: NewDevice, *, by: Actor, now: datetime
    ) -> Device:
        """Keep the keys of the device where somebody is signed in; one it had before in this session ends.

        A device that is theirs already is signed in here from now on, if it has proven that it is that one.
        Raises: DeviceKeyTaken if one of the keys is not theirs, or was revoked; DeviceUnproven,
        TooManyDevices.
        """
        with self._database.writing() as connection:
            lock_person(connection, person_id)
            others = (devices.c.session_id == session_id, devices.c.box_key != keys_of(new).box)
            told = revoked_devices(connection, *others, by=by, now=now)
            device_id, added = kept_device(
                self._database, connection, person_id, new, session_id=session_id, by=by, now=now
            )
            told += added
            if told:
                append_audit(connection, *told)
            row = connection.execute(_LISTED.where(devices.c.id == device_id)).one()
            return _device(row)

    def devices_of(self, person_id: int) -> Sequence[Device]:
        """List somebody's devices that were not revoked, in the order in which they came."""
        query = _LISTED.where(devices.c.person_id == person_id, _GOOD).order_by(devices.c.id)
        with self._database.reading() as connection:
            return [_device(row) for row in connection.execute(query)]

    def revoke_device(self, person_id: int, device_id: int, *, by: Actor, now: datetime) -> bool:
        """End one of somebody's devices and its session; return whether there was one of this number."""
        with self._database.writing() as connection:
            which = (devices.c.id == device_id, devices.c.person_id == person_id)
            found = connection.execute(select(devices.c.session_id).where(*which, _GOOD)).one_or_none()
            told: list[AuditEvent] = []
            # The session first, as where somebody signs out: else the two could wait for each other.
            if found is not None and found.session_id is not None:
                told += ended_sessions(connection, person_id, by=by, now=now, only=found.session_id)
            ended = revoked_devices(connection, *which, by=by, now=now)
            if told or ended:
                append_audit(connection, *ended, *told)
        return bool(ended)

    def move_device(self, before: int, after: int) -> None:
        """Let the device of one session be that of another, of the same person."""
        query = update(devices).where(
            devices.c.session_id == before,
            devices.c.person_id.in_(select(sessions.c.person_id).where(sessions.c.id == after)),
            _GOOD,
        )
        with self._database.writing() as connection:
            connection.execute(query.values(session_id=after))


def lock_person(connection: Connection, person_id: int) -> None:
    """Let what changes somebody's devices, their list or their settings happen one after another."""
    connection.execute(select(people.c.id).where(people.c.id == person_id).with_for_update())


def keys_of(new: NewDevice) -> DeviceKeys:
    """Return the keys of a device that has some."""
    if new.keys is None:
        raise ValueError("a device without keys is nothing to keep")
    return new.keys


def check_claim(connection: Connection, person_id: int, new: NewDevice) -> None:
    """Check that a device may claim its keys: they are of no other, or it is the one that has them.

    Raises: DeviceKeyTaken for keys of somebody else's, of two, or of one that was revoked; DeviceUnproven.
    """
    keys = keys_of(new)
    found = connection.execute(_with_either(keys)).all()
    if found and not _is_theirs(found, person_id, keys):
        raise DeviceKeyTaken
    if found and not new.is_proven:
        raise DeviceUnproven


def came_since(connection: Connection, keys: DeviceKeys, then_ms: int) -> bool:
    """Tell whether a device with one of these keys has come at an instant or after it."""
    return connection.execute(_with_either(keys).where(devices.c.created_at >= then_ms)).first() is not None


def kept_device(
    database: Database,
    connection: Connection,
    person_id: int,
    new: NewDevice,
    *,
    session_id: int | None,
    by: Actor,
    now: datetime,
) -> tuple[int, list[AuditEvent]]:
    """Insert a device, or find it; return its number and what is to be recorded.

    The person's row has to be locked. Raises: DeviceKeyTaken, DeviceUnproven, TooManyDevices.
    """
    keys = keys_of(new)
    found = connection.execute(_with_either(keys)).all()
    if found:
        if not _is_theirs(found, person_id, keys):
            raise DeviceKeyTaken
        if not new.is_proven and found[0].session_id != session_id:
            raise DeviceUnproven
        values = {"session_id": session_id, "name": new.name, "seen_at": to_ms(now)}
        connection.execute(update(devices).where(devices.c.id == found[0].id).values(values))
        return found[0].id, []
    theirs = select(func.count()).where(devices.c.person_id == person_id, _GOOD)
    if connection.execute(theirs).scalar_one() >= MAX_DEVICES:
        raise TooManyDevices
    values = {
        "person_id": person_id,
        "session_id": session_id,
        "kind": new.kind.value,
        "name": new.name,
        "box_key": keys.box,
        "sign_key": keys.sign,
        "created_at": to_ms(now),
        "seen_at": to_ms(now),
    }
    added = database.insert(devices).values(values).on_conflict_do_nothing().returning(devices.c.id)
    device_id = connection.execute(added).scalar()
    if device_id is None:  # somebody else has brought it at the same moment
        raise DeviceKeyTaken
    data = {"device": device_id, "person": person_id, "name": new.name, "kind": str(new.kind)}
    event = AuditEvent(
        kind=AuditKind.DEVICE_ADDED, at=now, actor=by, data={**data, "box": keys.box, "sign": keys.sign}
    )
    return device_id, [event]


def revoked_devices(
    connection: Connection, *which: ColumnElement[bool], by: Actor, now: datetime
) -> list[AuditEvent]:
    """Make devices useless, with what was handed to them; return what is to be recorded of each."""
    query = update(devices).where(*which, _GOOD).values(revoked_at=to_ms(now))
    ended = connection.execute(query.returning(devices.c.id, devices.c.person_id)).all()
    given = handed_keys.c.to_device.in_([row.id for row in ended])
    connection.execute(delete(handed_keys).where(given))
    return [
        AuditEvent(
            kind=AuditKind.DEVICE_REVOKED, at=now, actor=by, data={"device": row.id, "person": row.person_id}
        )
        for row in sorted(ended)
    ]


def leave_sessions(connection: Connection, *which: ColumnElement[bool]) -> None:
    """Forget where devices were signed in, before those sessions are deleted; when they were used stays."""
    last = select(sessions.c.seen_at).where(sessions.c.id == devices.c.session_id).scalar_subquery()
    query = update(devices).where(devices.c.session_id.in_(select(sessions.c.id).where(*which)))
    connection.execute(query.values(seen_at=last, session_id=None))


def _with_either(keys: DeviceKeys) -> Any:
    return select(devices).where(or_(devices.c.box_key == keys.box, devices.c.sign_key == keys.sign))


def _is_theirs(found: Sequence[Row[Any]], person_id: int, keys: DeviceKeys) -> bool:
    (first, *more) = found
    return (
        not more
        and first.person_id == person_id
        and first.revoked_at is None
        and (first.box_key, first.sign_key) == (keys.box, keys.sign)
    )


def _device(row: Row[Any]) -> Device:
    return Device(
        device_id=row.id,
        person_id=row.person_id,
        session_id=row.session_id,
        kind=SessionKind(row.kind),
        name=row.name,
        keys=DeviceKeys(row.box_key, row.sign_key),
        created_at=from_ms(row.created_at),
        seen_at=from_ms(row.last_seen_at),
    )
