"""Agents and their keys."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, func, insert, select, update

from openhitl.protocol.audit import AuditEvent, AuditKind
from openhitl.protocol.case import Actor, ActorKind
from openhitl.store.audit import append_audit
from openhitl.store.engine import POSTGRESQL, Database
from openhitl.store.identity_schema import agents, api_keys
from openhitl.store.instants import from_ms, to_ms
from openhitl.store.records import Agent, KeyRow
from openhitl.store.schema import log_head

#: How long callbacks are signed with the secret before the present one, too.
CALLBACK_OVERLAP = timedelta(days=1)
_KEY = (
    select(api_keys.c.id, api_keys.c.agent_id, agents.c.name, api_keys.c.kind)
    .join(agents, agents.c.id == api_keys.c.agent_id)
    .where(api_keys.c.hash == bindparam("key_hash"), api_keys.c.revoked_at.is_(None))
)


class Keys:
    """Who may ask. `by` and `now` of what changes something go into the log. Raises, always: StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_agent(self, name: str, *, by: Actor, now: datetime) -> Agent:
        """Make an agent; names may repeat."""
        with self._database.writing() as connection:
            return _added(connection, name, by, now)

    def agent_of(self, name: str, *, by: Actor, now: datetime) -> Agent:
        """Return the agent of this name, made if need be; processes that ask at once get the same."""
        with self._database.writing() as connection:
            if self._database.kind == POSTGRESQL:  # on SQLite there is one writer at a time
                connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(name))))
            return _first(connection, name) or _added(connection, name, by, now)

    def agent_named(self, name: str) -> Agent | None:
        """Return the first agent of this name."""
        with self._database.reading() as connection:
            return _first(connection, name)

    def callback_generations(self, agent_id: int, now: datetime) -> tuple[int, ...]:
        """Number the secrets that callbacks to an agent are signed with at the moment, oldest first."""
        query = select(agents.c.callback_generation, agents.c.callback_rotated_at).where(
            agents.c.id == agent_id
        )
        with self._database.reading() as connection:
            generation, rotated_at = connection.execute(query).one()
        if rotated_at is None or now >= from_ms(rotated_at) + CALLBACK_OVERLAP:
            return (generation,)
        return (generation - 1, generation)

    def rotate_callbacks(self, agent_id: int, *, by: Actor, now: datetime) -> None:
        """Begin a new secret for an agent's callbacks; the one before it stays good for a day."""
        query = (
            update(agents)
            .where(agents.c.id == agent_id)
            .values(callback_generation=agents.c.callback_generation + 1, callback_rotated_at=to_ms(now))
            .returning(agents.c.callback_generation)
        )
        with self._database.writing() as connection:
            generation = connection.execute(query).scalar_one()
            data = {"secret": "callback", "agent": agent_id, "generation": generation}
            append_audit(connection, AuditEvent(kind=AuditKind.SECRET_ROTATED, at=now, actor=by, data=data))

    def rotate_receipts(self, *, by: Actor, now: datetime) -> int:
        """Begin a new key for receipts; return its number. Answers already given keep theirs."""
        query = (
            update(log_head)
            .values(receipt_generation=log_head.c.receipt_generation + 1, receipt_rotated_at=to_ms(now))
            .returning(log_head.c.receipt_generation)
        )
        with self._database.writing() as connection:
            generation: int = connection.execute(query).scalar_one()
            data = {"secret": "receipts", "generation": generation}
            append_audit(connection, AuditEvent(kind=AuditKind.SECRET_ROTATED, at=now, actor=by, data=data))
            return generation

    def add_key(
        self, agent_id: int, kind: ActorKind, key_hash: bytes, name: str, *, by: Actor, now: datetime
    ) -> int:
        """Store the hash of a key; return the key's number."""
        values = {
            "agent_id": agent_id,
            "kind": kind.value,
            "hash": key_hash,
            "name": name,
            "created_at": to_ms(now),
        }
        with self._database.writing() as connection:
            key_id: int = connection.execute(
                insert(api_keys).values(values).returning(api_keys.c.id)
            ).scalar_one()
            data = {"key": key_id, "agent": agent_id, "kind": kind.value, "name": name}
            append_audit(connection, AuditEvent(kind=AuditKind.KEY_ADDED, at=now, actor=by, data=data))
            return key_id

    def revoke_key(self, key_id: int, *, by: Actor, now: datetime) -> bool:
        """Make a key useless; return whether it was not before."""
        query = (
            update(api_keys)
            .where(api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None))
            .values(revoked_at=to_ms(now))
            .returning(api_keys.c.agent_id)
        )
        with self._database.writing() as connection:
            agent_id = connection.execute(query).scalar()
            if agent_id is None:
                return False
            data = {"key": key_id, "agent": agent_id}
            append_audit(connection, AuditEvent(kind=AuditKind.KEY_REVOKED, at=now, actor=by, data=data))
            return True

    def find_key(self, key_hash: bytes) -> KeyRow | None:
        """Return the key of this hash, unless it was revoked."""
        with self._database.reading() as connection:
            row = connection.execute(_KEY, {"key_hash": key_hash}).one_or_none()
        if row is None:
            return None
        return KeyRow(key_id=row.id, agent_id=row.agent_id, agent_name=row.name, kind=ActorKind(row.kind))


def _first(connection: Connection, name: str) -> Agent | None:
    query = select(agents.c.id).where(agents.c.name == name).order_by(agents.c.id).limit(1)
    agent_id = connection.execute(query).scalar()
    return None if agent_id is None else Agent(agent_id=agent_id, name=name)


def _added(connection: Connection, name: str, by: Actor, now: datetime) -> Agent:
    query = insert(agents).values(name=name, created_at=to_ms(now)).returning(agents.c.id)
    agent = Agent(agent_id=connection.execute(query).scalar_one(), name=name)
    data = {"agent": agent.agent_id, "name": name}
    append_audit(connection, AuditEvent(kind=AuditKind.AGENT_ADDED, at=now, actor=by, data=data))
    return agent
