"""The keys of agents and services, and the generations of their secrets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, insert, select, update

from openhitl.protocol.audit import AuditEvent, AuditKind
from openhitl.protocol.case import Actor, ActorKind, Assurance
from openhitl.protocol.scopes import ALL_SCOPES, Scope, parse_scopes, spelled
from openhitl.store.audit import append_audit
from openhitl.store.identity_schema import agent_owners, agents, api_keys
from openhitl.store.instants import from_ms, to_ms
from openhitl.store.part import Part
from openhitl.store.records import KeyListed, KeyRow
from openhitl.store.schema import log_head

#: How long callbacks are signed with the secret before the present one, too.
CALLBACK_OVERLAP = timedelta(days=1)
_KEY = (
    select(
        api_keys.c.id,
        api_keys.c.agent_id,
        agents.c.name,
        api_keys.c.kind,
        api_keys.c.scopes,
        agents.c.assurance,
    )
    .join(agents, agents.c.id == api_keys.c.agent_id)
    .where(api_keys.c.hash == bindparam("key_hash"), api_keys.c.revoked_at.is_(None))
    .where(agents.c.disabled_at.is_(None))
)
_LISTED = select(api_keys, agents.c.name.label("agent_name")).join(agents, agents.c.id == api_keys.c.agent_id)


class Keys(Part):
    """What lets askers in. `by` and `now` of changes go into the log. Raises, always: StoreError."""

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
        self,
        agent_id: int,
        kind: ActorKind,
        key_hash: bytes,
        name: str,
        *,
        by: Actor,
        now: datetime,
        scopes: frozenset[Scope] = ALL_SCOPES,
    ) -> int:
        """Store the hash of a key; return the key's number."""
        values = {
            "agent_id": agent_id,
            "kind": kind.value,
            "hash": key_hash,
            "name": name,
            "created_at": to_ms(now),
            "scopes": spelled(scopes),
        }
        with self._database.writing() as connection:
            key_id: int = connection.execute(
                insert(api_keys).values(values).returning(api_keys.c.id)
            ).scalar_one()
            data = {
                "key": key_id,
                "agent": agent_id,
                "kind": kind.value,
                "name": name,
                "scopes": values["scopes"],
            }
            append_audit(connection, AuditEvent(kind=AuditKind.KEY_ADDED, at=now, actor=by, data=data))
            return key_id

    def revoke_key(self, key_id: int, *, by: Actor, now: datetime, owner: int | None = None) -> bool:
        """Make a key useless; return whether it was not before.

        `owner`: only if its agent belongs to this person.
        """
        found = update(api_keys).where(api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None))
        if owner is not None:
            theirs = select(agent_owners.c.agent_id).where(agent_owners.c.person_id == owner)
            found = found.where(api_keys.c.agent_id.in_(theirs))
        query = found.values(revoked_at=to_ms(now)).returning(api_keys.c.agent_id)
        with self._database.writing() as connection:
            agent_id = connection.execute(query).scalar()
            if agent_id is None:
                return False
            data = {"key": key_id, "agent": agent_id}
            append_audit(connection, AuditEvent(kind=AuditKind.KEY_REVOKED, at=now, actor=by, data=data))
            return True

    def keys_of(self, agent_id: int | None = None) -> Sequence[KeyListed]:
        """List the keys of an agent, or of all, that are good, in the order in which they were made."""
        query = _LISTED.where(api_keys.c.revoked_at.is_(None)).order_by(api_keys.c.id)
        if agent_id is not None:
            query = query.where(api_keys.c.agent_id == agent_id)
        with self._database.reading() as connection:
            return [
                KeyListed(
                    key_id=row.id,
                    agent_id=row.agent_id,
                    agent_name=row.agent_name,
                    kind=ActorKind(row.kind),
                    name=row.name,
                    scopes=parse_scopes(row.scopes),
                    created_at=from_ms(row.created_at),
                )
                for row in connection.execute(query)
            ]

    def find_key(self, key_hash: bytes) -> KeyRow | None:
        """Return the key of this hash, unless it was revoked or its agent is disabled."""
        with self._database.reading() as connection:
            row = connection.execute(_KEY, {"key_hash": key_hash}).one_or_none()
        if row is None:
            return None
        return KeyRow(
            key_id=row.id,
            agent_id=row.agent_id,
            agent_name=row.name,
            kind=ActorKind(row.kind),
            scopes=parse_scopes(row.scopes),
            assurance=Assurance(row.assurance) if row.assurance else None,
        )
