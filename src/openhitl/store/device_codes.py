"""Devices that wait for somebody to allow them elsewhere. RFC 8628."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Connection, Row, case, cast, insert, select, update

from openhitl.protocol.oauth_clients import ClientKind
from openhitl.protocol.oauth_grants import Device, DeviceState, Grant, Terms
from openhitl.protocol.record import record
from openhitl.store.audit import append_audit
from openhitl.store.identity_schema import device_codes, oauth_clients
from openhitl.store.instants import from_ms, to_ms
from openhitl.store.oauth_terms import Refresh, begin_grant, terms_columns, terms_from
from openhitl.store.part import Part
from openhitl.store.stale import delete_some

#: How much longer a device waits each time that it asked too soon, and at most. RFC 8628 §3.5.
SLOWER_SECONDS = 5
SLOWEST_SECONDS = 60


@record(frozen=True, slots=True, kw_only=True)
class NewDevice:
    """A device that begins to wait: hashes of both its codes, whose it is, where it is."""

    hash: bytes
    user_code_hash: bytes
    client_ref: int
    place: str
    terms: Terms
    interval: timedelta
    until: datetime


class DeviceCodes(Part):
    """Devices. Raises, in every method: StoreError."""

    def add_device(self, new: NewDevice, *, now: datetime) -> None:
        """Keep a device that waits."""
        values = {
            "hash": new.hash,
            "user_code_hash": new.user_code_hash,
            "client_ref": new.client_ref,
            "place": new.place,
            **terms_columns(new.terms),
            "interval_seconds": new.interval // timedelta(seconds=1),
            "created_at": to_ms(now),
            "expires_at": to_ms(new.until),
        }
        with self._database.writing() as connection:
            connection.execute(insert(device_codes).values(values))

    def waiting_device(self, user_code_hash: bytes, now: datetime) -> Device | None:
        """Return the device that shows a code, while nobody has decided about it."""
        query = (
            select(device_codes, oauth_clients.c.client_id, oauth_clients.c.name, oauth_clients.c.kind)
            .join(oauth_clients, oauth_clients.c.id == device_codes.c.client_ref)
            .where(*_undecided(user_code_hash, now))
        )
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        return Device(
            client_id=row.client_id,
            client_name=row.name,
            kind=ClientKind(row.kind),
            place=row.place,
            terms=terms_from(row),
            expires_at=from_ms(row.expires_at),
        )

    def decide_device(
        self, user_code_hash: bytes, person_id: int, *, is_allowed: bool, now: datetime
    ) -> bool:
        """Allow or deny the device that shows a code, once; return whether there was one."""
        query = (
            update(device_codes)
            .where(*_undecided(user_code_hash, now))
            .values(person_id=person_id, allowed=int(is_allowed))
        )
        with self._database.writing() as connection:
            return connection.execute(query).rowcount == 1

    def poll_device(
        self, code_hash: bytes, client_ref: int, refresh: Refresh, *, now: datetime
    ) -> Grant | DeviceState:
        """Begin the grant of a device that was allowed; else say why not, and note that it has asked."""
        is_it = (device_codes.c.hash == code_hash, device_codes.c.client_ref == client_ref)
        used = (
            update(device_codes)
            .where(
                *is_it,
                device_codes.c.allowed == 1,
                device_codes.c.used_at.is_(None),
                device_codes.c.expires_at > to_ms(now),
            )
            .values(used_at=to_ms(now))
            .returning(device_codes)
        )
        with self._database.writing() as connection:
            row = connection.execute(used).one_or_none()
            if row is None:
                return _refused(connection, is_it, now)
            begun = begin_grant(self._database, connection, row, row.agent_name, refresh, now=now)
            if begun is None:
                return DeviceState.DENIED
            append_audit(connection, *begun.events)
            return begun.grant

    def forget_devices(self, now: datetime, limit: int) -> int:
        """Delete codes of devices that are too old; return how many."""
        is_stale = device_codes.c.expires_at <= to_ms(now)
        with self._database.writing() as connection:
            return delete_some(connection, device_codes.c.hash, is_stale, limit=limit)


def _undecided(user_code_hash: bytes, now: datetime) -> tuple[Any, ...]:
    return (
        device_codes.c.user_code_hash == user_code_hash,
        device_codes.c.allowed.is_(None),
        device_codes.c.expires_at > to_ms(now),
    )


def _refused(connection: Connection, is_it: tuple[Any, ...], now: datetime) -> DeviceState:
    """Note that a device has asked, and say why it gets nothing."""
    last, interval = device_codes.c.polled_at, device_codes.c.interval_seconds
    is_too_soon = last > to_ms(now) - cast(interval, BigInteger) * 1000
    slower = case((interval < SLOWEST_SECONDS, interval + SLOWER_SECONDS), else_=interval)
    hurried = update(device_codes).where(*is_it, is_too_soon)
    asked = update(device_codes).where(*is_it).values(polled_at=to_ms(now)).returning(device_codes)
    was_too_soon = connection.execute(hurried.values(interval_seconds=slower)).rowcount == 1
    row = connection.execute(asked).one_or_none()
    return DeviceState.UNKNOWN if row is None else _state(row, was_too_soon, now)


def _state(row: Row[Any], was_too_soon: bool, now: datetime) -> DeviceState:
    if row.used_at is not None:
        return DeviceState.UNKNOWN
    if row.expires_at <= to_ms(now):
        return DeviceState.EXPIRED
    if row.allowed == 0:
        return DeviceState.DENIED
    return DeviceState.TOO_SOON if was_too_soon else DeviceState.PENDING
