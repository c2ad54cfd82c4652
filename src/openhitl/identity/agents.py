"""Agents as their people and they themselves see them: listed, made, given keys."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from openhitl.errors import NoDevice, NotFound, PolicyRefused
from openhitl.identity.keys import Asker, draw_key
from openhitl.identity.sessions import actor_of
from openhitl.protocol import base64url
from openhitl.protocol.case import ActorKind, Assurance
from openhitl.protocol.people import Person, SignedIn, checked_name, name_key
from openhitl.protocol.problems import invalid
from openhitl.protocol.scopes import ALL_SCOPES, Scope
from openhitl.protocol.sealed.keys import is_usable
from openhitl.store import Store
from openhitl.store.recipients import SenderKey
from openhitl.store.records import Agent, KeyListed
from openhitl.store.runner import Runner

#: The statements of a device list, oldest first, each with its signature.
Chain = Sequence[tuple[str, str]]


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
        return await self._run(self._store.agents_beside, asker.agent_id)

    async def add_beside(self, asker: Asker, name: object) -> Agent:
        """Make an agent that belongs to whom the asker belongs to. Raises: InvalidRequest."""
        owners = await self._run(self._store.own_owners_of, asker.agent_id)
        ids = [person.person_id for person in owners]
        return await self._run(
            self._store.add_agent, checked_name(name), owners=ids, by=asker.actor, now=self._clock()
        )

    async def add_public_key(self, asker: Asker, body: Mapping[str, object]) -> dict[str, str]:
        """Keep the public key of the agent that sends it, and say it again.

        Args:
            body: `entity_type` agent, `entity_id` its id, `public_key` 32 bytes as base64. The id may be
                left out, or another agent's of the same people (who has a login and a key has two); the key
                is the caller's all the same.

        Raises: InvalidRequest.
        """
        if body.get("entity_type") != "agent":
            invalid("entity_type", "must be agent: people register their devices themselves")
        if "entity_id" in body and str(body["entity_id"]) not in {
            str(agent.agent_id) for agent in await self.beside(asker)
        }:
            invalid("entity_id", "must be the id of an agent of yours")
        public_key = _public_key(body.get("public_key"))
        await self._run(
            self._store.add_agent_key, asker.agent_id, public_key, by=asker.actor, now=self._clock()
        )
        return {"entity_type": "agent", "entity_id": str(asker.agent_id), "public_key": public_key}

    async def owners_public_keys(self, asker: Asker) -> Sequence[str]:
        """List the public keys of the devices of an agent's people, as base64, the one seen last first."""
        found = await self._run(self._store.keys_of_owners, asker.agent_id)
        return [base64.b64encode(base64url.decode(key)).decode() for key in found]

    async def recipients(self, asker: Asker, names: Sequence[str]) -> Sequence[tuple[Person, Chain]]:
        """List who would be asked, each with the chain of their device list.

        Args:
            names: of people, as a question names them; without any, all whom the agent belongs to.

        Raises: PolicyRefused, InvalidRequest; NoDevice if none of them could read anything.
        """
        owners = await self._run(self._store.owners_of, asker.agent_id)
        people = await self._named(asker, names, owners) if names else owners
        chains = await self._run(self._store.chains, [person.person_id for person in people])
        if not chains:
            raise NoDevice
        return [(person, chains.get(person.person_id, ())) for person in people]

    async def _named(self, asker: Asker, names: Sequence[str], owners: Sequence[Person]) -> Sequence[Person]:
        is_agent = asker.kind is ActorKind.AGENT
        known = owners if is_agent else await self._run(self._store.people)
        by_name = {name_key(one.name): one for one in known if one.disabled_at is None}
        unknown = [name for name in names if name_key(name) not in by_name]
        if unknown and is_agent:
            raise PolicyRefused("An agent may ask those whom it belongs to, and nobody else.")
        if unknown:
            invalid("assignee", f"names nobody who has an account here: {unknown[0][:100]}")
        return list({by_name[name_key(name)].person_id: by_name[name_key(name)] for name in names}.values())

    async def sender_keys(self, agent_id: int) -> Sequence[SenderKey]:
        """List the keys that a question of this agent may have been encrypted with."""
        return await self._run(self._store.sender_keys, agent_id)

    async def of(self, signed_in: SignedIn) -> Sequence[Agent]:
        """List somebody's agents that may ask."""
        return await self._run(self._store.agents_of, signed_in.person.person_id)

    async def all_of(self, signed_in: SignedIn) -> Sequence[Agent]:
        """List somebody's agents, stopped ones too."""
        person_id = signed_in.person.person_id
        return await self._run(self._store.agents_of, person_id, stopped=True)

    async def add(self, signed_in: SignedIn, name: object) -> Agent:
        """Make an agent of one's own. Raises: InvalidRequest."""
        return await self._run(
            self._store.add_agent,
            checked_name(name),
            owners=[signed_in.person.person_id],
            by=actor_of(signed_in),
            now=self._clock(),
        )

    async def owners(self, signed_in: SignedIn, agent_id: int) -> Sequence[Person]:
        """List whom one of somebody's agents belongs to, disabled people too. Raises: NotFound."""
        await self._owned(signed_in, agent_id)
        return await self._run(self._store.own_owners_of, agent_id)

    async def keys(self, signed_in: SignedIn, agent_id: int) -> Sequence[KeyListed]:
        """List the keys of one of somebody's agents. Raises: NotFound."""
        await self._owned(signed_in, agent_id)
        return await self._run(self._store.keys_of, agent_id)

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

    async def muted(self, signed_in: SignedIn) -> frozenset[int]:
        """Number the agents that somebody does not want to be told of."""
        return await self._run(self._store.muted_agents, signed_in.person.person_id)

    async def mute(self, signed_in: SignedIn, agent_id: int, *, is_muted: bool) -> None:
        """Tell somebody no more of one of their agents, or again. Raises: NotFound."""
        agent = await self._owned(signed_in, agent_id)
        person_id = signed_in.person.person_id
        if is_muted:
            await self._run(self._store.mute, person_id, agent.agent_id, now=self._clock())
        else:
            await self._run(self._store.unmute, person_id, agent.agent_id)

    async def share(self, signed_in: SignedIn, agent_id: int, name: str) -> None:
        """Let one of somebody's agents belong to one more person, who then answers it, too.

        Raises: NotFound; InvalidRequest for a name of nobody who can sign in.
        """
        agent = await self._owned(signed_in, agent_id)
        person = await self._run(self._store.person_named, name)
        if person is None or person.disabled_at is not None:
            invalid("owner", "is nobody's name who has an account here")
        by, now = actor_of(signed_in), self._clock()
        await self._run(self._store.add_owner, agent.agent_id, person.person_id, by=by, now=now)

    async def unshare(self, signed_in: SignedIn, agent_id: int, person_id: int) -> None:
        """Let one of somebody's agents belong to somebody no more, be it themselves.

        Raises: NotFound, also where it would belong to nobody then.
        """
        agent = await self._owned(signed_in, agent_id)
        by, now = actor_of(signed_in), self._clock()
        if not await self._run(self._store.remove_owner, agent.agent_id, person_id, by=by, now=now):
            raise NotFound

    async def _owned(self, signed_in: SignedIn, agent_id: int) -> Agent:
        for agent in await self.all_of(signed_in):
            if agent.agent_id == agent_id:
                return agent
        raise NotFound


def _public_key(value: object) -> str:
    """Read a key of X25519: 32 bytes as base64. RFC 7748 §5. Raises: InvalidRequest."""
    try:
        raw = base64.b64decode(str(value), validate=True)
    except ValueError:
        raw = b""
    if not is_usable(raw):
        invalid("public_key", "must be a key of X25519: 32 bytes as base64")
    return base64.b64encode(raw).decode("ascii")
