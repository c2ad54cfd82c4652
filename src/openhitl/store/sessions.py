"""Where people are signed in, and the links that are good once: to join, and to sign in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, exists, insert, or_, select, update

from openhitl.protocol.audit import ANYBODY, AuditEvent, AuditKind
from openhitl.protocol.case import Actor
from openhitl.protocol.passkeys import NewPasskey, PasskeyHolder
from openhitl.protocol.people import (
    SURFACES,
    LinkKind,
    Method,
    OneTimeLink,
    Role,
    Session,
    SessionKind,
    SignedIn,
    person_actor,
)
from openhitl.protocol.preferences import USUAL, read_preferences
from openhitl.store.audit import append_audit
from openhitl.store.devices import leave_sessions, revoked_devices
from openhitl.store.documents import decode
from openhitl.store.identity_schema import (
    devices,
    pairings,
    people,
    person_links,
    person_settings,
    sessions,
    spent_challenges,
)
from openhitl.store.instants import from_ms, to_ms
from openhitl.store.part import Part
from openhitl.store.passkeys import added_passkey, is_taken
from openhitl.store.people import (
    NewPerson,
    added_person,
    ended_sessions,
    has_people,
    joined,
    lock_owners,
    person_from,
)
from openhitl.store.stale import delete_some

#: How much longer than it is good something is known: clocks of several machines differ.
KEPT = timedelta(days=1)
_makers = people.alias("makers")
_SIGNED_IN = select(sessions, people).join(people, people.c.id == sessions.c.person_id)
_LASTING = _SIGNED_IN.with_only_columns(sessions.c.id).where(
    sessions.c.id.in_(bindparam("numbers", expanding=True)),
    sessions.c.revoked_at.is_(None),
    people.c.disabled_at.is_(None),
)
_WITH_SETTINGS = _SIGNED_IN.add_columns(person_settings.c.body).outerjoin(
    person_settings, person_settings.c.person_id == people.c.id
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSession:
    """A session to be begun; `hash` is of its token."""

    kind: SessionKind
    hash: bytes
    method: Method
    device: str
    expires_at: datetime


class Sessions(Part):
    """Sessions and one-time links. Raises, in every method: StoreError."""

    def add_session(
        self, person_id: int, new: NewSession, *, now: datetime, password_hash: str | None = None
    ) -> SignedIn | None:
        """Sign somebody in; None if they are disabled.

        `password_hash`: only if that is still the hash of their password.
        """
        is_theirs = (people.c.id == person_id, people.c.password_hash == password_hash)
        with self._database.writing() as connection:
            if password_hash is not None:
                locked = select(people.c.id).where(*is_theirs).with_for_update()
                if connection.execute(locked).first() is None:
                    return None
            return _begun(connection, person_id, new, now=now)

    def add_session_by_challenge(
        self, person_id: int, new: NewSession, challenge: bytes, *, until: datetime, now: datetime
    ) -> SignedIn | None:
        """Sign somebody in by what a passkey signed; None if this challenge was used, or they are disabled.

        `until` is when the challenge is too old anyway.
        """
        table = spent_challenges
        spend = self._database.insert(table).values(digest=challenge, expires_at=to_ms(until))
        spent = spend.on_conflict_do_nothing().returning(table.c.digest)
        with self._database.writing() as connection:
            if connection.execute(spent).first() is None:
                return None
            return _begun(connection, person_id, new, now=now)

    def session(self, token_hash: bytes, now: datetime) -> SignedIn | None:
        """Return who is signed in with this token: not if the session has ended or they are disabled."""
        query = _WITH_SETTINGS.where(
            sessions.c.hash == token_hash,
            sessions.c.revoked_at.is_(None),
            sessions.c.expires_at > to_ms(now),
            people.c.disabled_at.is_(None),
        )
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        preferences = USUAL if row.body is None else read_preferences(decode(row.body))
        return SignedIn(person_from(row), _session(row), preferences)

    def lasting_sessions(self, session_ids: Sequence[int], now: datetime) -> frozenset[int]:
        """Name those of some sessions that are not over, of people who may sign in."""
        query = _LASTING.where(sessions.c.expires_at > to_ms(now))
        with self._database.reading() as connection:
            return frozenset(connection.execute(query, {"numbers": list(session_ids)}).scalars())

    def session_seen(self, session_id: int, now: datetime) -> None:
        """Note that somebody was here."""
        query = update(sessions).where(sessions.c.id == session_id).values(seen_at=to_ms(now))
        with self._database.writing() as connection:
            connection.execute(query)

    def sessions_of(self, person_id: int, now: datetime) -> Sequence[Session]:
        """List where somebody is signed in, latest first."""
        query = (
            select(sessions)
            .where(
                sessions.c.person_id == person_id,
                sessions.c.revoked_at.is_(None),
                sessions.c.expires_at > to_ms(now),
            )
            .order_by(sessions.c.seen_at.desc())
        )
        with self._database.reading() as connection:
            return [_session(row) for row in connection.execute(query)]

    def end_sessions(
        self,
        person_id: int,
        *,
        by: Actor,
        now: datetime,
        only: int | None = None,
        but: int | None = None,
        with_devices: bool = False,
    ) -> int:
        """End one of somebody's sessions, or all but one; return how many.

        `with_devices`: what is signed in there is their device no more. Else its keys come back with it.
        """
        with self._database.writing() as connection:
            ended = ended_sessions(connection, person_id, by=by, now=now, only=only, but=but)
            told = list(ended)
            if with_devices:
                theirs = devices.c.session_id.in_([event.data["session"] for event in ended])
                told += revoked_devices(connection, theirs, by=by, now=now)
            if told:
                append_audit(connection, *told)
        return len(ended)

    def forget_sessions(self, now: datetime, limit: int) -> int:
        """Delete sessions, links and used challenges that have been too old for a day; return how many."""
        stale = to_ms(now - KEPT)
        of_pairings = select(pairings.c.session_id).where(pairings.c.session_id.is_not(None))
        is_over = (sessions.c.expires_at <= stale, sessions.c.id.not_in(of_pairings))
        with self._database.writing() as connection:
            leave_sessions(connection, *is_over)
            return delete_some(connection, sessions.c.id, *is_over, limit=limit) + sum(
                delete_some(connection, key, key.table.c.expires_at <= stale, limit=limit)
                for key in (person_links.c.id, spent_challenges.c.digest)
            )

    def sign_in_refused(
        self, name: str, method: Method, *, kind: SessionKind, place: str, now: datetime
    ) -> None:
        """Record that somebody tried to sign in and was not let in."""
        actor = replace(ANYBODY, surface=SURFACES[kind])
        data = {"name": name, "method": str(method), "place": place}
        with self._database.writing() as connection:
            event = AuditEvent(kind=AuditKind.SIGN_IN_REFUSED, at=now, actor=actor, data=data)
            append_audit(connection, event)

    def add_link(
        self,
        link_hash: bytes,
        kind: LinkKind,
        *,
        by: Actor,
        now: datetime,
        until: datetime,
        role: Role | None = None,
        person_id: int | None = None,
        created_by: int | None = None,
    ) -> None:
        """Store the hash of a link: `role` for one to join with, `person_id` for one to sign in with."""
        values = {
            "kind": kind.value,
            "hash": link_hash,
            "role": role.value if role else None,
            "person_id": person_id,
            "created_by": created_by,
            "expires_at": to_ms(until),
        }
        with self._database.writing() as connection:
            _add_link(connection, values, by=by, now=now)

    def add_first_link(self, link_hash: bytes, *, by: Actor, now: datetime, until: datetime) -> bool:
        """Store the hash of a link with which the first owner joins; return False if somebody has already.

        All such links are used up when one of them is.
        """
        values = {
            "kind": LinkKind.JOIN.value,
            "hash": link_hash,
            "role": Role.OWNER.value,
            "expires_at": to_ms(until),
        }
        with self._database.writing() as connection:
            lock_owners(self._database, connection)
            if has_people(connection):
                return False
            _add_link(connection, values, by=by, now=now)
            return True

    def link(self, link_hash: bytes, now: datetime) -> OneTimeLink | None:
        """Say what a link leads to; None if it was used, is too old or not there. Nothing is used up."""
        query = (
            select(person_links, people)
            .outerjoin(people, people.c.id == person_links.c.person_id)
            .where(person_links.c.hash == link_hash, *_good(now))
        )
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _link(row)

    def join(
        self,
        link_hash: bytes,
        new: NewPerson,
        session: NewSession,
        *,
        now: datetime,
        passkey: NewPasskey | None = None,
    ) -> SignedIn | None:
        """Use up a link to join: make the account with the link's role, and sign in; None if it is not good.

        Raises: NameTaken, which leaves the link good.
        """
        with self._database.writing() as connection:
            lock_owners(self._database, connection)
            if passkey is not None and is_taken(connection, passkey.credential_id):
                return None
            used = _used(connection, link_hash, LinkKind.JOIN, now)
            if used is None:
                return None
            if not has_people(connection):
                _use_up_first_links(connection, now)
            person = added_person(connection, replace(new, role=Role(used.role)), now=now)
            told = [joined(person, by=person_actor(person.person_id, person.name, session.kind), now=now)]
            if passkey is not None:
                holder = PasskeyHolder(person.name, person.person_id)
                told.append(added_passkey(connection, holder, passkey, now=now))
            return _begun(connection, person.person_id, session, now=now, after=told)

    def sign_in_by_link(self, link_hash: bytes, session: NewSession, *, now: datetime) -> SignedIn | None:
        """Use up a link to sign in; None if it is not good."""
        with self._database.writing() as connection:
            used = _used(connection, link_hash, LinkKind.SIGN_IN, now)
            return None if used is None else _begun(connection, used.person_id, session, now=now)


def _good(now: datetime) -> tuple[Any, ...]:
    """A link that was not used, is not too old, and whose maker may still make such links."""
    made, links = _makers.c, person_links.c
    is_for_another = or_(links.person_id.is_(None), links.person_id != links.created_by)
    may_no_more = or_(made.disabled_at.is_not(None), and_(is_for_another, made.role != Role.OWNER.value))
    return (
        links.used_at.is_(None),
        links.expires_at > to_ms(now),
        ~exists().where(made.id == links.created_by, may_no_more),
    )


def _add_link(connection: Connection, values: dict[str, Any], *, by: Actor, now: datetime) -> None:
    connection.execute(insert(person_links).values(created_at=to_ms(now), **values))
    data = {"kind": values["kind"], "role": values.get("role"), "person": values.get("person_id")}
    append_audit(connection, AuditEvent(kind=AuditKind.LINK_MADE, at=now, actor=by, data=data))


def _use_up_first_links(connection: Connection, now: datetime) -> None:
    """Make useless what several servers, or one that was started again, gave out for the first owner."""
    query = update(person_links).where(
        person_links.c.kind == LinkKind.JOIN.value, person_links.c.role == Role.OWNER.value, *_good(now)
    )
    connection.execute(query.values(used_at=to_ms(now)))


def _used(connection: Connection, link_hash: bytes, kind: LinkKind, now: datetime) -> Row[Any] | None:
    query = (
        update(person_links)
        .where(person_links.c.hash == link_hash, person_links.c.kind == kind.value, *_good(now))
        .values(used_at=to_ms(now))
        .returning(person_links.c.role, person_links.c.person_id)
    )
    return connection.execute(query).one_or_none()


def _begun(
    connection: Connection,
    person_id: int,
    new: NewSession,
    *,
    now: datetime,
    after: Sequence[AuditEvent] = (),
) -> SignedIn | None:
    """Begin a session, as the last in a transaction; None if its person is disabled.

    `after` is recorded before it.
    """
    begun = inserted_session(connection, person_id, new, now=now)
    if begun is None:
        return None
    signed_in, event = begun
    append_audit(connection, *after, event)
    return signed_in


def inserted_session(
    connection: Connection, person_id: int, new: NewSession, *, now: datetime
) -> tuple[SignedIn, AuditEvent] | None:
    """Begin a session; return also what is to be recorded of it. None if its person is disabled."""
    query = select(people).where(people.c.id == person_id, people.c.disabled_at.is_(None)).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    person = person_from(row)
    values = {
        "person_id": person_id,
        "kind": new.kind.value,
        "hash": new.hash,
        "method": new.method.value,
        "device": new.device,
        "created_at": to_ms(now),
        "seen_at": to_ms(now),
        "expires_at": to_ms(new.expires_at),
    }
    session = _session(connection.execute(insert(sessions).values(values).returning(sessions)).one())
    data = {"session": session.session_id, "kind": str(new.kind), "method": str(new.method)}
    event = AuditEvent(
        kind=AuditKind.SIGNED_IN,
        at=now,
        actor=person_actor(person_id, person.name, new.kind),
        data={"person": person_id, **data},
    )
    return SignedIn(person, session), event


def _session(row: Row[Any]) -> Session:
    fields = row._mapping
    columns = sessions.c
    return Session(
        session_id=fields[columns.id],
        person_id=fields[columns.person_id],
        kind=SessionKind(fields[columns.kind]),
        method=Method(fields[columns.method]),
        device=fields[columns.device],
        created_at=from_ms(fields[columns.created_at]),
        seen_at=from_ms(fields[columns.seen_at]),
        expires_at=from_ms(fields[columns.expires_at]),
    )


def _link(row: Row[Any]) -> OneTimeLink:
    fields = row._mapping
    role = fields[person_links.c.role]
    return OneTimeLink(
        kind=LinkKind(fields[person_links.c.kind]),
        role=Role(role) if role else None,
        person=person_from(row) if fields[people.c.id] is not None else None,
        expires_at=from_ms(fields[person_links.c.expires_at]),
    )
