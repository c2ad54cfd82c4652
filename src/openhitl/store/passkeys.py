"""Passkeys, and the links at which they are registered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, insert, select, update

from openhitl.protocol.passkeys import Passkey
from openhitl.store.engine import POSTGRESQL, Database
from openhitl.store.identity_schema import passkey_links, passkeys
from openhitl.store.instants import from_ms, maybe_from_ms, to_ms

_LISTED = select(passkeys).order_by(passkeys.c.id)
_FIND = select(passkeys).where(
    passkeys.c.credential_id == bindparam("wanted"), passkeys.c.revoked_at.is_(None)
)


class Passkeys:
    """What answers can be proven with. Raises, in every method: StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_passkey_link(self, name: str, link_hash: bytes, *, now: datetime, until: datetime) -> None:
        """Store the hash of a link at which somebody of this name may register a passkey, once.

        Links that are too old are forgotten.
        """
        values = {"name": name, "hash": link_hash, "created_at": to_ms(now), "expires_at": to_ms(until)}
        with self._database.writing() as connection:
            connection.execute(delete(passkey_links).where(passkey_links.c.expires_at <= to_ms(now)))
            connection.execute(insert(passkey_links).values(values))

    def passkey_link(self, link_hash: bytes, now: datetime) -> str | None:
        """Return whose passkey a link is for; None if it was used, is too old or not there."""
        query = select(passkey_links.c.name).where(
            passkey_links.c.hash == link_hash,
            passkey_links.c.used_at.is_(None),
            passkey_links.c.expires_at > to_ms(now),
        )
        with self._database.reading() as connection:
            name: str | None = connection.execute(query).scalar()
            return name

    def add_passkey(
        self,
        link_hash: bytes,
        *,
        rp_id: str,
        credential_id: bytes,
        public_key: bytes,
        sign_count: int,
        now: datetime,
    ) -> bool:
        """Use up a link and store the passkey that was registered at it; return False if it was not good."""
        used = (
            update(passkey_links)
            .where(
                passkey_links.c.hash == link_hash,
                passkey_links.c.used_at.is_(None),
                passkey_links.c.expires_at > to_ms(now),
            )
            .values(used_at=to_ms(now))
            .returning(passkey_links.c.name)
        )
        taken = select(passkeys.c.id).where(passkeys.c.credential_id == credential_id)
        with self._database.writing() as connection:
            if connection.execute(taken).scalar() is not None:
                return False
            name = connection.execute(used).scalar()
            if name is None:
                return False
            values = {
                "name": name,
                "rp_id": rp_id,
                "credential_id": credential_id,
                "public_key": public_key,
                "sign_count": sign_count,
                "created_at": to_ms(now),
            }
            connection.execute(insert(passkeys).values(values))
        return True

    def find_passkey(self, credential_id: bytes) -> Passkey | None:
        """Return the passkey of this id, unless it was revoked."""
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

    def revoke_passkey(self, passkey_id: int, now: datetime) -> bool:
        """Make a passkey useless; return whether there is one of this number that was not before."""
        query = (
            update(passkeys)
            .where(passkeys.c.id == passkey_id, passkeys.c.revoked_at.is_(None))
            .values(revoked_at=to_ms(now))
        )
        with self._database.writing() as connection:
            return connection.execute(query).rowcount == 1


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
    )
