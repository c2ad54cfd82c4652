"""Agents as their people and they themselves see them: listed, made, given keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from openhitl.errors import NotFound
from openhitl.identity.keys import Asker, draw_key
from openhitl.identity.sessions import Runner, actor_of
from openhitl.protocol.case import ActorKind, Assurance
from openhitl.protocol.people import Person, SignedIn, checked_name
from openhitl.protocol.scopes import ALL_SCOPES, Scope
from openhitl.store import Store
from openhitl.store.records import Agent, KeyListed


class AgentDesk:
    """Keeps the agents of people.

    Args:
        run: runs what asks the store beside the event loop.
    """

    def __init__(self, store: Store, *, run: Runner, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._run = run
        self._clock = clock

    async def beside(self, asker: Asker) -> Sequence[Agent]:
        """List the agents of an asker's people."""
        found: Sequence[Agent] = await self._run(self._store.agents_beside, asker.agent_id)
        return found

    async def add_beside(self, asker: Asker, name: object) -> Agent:
        """Make an agent that belongs to whom the asker belongs to. Raises: InvalidRequest."""
        owners: Sequence[Person] = await self._run(self._store.own_owners_of, asker.agent_id)
        ids = [person.person_id for person in owners]
        agent: Agent = await self._run(
            self._store.add_agent, checked_name(name), owners=ids, by=asker.actor, now=self._clock()
        )
        return agent

    async def of(self, signed_in: SignedIn) -> Sequence[Agent]:
        """List somebody's agents."""
        found: Sequence[Agent] = await self._run(self._store.agents_of, signed_in.person.person_id)
        return found

    async def add(self, signed_in: SignedIn, name: object) -> Agent:
        """Make an agent of one's own. Raises: InvalidRequest."""
        agent: Agent = await self._run(
            self._store.add_agent,
            checked_name(name),
            owners=[signed_in.person.person_id],
            by=actor_of(signed_in),
            now=self._clock(),
        )
        return agent

    async def keys(self, signed_in: SignedIn, agent_id: int) -> Sequence[KeyListed]:
        """List the keys of one of somebody's agents. Raises: NotFound."""
        await self._owned(signed_in, agent_id)
        found: Sequence[KeyListed] = await self._run(self._store.keys_of, agent_id)
        return found

    async def add_key(
        self,
        signed_in: SignedIn,
        agent_id: int,
        name: object,
        *,
        kind: ActorKind = ActorKind.AGENT,
        scopes: frozenset[Scope] = ALL_SCOPES,
    ) -> str:
        """Make a key for one of somebody's agents, and say it this once. Raises: NotFound, InvalidRequest."""
        agent = await self._owned(signed_in, agent_id)
        key, key_hash = draw_key(kind)
        await self._run(
            self._store.add_key,
            agent.agent_id,
            kind,
            key_hash,
            checked_name(name),
            by=actor_of(signed_in),
            now=self._clock(),
            scopes=scopes,
        )
        return key

    async def revoke_key(self, signed_in: SignedIn, key_id: int) -> None:
        """Make a key of one of somebody's agents useless. Raises: NotFound."""
        is_revoked = await self._run(
            self._store.revoke_key,
            key_id,
            by=actor_of(signed_in),
            now=self._clock(),
            owner=signed_in.person.person_id,
        )
        if not is_revoked:
            raise NotFound

    async def change(
        self,
        signed_in: SignedIn,
        agent_id: int,
        *,
        name: object = None,
        assurance: Assurance | None = None,
        is_disabled: bool | None = None,
    ) -> None:
        """Rename one of somebody's agents, want more assurance of its cases, or stop it from asking.

        Raises: NotFound, InvalidRequest.
        """
        agent = await self._owned(signed_in, agent_id)
        await self._run(
            self._store.change_agent,
            agent.agent_id,
            by=actor_of(signed_in),
            now=self._clock(),
            name=None if name is None else checked_name(name),
            assurance=assurance,
            is_disabled=is_disabled,
        )

    async def _owned(self, signed_in: SignedIn, agent_id: int) -> Agent:
        for agent in await self.of(signed_in):
            if agent.agent_id == agent_id:
                return agent
        raise NotFound
