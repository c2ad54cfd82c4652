"""Agents: who asks, and the people whom each belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, insert, select, update

from openhitl.protocol.audit import AuditEvent, AuditKind
from openhitl.protocol.case import Actor, Assurance
from openhitl.protocol.people import Person, Role
from openhitl.store.assignees import is_enabled_owner
from openhitl.store.audit import append_audit
from openhitl.store.identity_schema import agent_owners, agents, people
from openhitl.store.instants import maybe_from_ms, to_ms
from openhitl.store.part import Part
from openhitl.store.people import person_from
from openhitl.store.records import Agent
from openhitl.store.turns import wait_in_line


class Agents(Part):
    """Agents. `by` and `now` of what changes something go into the log. Raises, always: StoreError."""

    def add_agent(self, name: str, *, by: Actor, now: datetime, owners: Iterable[int] = ()) -> Agent:
        """Make an agent that belongs to these people; names may repeat."""
        with self._database.writing() as connection:
            return added_agent(connection, name, owners, by=by, now=now)

    def agent_of(self, name: str, *, by: Actor, now: datetime) -> Agent:
        """Return the server's own agent of this name, made if need be; who asks at once gets the same.

        One that belongs to somebody, or was stopped, is another one.
        """
        with self._database.writing() as connection:
            wait_in_line(self._database, connection, f"agent {name}")
            owned = select(agent_owners.c.agent_id)
            servers = _named(name).where(agents.c.id.not_in(owned), agents.c.disabled_at.is_(None))
            return _first(connection, servers) or added_agent(connection, name, (), by=by, now=now)

    def agent_named(self, name: str) -> Agent | None:
        """Return the first agent of this name."""
        with self._database.reading() as connection:
            return _first(connection, _named(name))

    def agent(self, agent_id: int) -> Agent | None:
        """Return an agent by number."""
        with self._database.reading() as connection:
            return _first(connection, select(agents).where(agents.c.id == agent_id))

    def agents_of(self, person_id: int, *, stopped: bool = False) -> Sequence[Agent]:
        """List the agents of a person that may ask, in the order in which they were made.

        `stopped`: those too that may not.
        """
        theirs = select(agent_owners.c.agent_id).where(agent_owners.c.person_id == person_id)
        return self._listed(agents.c.id.in_(theirs), stopped=stopped)

    def agents_beside(self, agent_id: int) -> Sequence[Agent]:
        """List the agents that share an owner with one; or, if it has none, all that have none."""
        owned = select(agent_owners.c.agent_id)
        owners = select(agent_owners.c.person_id).where(agent_owners.c.agent_id == agent_id)
        with self._database.reading() as connection:
            has_owner = connection.execute(owners.limit(1)).first() is not None
        beside = owned.where(agent_owners.c.person_id.in_(owners))
        return self._listed(agents.c.id.in_(beside) if has_owner else agents.c.id.not_in(owned))

    def own_owners_of(self, agent_id: int) -> Sequence[Person]:
        """List the people whom an agent belongs to, disabled ones too; nobody for one of the server's."""
        of_agent = select(agent_owners.c.person_id).where(agent_owners.c.agent_id == agent_id)
        with self._database.reading() as connection:
            found = connection.execute(select(people).where(people.c.id.in_(of_agent)).order_by(people.c.id))
            return [person_from(row) for row in found]

    def owners_of(self, agent_id: int | None) -> Sequence[Person]:
        """List who may answer an agent's cases: its owners, if it has none the server's; nobody disabled."""
        of_agent = select(agent_owners.c.person_id).where(
            agent_owners.c.agent_id == agent_id, is_enabled_owner()
        )
        theirs = people.c.id.in_(of_agent)
        of_server = (people.c.role == Role.OWNER.value) & ~of_agent.exists()
        query = select(people).where(theirs | of_server, people.c.disabled_at.is_(None)).order_by(people.c.id)
        with self._database.reading() as connection:
            return [person_from(row) for row in connection.execute(query)]

    def add_owner(self, agent_id: int, person_id: int, *, by: Actor, now: datetime) -> None:
        """Let an agent belong to one more person; nothing changes if it does already."""
        with self._database.writing() as connection:
            owners = _locked_owners(connection, agent_id)
            if person_id not in owners:
                _own(connection, agent_id, [person_id], now)
                _changed(connection, agent_id, {"owners": sorted({*owners, person_id})}, by, now)

    def remove_owner(self, agent_id: int, person_id: int, *, by: Actor, now: datetime) -> bool:
        """Let an agent belong to somebody no more; return False if it is not theirs.

        Nothing changes, and it returns False, if nobody who may sign in would be left.
        """
        left = select(agent_owners.c.person_id).where(
            agent_owners.c.agent_id == agent_id,
            agent_owners.c.person_id != person_id,
            is_enabled_owner(),
        )
        with self._database.writing() as connection:
            owners = _locked_owners(connection, agent_id)
            if person_id not in owners or connection.execute(left.limit(1)).first() is None:
                return False
            connection.execute(
                delete(agent_owners).where(
                    agent_owners.c.agent_id == agent_id, agent_owners.c.person_id == person_id
                )
            )
            _changed(connection, agent_id, {"owners": sorted(owners - {person_id})}, by, now)
        return True

    def is_of_an_owner(self, agent_id: int) -> bool:
        """Tell whether an agent belongs to somebody who is an owner of this server."""
        query = (
            select(people.c.id)
            .join(agent_owners, agent_owners.c.person_id == people.c.id)
            .where(
                agent_owners.c.agent_id == agent_id,
                people.c.role == Role.OWNER.value,
                people.c.disabled_at.is_(None),
            )
        )
        with self._database.reading() as connection:
            return connection.execute(query.limit(1)).first() is not None

    def set_owners(self, agent_id: int, owners: Iterable[int], *, by: Actor, now: datetime) -> None:
        """Say whom an agent belongs to."""
        given = sorted(set(owners))
        with self._database.writing() as connection:
            lock_agent(connection, agent_id)
            connection.execute(delete(agent_owners).where(agent_owners.c.agent_id == agent_id))
            _own(connection, agent_id, given, now)
            _changed(connection, agent_id, {"owners": given}, by, now)

    def change_agent(
        self,
        agent_id: int,
        *,
        by: Actor,
        now: datetime,
        name: str | None = None,
        assurance: Assurance | None = None,
        is_disabled: bool | None = None,
    ) -> None:
        """Change what is given: the name, the least assurance of its cases, whether it may ask at all."""
        told: dict[str, Any] = {}
        values: dict[str, Any] = {}
        if name is not None:
            told["name"] = values["name"] = name
        if assurance is not None:
            told["assurance"] = values["assurance"] = assurance.value
        if is_disabled is not None:
            told["disabled"] = is_disabled
            values["disabled_at"] = to_ms(now) if is_disabled else None
        with self._database.writing() as connection:
            connection.execute(update(agents).where(agents.c.id == agent_id).values(values))
            _changed(connection, agent_id, told, by, now)

    def _listed(self, condition: Any, *, stopped: bool = False) -> Sequence[Agent]:
        query = select(agents).where(condition).order_by(agents.c.id)
        if not stopped:
            query = query.where(agents.c.disabled_at.is_(None))
        with self._database.reading() as connection:
            return [_agent(row) for row in connection.execute(query)]


