"""Public keys that agents are written to with. Only they have the private ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select, update

from openhitl.protocol.audit import AuditEvent, AuditKind
from openhitl.protocol.case import Actor
from openhitl.store.agents import lock_agent
from openhitl.store.audit import append_audit
from openhitl.store.identity_schema import agent_owners, devices, public_keys
from openhitl.store.instants import to_ms
from openhitl.store.part import Part

#: How many keys of one agent are good: one for each machine it runs on, and no more.
MAX_KEYS_OF_AGENT = 20


class PublicKeys(Part):
    """Public keys. Raises, always: StoreError."""

    def add_agent_key(self, agent_id: int, public_key: str, *, by: Actor, now: datetime) -> None:
        """Keep a key of an agent, in the place of its oldest if it has too many; one it has stays."""
        mine = (public_keys.c.agent_id == agent_id) & public_keys.c.revoked_at.is_(None)
        with self._database.writing() as connection:
            lock_agent(connection, agent_id)
            known = connection.execute(
                select(public_keys.c.id, public_keys.c.public_key).where(mine).order_by(public_keys.c.id)
            ).all()
            if any(row.public_key == public_key for row in known):
                return
            ended = [row.id for row in known[: max(len(known) + 1 - MAX_KEYS_OF_AGENT, 0)]]
            connection.execute(
                update(public_keys).where(public_keys.c.id.in_(ended)).values(revoked_at=to_ms(now))
            )
            connection.execute(
                insert(public_keys).values(agent_id=agent_id, public_key=public_key, created_at=to_ms(now))
            )
            data = {"agent": agent_id, "public_key": public_key, "ended": len(ended)}
            append_audit(connection, AuditEvent(kind=AuditKind.PUBLIC_KEY_ADDED, at=now, actor=by, data=data))

    def keys_of_owners(self, agent_id: int) -> Sequence[str]:
        """List the keys of the devices of the people whom an agent belongs to, the one seen last first.

        hitl-cli encrypts to the first alone, so that is the device which somebody is most likely at.
        """
        owners = select(agent_owners.c.person_id).where(agent_owners.c.agent_id == agent_id)
        query = (
            select(devices.c.box_key)
            .where(devices.c.person_id.in_(owners), devices.c.revoked_at.is_(None))
            .order_by(devices.c.seen_at.desc(), devices.c.id.desc())
        )
        with self._database.reading() as connection:
            return list(connection.execute(query).scalars())
