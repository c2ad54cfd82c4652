"""How a grant begins and ends, whatever asked for it: inside somebody's transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from openhitl.protocol.audit import AuditEvent, AuditKind
from openhitl.protocol.case import Actor
from openhitl.protocol.oauth_grants import Grant, Terms
from openhitl.protocol.people import person_actor
from openhitl.protocol.record import record
from openhitl.protocol.scopes import parse_scopes, spelled
from openhitl.store.agents import new_agent
from openhitl.store.audit import append_audit
from openhitl.store.engine import Database
from openhitl.store.identity_schema import (
    agent_owners,
    agents,
    oauth_clients,
    oauth_grants,
    oauth_refresh_tokens,
    people,
)
from openhitl.store.instants import to_ms
from openhitl.store.turns import wait_in_line


@record(frozen=True, slots=True)
class Refresh:
    """A refresh token to be kept: its hash, and until when it is good."""

    hash: bytes
    until: datetime


@record(frozen=True, slots=True)
class Begun:
    """A grant that begins, and what is to be recorded at the end of its transaction."""

    grant: Grant
    events: tuple[AuditEvent, ...]


def terms_columns(terms: Terms) -> dict[str, str]:
    """Spell terms as the tables keep them."""
    return {
        "agent_name": terms.agent_name,
        "scopes": spelled(terms.scopes),
        "resource": terms.resource,
    }


def terms_from(row: Row[Any]) -> Terms:
    """Read terms from the columns of a table."""
    return Terms(agent_name=row.agent_name, scopes=parse_scopes(row.scopes), resource=row.resource)


def begin_grant(
    database: Database,
    connection: Connection,
    allowed: Row[Any],
    agent_name: str,
    refresh: Refresh,
    *,
    now: datetime,
) -> Begun | None:
    """Begin the grant that a code or a device was allowed; None if its person is disabled meanwhile.

    The agent is one that this program has been for this person under this name, if it is still theirs;
    else a new one of theirs.

    Args:
        allowed: a row with client_ref, person_id and the terms.
    """
    person = connection.execute(
        select(people.c.name).where(people.c.id == allowed.person_id, people.c.disabled_at.is_(None))
    ).one_or_none()
    if person is None:
        return None
    by = person_actor(allowed.person_id, person.name)
    agent_id, events = _agent(database, connection, allowed, agent_name, by, now)
    grant_id, added = _added(connection, allowed, agent_id, by, now)
    keep_refresh(connection, grant_id, refresh, now=now)
    grant = Grant(
        grant_id=grant_id,
        client_ref=allowed.client_ref,
        person_id=allowed.person_id,
        person_name=person.name,
        agent_id=agent_id,
        agent_name=agent_name,
        scopes=parse_scopes(allowed.scopes),
        resource=allowed.resource,
    )
    return Begun(grant, (*events, added))


def _added(
    connection: Connection, allowed: Row[Any], agent_id: int, by: Actor, now: datetime
) -> tuple[int, AuditEvent]:
    """Insert a grant, and note that its program is used; return its number and what is to be recorded."""
    values = {
        "client_ref": allowed.client_ref,
        "person_id": allowed.person_id,
        "agent_id": agent_id,
        "scopes": allowed.scopes,
        "resource": allowed.resource,
        "created_at": to_ms(now),
    }
    grant_id: int = connection.execute(
        insert(oauth_grants).values(values).returning(oauth_grants.c.id)
    ).scalar_one()
    client_id = connection.execute(
        update(oauth_clients)
        .where(oauth_clients.c.id == allowed.client_ref)
        .values(used_at=to_ms(now))
        .returning(oauth_clients.c.client_id)
    ).scalar_one()
    data = {"grant": grant_id, "client": client_id, "agent": agent_id, "scopes": allowed.scopes}
    return grant_id, AuditEvent(kind=AuditKind.GRANT_ADDED, at=now, actor=by, data=data)


def keep_refresh(connection: Connection, grant_id: int, refresh: Refresh, *, now: datetime) -> None:
    """Keep the hash of a refresh token."""
    values = {
        "hash": refresh.hash,
        "grant_id": grant_id,
        "created_at": to_ms(now),
        "expires_at": to_ms(refresh.until),
    }
    connection.execute(insert(oauth_refresh_tokens).values(values))


def end_grant(
    connection: Connection, grant_id: int | None, *, by: Actor, now: datetime, person_id: int | None = None
) -> bool:
    """Revoke a grant, as the last in a transaction; return whether it stood.

    Args:
        person_id: whose it has to be.
    """
    query = update(oauth_grants).where(oauth_grants.c.id == grant_id, oauth_grants.c.revoked_at.is_(None))
    if person_id is not None:
        query = query.where(oauth_grants.c.person_id == person_id)
    ended = query.values(revoked_at=to_ms(now)).returning(oauth_grants.c.agent_id)
    agent_id = connection.execute(ended).scalar()
    if agent_id is None:
        return False
    data = {"grant": grant_id, "agent": agent_id}
    append_audit(connection, AuditEvent(kind=AuditKind.GRANT_REVOKED, at=now, actor=by, data=data))
    return True


def _agent(
    database: Database, connection: Connection, allowed: Row[Any], name: str, by: Actor, now: datetime
) -> tuple[int, list[AuditEvent]]:
    wait_in_line(database, connection, f"grant {allowed.client_ref} {allowed.person_id} {name}")
    same = (
        select(agents.c.id)
        .join(oauth_grants, oauth_grants.c.agent_id == agents.c.id)
        .join(agent_owners, agent_owners.c.agent_id == agents.c.id)
        .where(
            oauth_grants.c.client_ref == allowed.client_ref,
            oauth_grants.c.person_id == allowed.person_id,
            agent_owners.c.person_id == allowed.person_id,
            agents.c.name == name,
            agents.c.disabled_at.is_(None),
        )
    )
    found: int | None = connection.execute(same.order_by(agents.c.id).limit(1)).scalar()
    if found is not None:
        return found, []
    agent, event = new_agent(connection, name, [allowed.person_id], by=by, now=now)
    return agent.agent_id, [event]
