"""Agents that somebody does not want to be told of. Their questions wait all the same."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select

from openhitl.store.identity_schema import agent_mutes
from openhitl.store.instants import to_ms
from openhitl.store.part import Part


class Mutes(Part):
    """Mutes. Raises, in every method: StoreError."""

    def muted_agents(self, person_id: int) -> frozenset[int]:
        """Number the agents that a person has muted."""
        query = select(agent_mutes.c.agent_id).where(agent_mutes.c.person_id == person_id)
        with self._database.reading() as connection:
            return frozenset(connection.execute(query).scalars())

    def mute(self, person_id: int, agent_id: int, *, now: datetime) -> None:
        """Tell a person no more of an agent."""
        values = {"person_id": person_id, "agent_id": agent_id, "created_at": to_ms(now)}
        added = self._database.insert(agent_mutes).values(values).on_conflict_do_nothing()
        with self._database.writing() as connection:
            connection.execute(added)

    def unmute(self, person_id: int, agent_id: int) -> None:
        """Tell a person of an agent again."""
        query = delete(agent_mutes).where(
            agent_mutes.c.person_id == person_id, agent_mutes.c.agent_id == agent_id
        )
        with self._database.writing() as connection:
            connection.execute(query)
