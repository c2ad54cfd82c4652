"""People: who has an account, and what they sign in with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, or_, select, update

from openhitl.errors import LastOwner, NameTaken
from openhitl.protocol.audit import AuditEvent, AuditKind
from openhitl.protocol.case import Actor, Json
from openhitl.protocol.people import Person, Role, name_key
from openhitl.store.audit import append_audit
from openhitl.store.engine import Database
from openhitl.store.identity_schema import people, sessions
from openhitl.store.instants import from_ms, maybe_from_ms, to_ms
from openhitl.store.part import Part
from openhitl.store.turns import wait_in_line


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """An account to be made; `password_hash` as argon2 encodes it."""

    name: str
    role: Role
    password_hash: str | None = None


class People(Part):
    """Accounts. Raises, in every method: StoreError."""

    def has_people(self) -> bool:
        """Tell whether anybody has an account, so that there is somebody who can sign in."""
        with self._database.reading() as connection:
            return has_people(connection)

    def people(self) -> Sequence[Person]:
        """List everybody, disabled accounts too, in the order in which they joined."""
        with self._database.reading() as connection:
            return [person_from(row) for row in connection.execute(select(people).order_by(people.c.id))]

    def person(self, person_id: int) -> Person | None:
        """Return a person by number."""
        return self._one(select(people).where(people.c.id == person_id))

    def person_named(self, name: str) -> Person | None:
        """Return the person of a name; upper and lower case are the same."""
        return self._one(select(people).where(people.c.name_key == name_key(name)))

    def password_of(self, name: str) -> tuple[Person, str] | None:
        """Return a person who may sign in and the hash of their password; None without either."""
        query = select(people).where(
            people.c.name_key == name_key(name),
            people.c.disabled_at.is_(None),
            people.c.password_hash.is_not(None),
        )
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else (person_from(row), row.password_hash)

    def sealed_totp(self, person_id: int) -> bytes | None:
        """Return the sealed secret of somebody's codes."""
        with self._database.reading() as connection:
            found = connection.execute(select(people.c.totp_sealed).where(people.c.id == person_id)).scalar()
            return None if found is None else bytes(found)

    def add_person(self, new: NewPerson, *, by: Actor, now: datetime) -> Person:
        """Make an account. Raises: NameTaken."""
        with self._database.writing() as connection:
            person = added_person(connection, new, now=now)
            append_audit(connection, joined(person, by=by, now=now))
            return person

    def set_password(
        self,
        person_id: int,
        password_hash: str | None,
        *,
        by: Actor,
        now: datetime,
        keep_session: int | None = None,
    ) -> None:
        """Replace a password, or take it away; sessions stay, but with `keep_session` that one alone."""
        told = {"set": password_hash is not None}
        with self._database.writing() as connection:
            changed = _changed(
                connection, person_id, "password", {"password_hash": password_hash}, told, by, now
            )
            ended = []
            if keep_session is not None:
                ended = ended_sessions(connection, person_id, by=by, now=now, but=keep_session)
            append_audit(connection, changed, *ended)

    def set_totp(self, person_id: int, sealed: bytes, *, step: int, by: Actor, now: datetime) -> bool:
        """Begin to ask somebody for codes; return False if that is done already.

        `step` is of the code that was just shown.
        """
        query = (
            update(people)
            .where(people.c.id == person_id, people.c.totp_sealed.is_(None))
            .values(totp_sealed=sealed, totp_step=step)
        )
        with self._database.writing() as connection:
            if connection.execute(query).rowcount != 1:
                return False
            append_audit(connection, _change(person_id, "totp", {"set": True}, by, now))
        return True

    def clear_totp(self, person_id: int, *, by: Actor, now: datetime) -> None:
        """Ask somebody for codes no longer."""
        values = {"totp_sealed": None, "totp_step": None}
        with self._database.writing() as connection:
            append_audit(connection, _changed(connection, person_id, "totp", values, {"set": False}, by, now))

    def use_totp(self, person_id: int, step: int) -> bool:
        """Use up the code of a half minute; return False if it or a later one was used before."""
        query = (
            update(people)
            .where(people.c.id == person_id, or_(people.c.totp_step.is_(None), people.c.totp_step < step))
            .values(totp_step=step)
        )
        with self._database.writing() as connection:
            return connection.execute(query).rowcount == 1

    def set_role(self, person_id: int, role: Role, *, by: Actor, now: datetime) -> None:
        """Change what somebody may do. Raises: LastOwner."""
        given = {"role": role.value}
        with self._database.writing() as connection:
            lock_owners(self._database, connection)
            changed = _changed(connection, person_id, "role", given, given, by, now)
            _check_owner_is_left(connection)
            append_audit(connection, changed)

    def disable_person(self, person_id: int, *, by: Actor, now: datetime) -> None:
        """Lock somebody out at once, wherever they are signed in. Raises: LastOwner."""
        values, told = {"disabled_at": to_ms(now)}, {"disabled": True}
        with self._database.writing() as connection:
            lock_owners(self._database, connection)
            changed = _changed(connection, person_id, "disabled", values, told, by, now)
            _check_owner_is_left(connection)
            append_audit(connection, changed, *ended_sessions(connection, person_id, by=by, now=now))

    def enable_person(self, person_id: int, *, by: Actor, now: datetime) -> None:
        """Let somebody in again. Sessions that were ended stay so."""
        values, told = {"disabled_at": None}, {"disabled": False}
        with self._database.writing() as connection:
            append_audit(connection, _changed(connection, person_id, "disabled", values, told, by, now))

    def _one(self, query: Select[Any]) -> Person | None:
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else person_from(row)