def lock_agent(connection: Connection, agent_id: int) -> None:
    """Let those who change what belongs to an agent do so one after another."""
    # Keys and cases that refer to the agent meanwhile wait for nobody.
    connection.execute(select(agents.c.id).where(agents.c.id == agent_id).with_for_update(key_share=True))


def added_agent(
    connection: Connection, name: str, owners: Iterable[int], *, by: Actor, now: datetime
) -> Agent:
    """Insert an agent and record it; call it last in a transaction."""
    agent, event = new_agent(connection, name, owners, by=by, now=now)
    append_audit(connection, event)
    return agent


def new_agent(
    connection: Connection, name: str, owners: Iterable[int], *, by: Actor, now: datetime
) -> tuple[Agent, AuditEvent]:
    """Insert an agent; return it and what is to be recorded of it at the end of the transaction."""
    agent = _agent(
        connection.execute(insert(agents).values(name=name, created_at=to_ms(now)).returning(agents)).one()
    )
    given = sorted(set(owners))
    _own(connection, agent.agent_id, given, now)
    data = {"agent": agent.agent_id, "name": name, "owners": given}
    return agent, AuditEvent(kind=AuditKind.AGENT_ADDED, at=now, actor=by, data=data)


def _own(connection: Connection, agent_id: int, owners: Sequence[int], now: datetime) -> None:
    rows = [{"agent_id": agent_id, "person_id": person, "created_at": to_ms(now)} for person in owners]
    if rows:
        connection.execute(insert(agent_owners), rows)


def _locked_owners(connection: Connection, agent_id: int) -> set[int]:
    """Read whom an agent belongs to, while nobody else can change it."""
    lock_agent(connection, agent_id)
    query = select(agent_owners.c.person_id).where(agent_owners.c.agent_id == agent_id)
    return set(connection.execute(query).scalars())


def _changed(connection: Connection, agent_id: int, told: dict[str, Any], by: Actor, now: datetime) -> None:
    data = {"agent": agent_id, **told}
    append_audit(connection, AuditEvent(kind=AuditKind.AGENT_CHANGED, at=now, actor=by, data=data))


def _named(name: str) -> Select[Any]:
    return select(agents).where(agents.c.name == name).order_by(agents.c.id).limit(1)


def _first(connection: Connection, query: Select[Any]) -> Agent | None:
    row = connection.execute(query).one_or_none()
    return None if row is None else _agent(row)


def _agent(row: Row[Any]) -> Agent:
    return Agent(
        agent_id=row.id,
        name=row.name,
        assurance=Assurance(row.assurance) if row.assurance else None,
        disabled_at=maybe_from_ms(row.disabled_at),
    )
