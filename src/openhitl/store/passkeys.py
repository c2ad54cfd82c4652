"""Passkeys, and the links at which they are registered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from openhitl.protocol.audit import AuditEvent, AuditKind
from openhitl.protocol.case import Actor
from openhitl.protocol.passkeys import NewPasskey, Passkey, PasskeyHolder
from openhitl.store.audit import append_audit
from openhitl.store.engine import POSTGRESQL
from openhitl.store.identity_schema import passkey_links, passkeys, people
from openhitl.store.instants import from_ms, maybe_from_ms, to_ms
from openhitl.store.part import Part

_LISTED = select(passkeys).order_by(passkeys.c.id)
_FIND = (
    select(passkeys)
    .outerjoin(people, people.c.id == passkeys.c.person_id)
    .where(
        passkeys.c.credential_id == bindparam("wanted"),
        passkeys.c.revoked_at.is_(None),
        people.c.disabled_at.is_(None),
    )
)


class Passkeys(Part):
    """What answers can be proven with. Raises, in every method: StoreError."""

    def add_passkey_link(
        self, holder: PasskeyHolder, link_hash: bytes, *, by: Actor, now: datetime, until: datetime
    ) -> None:
        """Store the hash of a link at which a passkey may be registered, once.

        Links that are too old are forgotten.
        """
        values = {
            "name": holder.name,
            "person_id": holder.person_id,
            "hash": link_hash,
            "created_at": to_ms(now),
            "expires_at": to_ms(until),
        }
        data = {"kind": "passkey", "person": holder.person_id, "name": holder.name}
        with self._database.writing() as connection:
            connection.execute(delete(passkey_links).where(passkey_links.c.expires_at <= to_ms(now)))
            connection.execute(insert(passkey_links).values(values))
            event = AuditEvent(kind=AuditKind.LINK_MADE, at=now, actor=by, data=data)
            append_audit(connection, event)

    def passkey_link(self, link_hash: bytes, now: datetime) -> PasskeyHolder | None:
        """Return whose passkey a link is for; None if it was used, is too old or not there."""
        query = select(passkey_links.c.name, passkey_links.c.person_id).where(
            passkey_links.c.hash == link_hash,
            passkey_links.c.used_at.is_(None),
            passkey_links.c.expires_at > to_ms(now),
        )
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else PasskeyHolder(row.name, row.person_id)

    def add_passkey(self, link_hash: bytes, new: NewPasskey, *, now: datetime) -> bool:
        """Use up a link and store the passkey that was registered at it; return False if it was not good."""
        used = (
            update(passkey_links)
            .where(
                passkey_links.c.hash == link_hash,
                passkey_links.c.used_at.is_(None),
                passkey_links.c.expires_at > to_ms(now),
            )
            .values(used_at=to_ms(now))
            .returning(passkey_links.c.name, passkey_links.c.person_id)
        )
        with self._database.writing() as connection:
            if is_taken(connection, new.credential_id):
                return False
            row = connection.execute(used).one_or_none()
            if row is None:
                return False
            holder = PasskeyHolder(row.name, row.person_id)
            append_audit(connection, added_passkey(connection, holder, new, now=now))
        return True

    def passkeys_of(self, person_id: int) -> list[Passkey]:
        """List the passkeys of a person that are good, in the order in which they were registered."""
        query = _LISTED.where(passkeys.c.person_id == person_id, passkeys.c.revoked_at.is_(None))
        with self._database.reading() as connection:
            return [_passkey(row) for row in connection.execute(query)]

    def find_passkey(self, credential_id: bytes) -> Passkey | None:
        """Return the passkey of this id, unless it was revoked or its person is disabled."""
        with self._database.reading() as connection:
            row = connection.execute(_FIND, {"wanted": credential_id}).one_or_none()
        return None if row is None else _passkey(row)

    def list_passkeys(self) -> list[Passkey]:
        """List all passkeys in the order in which they were registered, revoked ones too."""
        with self._database.reading() as connection:
            return [_passkey(row) for row in connection.execute(_LISTED)]

    def passkey_used(self, passkey_id: int, sign_count: int, now: datetime) -> None:
        """Note that an answer was proven with a passkey; its counter never goes back."""
        count = func.greatest if self._database.kind == POSTGRESQL else func.max
        query = (
            update(passkeys)
            .where(passkeys.c.id == passkey_id)
            .values(last_used_at=to_ms(now), sign_count=count(passkeys.c.sign_count, sign_count))
        )
        with self._database.writing() as connection:
            connection.execute(query)

    def revoke_passkey(
        self, passkey_id: int, *, by: Actor, now: datetime, person_id: int | None = None
    ) -> bool:
        """Make a passkey useless; return whether there is one of this number that was not before.

        `person_id`: only if it is theirs.
        """
        query = update(passkeys).where(passkeys.c.id == passkey_id, passkeys.c.revoked_at.is_(None))
        if person_id is not None:
            query = query.where(passkeys.c.person_id == person_id)
        returned = query.values(revoked_at=to_ms(now)).returning(passkeys.c.person_id)
        with self._database.writing() as connection:
            row = connection.execute(returned).one_or_none()
            if row is None:
                return False
            data = {"passkey": passkey_id, "person": row.person_id}
            event = AuditEvent(kind=AuditKind.PASSKEY_REVOKED, at=now, actor=by, data=data)
            append_audit(connection, event)
        return True


def added_passkey(
    connection: Connection, holder: PasskeyHolder, new: NewPasskey, *, now: datetime
) -> AuditEvent:
    """Insert a passkey that nobody has; return what is to be recorded of it."""
    values = {
        "name": holder.name,
        "person_id": holder.person_id,
        "rp_id": new.rp_id,
        "credential_id": new.credential_id,
        "public_key": new.public_key,
        "sign_count": new.sign_count,
        "created_at": to_ms(now),
    }
    number = connection.execute(insert(passkeys).values(values).returning(passkeys.c.id)).scalar_one()
    data = {"passkey": number, "person": holder.person_id, "name": holder.name}
    return AuditEvent(kind=AuditKind.PASSKEY_ADDED, at=now, actor=holder.actor, data=data)


def is_taken(connection: Connection, credential_id: bytes) -> bool:
    """Tell whether somebody has a passkey already."""
    query = select(passkeys.c.id).where(passkeys.c.credential_id == credential_id)
    return connection.execute(query).first() is not None


def _passkey(row: Row[Any]) -> Passkey:
    fields = row._mapping
    return Passkey(
        passkey_id=fields["id"],
        name=fields["name"],
        rp_id=fields["rp_id"],
        credential_id=bytes(fields["credential_id"]),
        public_key=bytes(fields["public_key"]),
        sign_count=fields["sign_count"],
        created_at=from_ms(fields["created_at"]),
        last_used_at=maybe_from_ms(fields["last_used_at"]),
        revoked_at=maybe_from_ms(fields["revoked_at"]),
        person_id=fields["person_id"],
    )