def lock_owners(database: Database, connection: Connection) -> None:
    """Let those who may add or take away an owner do so one after another."""
    wait_in_line(database, connection, "owners")


def has_people(connection: Connection) -> bool:
    """Tell whether anybody has an account."""
    return connection.execute(select(people.c.id).limit(1)).first() is not None


def added_person(connection: Connection, new: NewPerson, *, now: datetime) -> Person:
    """Insert an account. Raises: NameTaken."""
    key = name_key(new.name)
    if connection.execute(select(people.c.id).where(people.c.name_key == key)).first() is not None:
        raise NameTaken
    values = {
        "name": new.name,
        "name_key": key,
        "role": new.role.value,
        "password_hash": new.password_hash,
        "created_at": to_ms(now),
    }
    return person_from(connection.execute(insert(people).values(values).returning(people)).one())


def joined(person: Person, *, by: Actor, now: datetime) -> AuditEvent:
    """Record that somebody has an account now."""
    data = {"person": person.person_id, "name": person.name, "role": str(person.role)}
    return AuditEvent(kind=AuditKind.PERSON_ADDED, at=now, actor=by, data=data)


def person_from(row: Row[Any]) -> Person:
    """Read a person from the columns of the table."""
    fields = row._mapping
    return Person(
        person_id=fields[people.c.id],
        name=fields[people.c.name],
        role=Role(fields[people.c.role]),
        created_at=from_ms(fields[people.c.created_at]),
        has_password=fields[people.c.password_hash] is not None,
        has_totp=fields[people.c.totp_sealed] is not None,
        disabled_at=maybe_from_ms(fields[people.c.disabled_at]),
    )


def _check_owner_is_left(connection: Connection) -> None:
    query = select(people.c.id).where(people.c.role == Role.OWNER.value, people.c.disabled_at.is_(None))
    if connection.execute(query.limit(1)).first() is None:
        raise LastOwner


def ended_sessions(
    connection: Connection,
    person_id: int,
    *,
    by: Actor,
    now: datetime,
    only: int | None = None,
    but: int | None = None,
) -> list[AuditEvent]:
    """End somebody's sessions, one or all but one; return what is to be recorded of each."""
    query = update(sessions).where(sessions.c.person_id == person_id, sessions.c.revoked_at.is_(None))
    if only is not None:
        query = query.where(sessions.c.id == only)
    if but is not None:
        query = query.where(sessions.c.id != but)
    ended = connection.execute(query.values(revoked_at=to_ms(now)).returning(sessions.c.id)).scalars()
    return [
        AuditEvent(
            kind=AuditKind.SESSION_ENDED,
            at=now,
            actor=by,
            data={"person": person_id, "session": session_id},
        )
        for session_id in sorted(ended)
    ]


def _changed(
    connection: Connection,
    person_id: int,
    what: str,
    values: dict[str, Any],
    told: Json,
    by: Actor,
    now: datetime,
) -> AuditEvent:
    """Change somebody's row; return what is to be recorded, which is no secret."""
    connection.execute(update(people).where(people.c.id == person_id).values(values))
    return _change(person_id, what, told, by, now)


def _change(person_id: int, what: str, told: Json, by: Actor, now: datetime) -> AuditEvent:
    data = {"person": person_id, "what": what, **told}
    return AuditEvent(kind=AuditKind.PERSON_CHANGED, at=now, actor=by, data=data)
