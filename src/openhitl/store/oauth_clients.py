"""Programs that ask people for grants."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, exists, func, insert, select, update

from openhitl.errors import NameTaken
from openhitl.protocol.audit import AuditEvent, AuditKind
from openhitl.protocol.case import Actor
from openhitl.protocol.oauth_clients import Client, ClientKind, ClientMetadata
from openhitl.store.audit import append_audit
from openhitl.store.identity_schema import device_codes, oauth_clients, oauth_codes
from openhitl.store.instants import maybe_from_ms, to_ms
from openhitl.store.part import Part
from openhitl.store.stale import delete_some
from openhitl.store.turns import wait_in_line

#: When a program that nobody registered by hand, or has allowed anything, is forgotten.
UNUSED_LIFE = timedelta(days=1)
#: How many such programs there may be at once.
MOST_UNUSED = 10_000
_IS_UNUSED = (oauth_clients.c.kind != ClientKind.ADMIN.value) & oauth_clients.c.used_at.is_(None)


class OAuthClients(Part):
    """Programs. Raises, in every method: StoreError."""

    def client(self, client_id: str) -> Client | None:
        """Return a program by the name that it goes by."""
        query = select(oauth_clients).where(oauth_clients.c.client_id == client_id)
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else client_from(row)

    def register_client(
        self,
        client_id: str,
        metadata: ClientMetadata,
        secret_hash: bytes | None,
        *,
        by: Actor,
        now: datetime,
        most: int = MOST_UNUSED,
    ) -> Client | None:
        """Keep what a program registers by itself; None if too many have that nobody uses."""
        is_dynamic = oauth_clients.c.kind == ClientKind.DYNAMIC.value
        counted = select(func.count()).select_from(oauth_clients).where(_IS_UNUSED, is_dynamic)
        values = {"kind": ClientKind.DYNAMIC, "secret_hash": secret_hash}
        with self._database.writing() as connection:
            if connection.execute(counted).scalar_one() >= most:
                return None
            return _added(connection, client_id, metadata, values, by=by, now=now)

    def add_client(
        self, client_id: str, metadata: ClientMetadata, *, agent_name: str, by: Actor, now: datetime
    ) -> Client:
        """Keep a program that an owner registers. Raises: NameTaken if there is one of this client id."""
        values = {"kind": ClientKind.ADMIN, "agent_name": agent_name}
        with self._database.writing() as connection:
            wait_in_line(self._database, connection, f"program {client_id}")
            if connection.execute(_by_id(client_id)).first() is not None:
                raise NameTaken("A program of this client_id is registered already.")
            return _added(connection, client_id, metadata, values, by=by, now=now)

    def keep_document(self, client_id: str, metadata: ClientMetadata, *, by: Actor, now: datetime) -> Client:
        """Keep what a program's document says now."""
        changed = (
            update(oauth_clients)
            .where(oauth_clients.c.client_id == client_id, oauth_clients.c.kind == ClientKind.DOCUMENT.value)
            .values(fetched_at=to_ms(now), **_columns(metadata))
            .returning(oauth_clients)
        )
        values = {"kind": ClientKind.DOCUMENT, "fetched_at": to_ms(now)}
        with self._database.writing() as connection:
            wait_in_line(self._database, connection, f"program {client_id}")
            row = connection.execute(changed).one_or_none()
            if row is not None:
                return client_from(row)
            return _added(connection, client_id, metadata, values, by=by, now=now)

    def forget_clients(self, now: datetime, limit: int) -> int:
        """Delete programs that came by themselves and were never allowed anything; return how many."""
        is_stale = (
            _IS_UNUSED,
            oauth_clients.c.created_at <= to_ms(now - UNUSED_LIFE),
            ~exists().where(oauth_codes.c.client_ref == oauth_clients.c.id),
            ~exists().where(device_codes.c.client_ref == oauth_clients.c.id),
        )
        with self._database.writing() as connection:
            return delete_some(connection, oauth_clients.c.id, *is_stale, limit=limit)


def client_from(row: Row[Any]) -> Client:
    """Read a program from the columns of the table."""
    fields = row._mapping
    columns = oauth_clients.c
    secret_hash = fields[columns.secret_hash]
    return Client(
        ref=fields[columns.id],
        client_id=fields[columns.client_id],
        kind=ClientKind(fields[columns.kind]),
        metadata=ClientMetadata(
            name=fields[columns.name],
            redirect_uris=tuple(json.loads(fields[columns.redirect_uris])),
            grant_types=tuple(json.loads(fields[columns.grant_types])),
            auth_method=fields[columns.auth_method],
        ),
        secret_hash=None if secret_hash is None else bytes(secret_hash),
        agent_name=fields[columns.agent_name],
        fetched_at=maybe_from_ms(fields[columns.fetched_at]),
    )


def _by_id(client_id: str) -> Any:
    return select(oauth_clients.c.id).where(oauth_clients.c.client_id == client_id)


def _columns(metadata: ClientMetadata) -> dict[str, Any]:
    return {
        "name": metadata.name,
        "redirect_uris": json.dumps(metadata.redirect_uris),
        "grant_types": json.dumps(metadata.grant_types),
        "auth_method": metadata.auth_method,
    }


def _added(
    connection: Connection,
    client_id: str,
    metadata: ClientMetadata,
    values: dict[str, Any],
    *,
    by: Actor,
    now: datetime,
) -> Client:
    kind = str(values["kind"])
    row = {
        "client_id": client_id,
        "created_at": to_ms(now),
        **_columns(metadata),
        **values,
        "kind": kind,
    }
    client = client_from(connection.execute(insert(oauth_clients).values(row).returning(oauth_clients)).one())
    data = {"client": client_id, "kind": kind, "name": metadata.name}
    append_audit(connection, AuditEvent(kind=AuditKind.CLIENT_ADDED, at=now, actor=by, data=data))
    return client
