"""Pairings: devices on their way in. What is good once, one UPDATE uses up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, or_, select, update

from openhitl.errors import DeviceKeyTaken
from openhitl.protocol.audit import AuditEvent, AuditKind
from openhitl.protocol.case import Actor, Json
from openhitl.protocol.devices import NUMBER_TRIES, DeviceKeys, NewDevice, Pairing, PairingState
from openhitl.protocol.people import SessionKind, SignedIn
from openhitl.store.audit import append_audit
from openhitl.store.devices import came_since, check_claim, kept_device, lock_person
from openhitl.store.identity_schema import devices, pairings, sessions
from openhitl.store.instants import from_ms, to_ms
from openhitl.store.part import Part
from openhitl.store.sessions import NewSession, inserted_session
from openhitl.store.stale import delete_some


@dataclass(frozen=True, slots=True, kw_only=True)
class NewClaim:
    """A device that claims: the hash of its token, where it calls from, and the number that it shows."""

    hash: bytes
    device: NewDevice
    place: str
    number: int


class Pairings(Part):
    """Pairings. Raises, in every method: StoreError."""

    def add_pairing(
        self,
        code_hash: bytes,
        person_id: int,
        *,
        session_id: int | None,
        by: Actor,
        now: datetime,
        until: datetime,
    ) -> int:
        """Keep the hash of a code that is shown where somebody is signed in; return the pairing's number."""
        values = {
            "person_id": person_id,
            "session_id": session_id,
            "code_hash": code_hash,
            "created_at": to_ms(now),
            "expires_at": to_ms(until),
        }
        with self._database.writing() as connection:
            added = insert(pairings).values(values).returning(pairings.c.id)
            pairing_id: int = connection.execute(added).scalar_one()
            data = {"pairing": pairing_id, "person": person_id}
            append_audit(connection, AuditEvent(kind=AuditKind.PAIRING_MADE, at=now, actor=by, data=data))
        return pairing_id

    def pairing(self, pairing_id: int, now: datetime) -> Pairing | None:
        """Return a pairing by its number."""
        with self._database.reading() as connection:
            row = connection.execute(select(pairings).where(pairings.c.id == pairing_id)).one_or_none()
        return None if row is None else _pairing(row, now)

    def claim_pairing(self, code_hash: bytes, claim: NewClaim, *, by: Actor, now: datetime) -> Pairing | None:
        """Let a device claim the pairing of a code, once; None if that is not to be had.

        Raises: DeviceKeyTaken, DeviceUnproven, which leave the code good.
        """
        device = claim.device
        values = {
            "claim_hash": claim.hash,
            "claimed_at": to_ms(now),
            "kind": device.kind.value,
            "name": device.name,
            "box_key": device.keys.box if device.keys else None,
            "sign_key": device.keys.sign if device.keys else None,
            "place": claim.place,
            "number": claim.number,
        }
        query = (
            update(pairings)
            .where(
                pairings.c.code_hash == code_hash,
                pairings.c.claim_hash.is_(None),
                pairings.c.decided_at.is_(None),
                pairings.c.expires_at > to_ms(now),
            )
            .values(values)
            .returning(pairings)
        )
        with self._database.writing() as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                return None
            if device.keys is not None:
                check_claim(connection, row.person_id, device)
            told = {"name": device.name, "kind": str(device.kind), "place": claim.place}
            append_audit(connection, _recorded(AuditKind.PAIRING_CLAIMED, row, told, by=by, now=now))
        return _pairing(row, now)

    def allow_pairing(self, pairing_id: int, typed: int, *, by: Actor, now: datetime) -> Pairing | None:
        """Let the device in that shows this number; each call is a try, and the last wrong one denies it.

        Returns: the pairing, now allowed or, with another number, still as it was or denied; None if there is
            none that waits for this. Raises: DeviceKeyTaken, TooManyDevices.
        """
        tried = (
            update(pairings)
            .where(
                pairings.c.id == pairing_id,
                pairings.c.claimed_at.is_not(None),
                pairings.c.decided_at.is_(None),
                pairings.c.expires_at > to_ms(now),
            )
            .values(tries=pairings.c.tries + 1)
            .returning(pairings)
        )
        with self._database.writing() as connection:
            row = connection.execute(tried).one_or_none()
            if row is None:
                return None
            is_right = row.number == typed
            if not is_right and row.tries < NUMBER_TRIES:
                return _pairing(row, now)
            row = _decided(connection, pairing_id, is_allowed=is_right, now=now)
            told: list[AuditEvent] = []
            new = _device(row)
            if is_right and new is not None and new.keys is not None:
                lock_person(connection, row.person_id)
                if came_since(connection, new.keys, row.claimed_at):  # whoever claimed proved nothing of it
                    raise DeviceKeyTaken
                new = replace(new, is_proven=True)
                _, told = kept_device(
                    self._database, connection, row.person_id, new, session_id=None, by=by, now=now
                )
            decided = _recorded(AuditKind.PAIRING_DECIDED, row, {"allowed": is_right}, by=by, now=now)
            append_audit(connection, *told, decided)
        return _pairing(row, now)

    def deny_pairing(self, pairing_id: int, *, by: Actor, now: datetime) -> bool:
        """End a pairing that nobody has decided about; return whether there was one."""
        is_open = (pairings.c.id == pairing_id, pairings.c.decided_at.is_(None))
        query = select(pairings.c.id).where(*is_open).with_for_update()
        with self._database.writing() as connection:
            if connection.execute(query).first() is None:
                return False
            row = _decided(connection, pairing_id, is_allowed=False, now=now)
            append_audit(
                connection, _recorded(AuditKind.PAIRING_DECIDED, row, {"allowed": False}, by=by, now=now)
            )
        return True

    def claimed_pairing(self, claim_hash: bytes, now: datetime) -> Pairing | None:
        """Return the pairing that a device has claimed."""
        with self._database.reading() as connection:
            row = connection.execute(
                select(pairings).where(pairings.c.claim_hash == claim_hash)
            ).one_or_none()
        return None if row is None else _pairing(row, now)

    def sign_in_by_pairing(self, claim_hash: bytes, session: NewSession, *, now: datetime) -> SignedIn | None:
        """Sign the device in whose pairing was allowed, once; None if it was not, or they are disabled.

        Nor where it was begun by a session that is over: whoever ends a session that somebody has stolen ends
        what that session has let in.
        """
        query = (
            update(pairings)
            .where(
                pairings.c.claim_hash == claim_hash,
                pairings.c.allowed == 1,
                pairings.c.used_at.is_(None),
                pairings.c.expires_at > to_ms(now),
                or_(pairings.c.session_id.is_(None), pairings.c.session_id.in_(_lasting(now))),
            )
            .values(used_at=to_ms(now))
            .returning(pairings)
        )
        with self._database.writing() as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                return None
            begun = inserted_session(connection, row.person_id, session, now=now)
            if begun is None:
                return None
            signed_in, event = begun
            here = update(devices).where(devices.c.box_key == row.box_key, devices.c.revoked_at.is_(None))
            connection.execute(here.values(session_id=signed_in.session.session_id))
            append_audit(connection, event)
            return signed_in

    def forget_pairings(self, now: datetime, limit: int) -> int:
        """Delete pairings that are too old; return how many."""
        with self._database.writing() as connection:
            return delete_some(connection, pairings.c.id, pairings.c.expires_at <= to_ms(now), limit=limit)


