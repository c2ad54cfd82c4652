"""Who people are to an OpenID provider."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from openhitl.protocol.audit import AuditEvent, AuditKind
from openhitl.protocol.case import Actor
from openhitl.protocol.openid import Subject
from openhitl.protocol.people import Person, person_actor
from openhitl.store.audit import append_audit
from openhitl.store.identity_schema import people, person_subjects
from openhitl.store.instants import to_ms
from openhitl.store.part import Part
from openhitl.store.people import NewPerson, added_person, joined, lock_owners, person_from


class Subjects(Part):
    """Links between people and providers. Raises, in every method: StoreError."""

    def person_of(self, subject: Subject) -> Person | None:
        """Return whom an OpenID provider calls so."""
        with self._database.reading() as connection:
            return _person_of(connection, subject)

    def join_by_subject(self, subject: Subject, new: NewPerson, *, now: datetime) -> Person:
        """Return whom a provider calls so; their account is made if there is none. Raises: NameTaken."""
        with self._database.writing() as connection:
            lock_owners(self._database, connection)
            known = _person_of(connection, subject)
            if known is not None:
                return known
            person = added_person(connection, new, now=now)
            _insert(connection, subject, person.person_id, now)
            by = person_actor(person.person_id, person.name)
            connected = _told(person.person_id, subject, by, now)
            append_audit(connection, joined(person, by=by, now=now), connected)
            return person

    def connect(self, person_id: int, subject: Subject, *, by: Actor, now: datetime) -> bool:
        """Let a provider sign somebody in; return False if whom it calls so is somebody else."""
        with self._database.writing() as connection:
            lock_owners(self._database, connection)
            known = _person_of(connection, subject)
            if known is not None:
                return known.person_id == person_id
            _insert(connection, subject, person_id, now)
            append_audit(connection, _told(person_id, subject, by, now))
            return True

    def disconnect(self, person_id: int, issuer: str, *, by: Actor, now: datetime) -> bool:
        """Have a provider sign somebody in no longer; return whether it did."""
        query = delete(person_subjects).where(
            person_subjects.c.person_id == person_id, person_subjects.c.issuer == issuer
        )
        with self._database.writing() as connection:
            if not connection.execute(query).rowcount:
                return False
            data = {"person": person_id, "what": "sso", "set": False, "issuer": issuer}
            append_audit(connection, AuditEvent(kind=AuditKind.PERSON_CHANGED, at=now, actor=by, data=data))
            return True

    def is_connected(self, person_id: int, issuer: str) -> bool:
        """Tell whether a provider signs somebody in."""
        query = select(person_subjects.c.subject).where(
            person_subjects.c.person_id == person_id, person_subjects.c.issuer == issuer
        )
        with self._database.reading() as connection:
            return connection.execute(query.limit(1)).first() is not None


def _person_of(connection: Connection, subject: Subject) -> Person | None:
    query = (
        select(people)
        .join(person_subjects, person_subjects.c.person_id == people.c.id)
        .where(person_subjects.c.issuer == subject.issuer, person_subjects.c.subject == subject.subject)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else person_from(row)


def _insert(connection: Connection, subject: Subject, person_id: int, now: datetime) -> None:
    values = {
        "issuer": subject.issuer,
        "subject": subject.subject,
        "person_id": person_id,
        "created_at": to_ms(now),
    }
    connection.execute(insert(person_subjects).values(values))


def _told(person_id: int, subject: Subject, by: Actor, now: datetime) -> AuditEvent:
    data = {
        "person": person_id,
        "what": "sso",
        "set": True,
        "issuer": subject.issuer,
        "subject": subject.subject,
    }
    return AuditEvent(kind=AuditKind.PERSON_CHANGED, at=now, actor=by, data=data)
