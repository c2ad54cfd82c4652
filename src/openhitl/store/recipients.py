"""Whom encrypted questions can be encrypted to, and whose keys they may come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import or_, select

from openhitl.protocol.record import record
from openhitl.store.identity_schema import agent_owners, agents, device_lists, devices, public_keys
from openhitl.store.part import Part


@record(frozen=True, slots=True, kw_only=True)
class SenderKey:
    """A key (X25519, base64) that an agent may have encrypted with."""

    agent_id: int
    agent_name: str
    public_key: str


class Recipients(Part):
    """People's devices as agents need them, and agents' keys as devices do. Raises, always: StoreError."""

    def have_devices(self, person_ids: Sequence[int]) -> bool:
        """Tell whether any of these people has a device."""
        query = select(devices.c.id).where(
            devices.c.person_id.in_(person_ids), devices.c.revoked_at.is_(None)
        )
        with self._database.reading() as connection:
            return connection.execute(query.limit(1)).first() is not None

    def chains(self, person_ids: Sequence[int]) -> Mapping[int, Sequence[tuple[str, str]]]:
        """Read the device lists of people, oldest statement first, each with its signature."""
        query = (
            select(device_lists.c.person_id, device_lists.c.statement, device_lists.c.signature)
            .where(device_lists.c.person_id.in_(person_ids))
            .order_by(device_lists.c.person_id, device_lists.c.number)
        )
        found: dict[int, list[tuple[str, str]]] = {}
        with self._database.reading() as connection:
            for row in connection.execute(query):
                found.setdefault(row.person_id, []).append((row.statement, row.signature))
        return found

    def sender_keys(self, agent_id: int) -> Sequence[SenderKey]:
        """List the keys that a question of an agent may come from, newest first.

        Those of every agent that shares an owner with it: who has both a login and a key at one machine is
        two agents there, and has one key to encrypt with.
        """
        owners = select(agent_owners.c.person_id).where(agent_owners.c.agent_id == agent_id)
        beside = select(agent_owners.c.agent_id).where(agent_owners.c.person_id.in_(owners))
        query = (
            select(public_keys.c.agent_id, agents.c.name, public_keys.c.public_key)
            .join(agents, agents.c.id == public_keys.c.agent_id)
            .where(or_(public_keys.c.agent_id == agent_id, public_keys.c.agent_id.in_(beside)))
            .where(public_keys.c.revoked_at.is_(None))
            .order_by(public_keys.c.id.desc())
        )
        with self._database.reading() as connection:
            return [
                SenderKey(agent_id=row.agent_id, agent_name=row.name, public_key=row.public_key)
                for row in connection.execute(query)
            ]