def _lasting(now: datetime) -> Select[int]:
    return select(sessions.c.id).where(sessions.c.revoked_at.is_(None), sessions.c.expires_at > to_ms(now))


def _decided(connection: Connection, pairing_id: int, *, is_allowed: bool, now: datetime) -> Row[Any]:
    query = update(pairings).where(pairings.c.id == pairing_id)
    values = {"decided_at": to_ms(now), "allowed": int(is_allowed)}
    return connection.execute(query.values(values).returning(pairings)).one()


def _recorded(kind: AuditKind, row: Row[Any], told: Json, *, by: Actor, now: datetime) -> AuditEvent:
    data = {"pairing": row.id, "person": row.person_id, **told}
    return AuditEvent(kind=kind, at=now, actor=by, data=data)


def _state(row: Row[Any], now: datetime) -> PairingState:
    if row.used_at is not None:
        return PairingState.USED
    if row.decided_at is not None and not row.allowed:
        return PairingState.DENIED
    if row.expires_at <= to_ms(now):
        return PairingState.EXPIRED
    if row.decided_at is not None:
        return PairingState.ALLOWED
    return PairingState.WAITING if row.claimed_at is None else PairingState.CLAIMED


def _device(row: Row[Any]) -> NewDevice | None:
    if row.claimed_at is None:
        return None
    keys = None if row.box_key is None else DeviceKeys(row.box_key, row.sign_key)
    return NewDevice(kind=SessionKind(row.kind), name=row.name, keys=keys)


def _pairing(row: Row[Any], now: datetime) -> Pairing:
    return Pairing(
        pairing_id=row.id,
        person_id=row.person_id,
        session_id=row.session_id,
        state=_state(row, now),
        expires_at=from_ms(row.expires_at),
        device=_device(row),
        place=row.place or "",
    )
