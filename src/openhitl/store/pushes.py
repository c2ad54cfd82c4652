"""Browsers that are told what happens, and the jobs that tell them.

A job `tell` says that something happened to a case, or that there is a notice; it becomes one job `push` for
each browser that has to know, to a destination of its own: a push service that is down keeps nobody waiting.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    delete,
    exists,
    insert,
    literal,
    or_,
    select,
    update,
)

from openhitl.protocol.case import FINAL
from openhitl.protocol.lifecycle import Effect
from openhitl.protocol.push.subscription import Subscription
from openhitl.store.assignees import belongs_to, may_answer
from openhitl.store.identity_schema import (
    agent_mutes,
    people,
    push_deliveries,
    push_subscriptions,
    sessions,
)
from openhitl.store.instants import from_ms, maybe_from_ms, to_ms
from openhitl.store.jobs import MAX_ERROR_CHARACTERS, Job
from openhitl.store.part import Part
from openhitl.store.schema import cases, jobs, notices

#: Where jobs `tell` go: our own store, which keeps all of them waiting or none.
TELLING = "tell"
_PUSH = "push:"
#: A person has no more browsers than that; the one that was here longest ago goes first.
MOST_BROWSERS = 50
_FINAL = [status.value for status in FINAL]
#: Under a name of their own, so that they are never taken for the people of a query inside.
_receivers = people.alias("receivers")


_SUBSCRIBED: Select[Any] = (
    select(push_subscriptions, sessions.c.device)
    .join(sessions, sessions.c.id == push_subscriptions.c.session_id)
    .join(_receivers, _receivers.c.id == push_subscriptions.c.person_id)
)


def _is_good(now: datetime) -> ColumnElement[bool]:
    """Tell of a subscription whether whoever made it is still signed in there."""
    return and_(
        sessions.c.revoked_at.is_(None),
        sessions.c.expires_at > to_ms(now),
        _receivers.c.disabled_at.is_(None),
    )


def _mutes(agent: ColumnElement[Any]) -> ColumnElement[bool]:
    is_theirs = agent_mutes.c.person_id == push_subscriptions.c.person_id
    return exists().where(is_theirs, agent_mutes.c.agent_id == agent)


def _is_told_of_case() -> ColumnElement[bool]:
    """Of a case that waits, whoever may answer it is told; of its end, whoever was told of it."""
    has_ended = cases.c.status.in_(_FINAL)
    was_told = exists().where(
        push_deliveries.c.subscription_id == push_subscriptions.c.id,
        push_deliveries.c.case_ref == cases.c.id,
    )
    wants = and_(may_answer(push_subscriptions.c.person_id), ~_mutes(cases.c.agent_id))
    return or_(and_(has_ended, was_told), and_(~has_ended, wants))


def _is_told_of_notice() -> ColumnElement[bool]:
    """Of a notice, the people of its agent are told; where it has none, the server's owners."""
    return and_(belongs_to(notices.c.agent_id, push_subscriptions.c.person_id), ~_mutes(notices.c.agent_id))


class Pushes(Part):
    """Subscriptions, and what becomes of pushes. Raises, in every method: StoreError."""

    def keep_subscription(
        self, person_id: int, session_id: int, *, endpoint: str, p256dh: str, auth: str, now: datetime
    ) -> int:
        """Keep where a browser is told, or that it is still there; return its number.

        A browser that was somebody else's is told nothing more of theirs.
        """
        table = push_subscriptions
        values = {"person_id": person_id, "session_id": session_id, "p256dh": p256dh, "auth": auth}
        here = {**values, "seen_at": to_ms(now)}
        with self._database.writing() as connection:
            taken = select(table.c.id).where(table.c.endpoint == endpoint, table.c.person_id != person_id)
            _drop(connection, connection.execute(taken).scalars().all())
            added = self._database.insert(table).values(endpoint=endpoint, created_at=to_ms(now), **here)
            kept = added.on_conflict_do_update(index_elements=[table.c.endpoint], set_=here)
            number: int = connection.execute(kept.returning(table.c.id)).scalar_one()
            latest = table.c.seen_at.desc(), table.c.id.desc()
            theirs = select(table.c.id).where(table.c.person_id == person_id).order_by(*latest)
            _drop(connection, connection.execute(theirs.offset(MOST_BROWSERS)).scalars().all())
        return number

    def subscriptions_of(self, person_id: int, now: datetime) -> Sequence[Subscription]:
        """List the browsers of somebody that are told, the latest first."""
        query = _SUBSCRIBED.where(push_subscriptions.c.person_id == person_id, _is_good(now))
        with self._database.reading() as connection:
            found = connection.execute(query.order_by(push_subscriptions.c.seen_at.desc()))
            return list(map(_subscription, found))

    def subscription(self, number: int, now: datetime) -> Subscription | None:
        """Return a browser that is told; None if it is gone, or nobody is signed in there."""
        query = _SUBSCRIBED.where(push_subscriptions.c.id == number, _is_good(now))
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _subscription(row)

    def drop_subscription(self, number: int, *, person_id: int | None = None) -> bool:
        """Tell a browser nothing more; return False if it was not told. `person_id`: only one of theirs."""
        query = select(push_subscriptions.c.id).where(push_subscriptions.c.id == number)
        if person_id is not None:
            query = query.where(push_subscriptions.c.person_id == person_id)
        with self._database.writing() as connection:
            found = connection.execute(query).scalars().all()
            _drop(connection, found)
        return bool(found)

    def push_sent(self, number: int, now: datetime) -> None:
        """Note that a push service took what is for a browser."""
        self._note(number, {"delivered_at": to_ms(now), "failed_at": None, "last_error": None})

    def push_failed(self, number: int, error: str, now: datetime) -> None:
        """Note that a push service did not take what is for a browser."""
        self._note(number, {"failed_at": to_ms(now), "last_error": error[:MAX_ERROR_CHARACTERS]})

    def _note(self, number: int, values: dict[str, Any]) -> None:
        with self._database.writing() as connection:
            connection.execute(
                update(push_subscriptions).where(push_subscriptions.c.id == number).values(values)
            )

    def forget_subscriptions(self, now: datetime, limit: int) -> int:
        """Forget browsers where nobody is signed in any more; return how many."""
        ended = or_(sessions.c.revoked_at.is_not(None), sessions.c.expires_at <= to_ms(now))
        query = select(push_subscriptions.c.id).join(
            sessions, sessions.c.id == push_subscriptions.c.session_id
        )
        with self._database.writing() as connection:
            found = connection.execute(query.where(ended).limit(limit)).scalars().all()
            _drop(connection, found)
        return len(found)

    def fan_out(self, job: Job, now: datetime) -> int:
        """Replace a job `tell` by a `push` for each browser that has to know; return how many.

        A browser for which a push of the same waits already gets no other: it will say how things stand.
        """
        of_case = job.notice_id is None
        subject = cases if of_case else notices
        which = cases.c.case_id == job.case_id if of_case else notices.c.id == job.notice_id
        told = _is_told_of_case() if of_case else _is_told_of_notice()
        query = (
            select(push_subscriptions.c.id, subject.c.id)
            .select_from(push_subscriptions)
            .join(sessions, sessions.c.id == push_subscriptions.c.session_id)
            .join(_receivers, _receivers.c.id == push_subscriptions.c.person_id)
            .join(subject, which)
            .where(_is_good(now), told)
        )
        with self._database.writing() as connection:
            ours = delete(jobs).where(jobs.c.id == job.job_id, jobs.c.lease == job.lease)
            if connection.execute(ours).rowcount == 0:
                return 0
            found = connection.execute(query).all()
            column = jobs.c.case_ref if of_case else jobs.c.notice_id
            return sum(_queue(connection, number, {column.name: ref}, now, now) for number, ref in found)

    def remind_later(self, number: int, case_id: str, due_at: datetime, now: datetime) -> bool:
        """Have a browser told of a case once more; return False if there is no such case."""
        with self._database.writing() as connection:
            ref = connection.execute(select(cases.c.id).where(cases.c.case_id == case_id)).scalar()
            if ref is not None:
                _queue(connection, number, {"case_ref": ref}, due_at, now)
        return ref is not None

    def note_told(self, number: int, case_id: str, now: datetime) -> bool:
        """Note that a browser is told of a case; return whether it was not before."""
        table = push_deliveries
        values = select(literal(number), cases.c.id, literal(to_ms(now))).where(cases.c.case_id == case_id)
        added = self._database.insert(table).from_select(list(table.c.keys()), values)
        with self._database.writing() as connection:
            return connection.execute(added.on_conflict_do_nothing()).rowcount == 1

    def was_told(self, number: int, case_id: str) -> bool:
        """Tell whether a browser was told of a case, and not yet of its end."""
        with self._database.reading() as connection:
            query = select(push_deliveries.c.case_ref).where(*_delivery(number, case_id))
            return connection.execute(query).first() is not None

    def forget_told(self, number: int, case_id: str) -> None:
        """Note that a browser knows that a case has ended."""
        with self._database.writing() as connection:
            connection.execute(delete(push_deliveries).where(*_delivery(number, case_id)))


def browser_of(job: Job) -> int:
    """Return the number of the browser that a push is for."""
    return int(job.destination.removeprefix(_PUSH))


def _queue(
    connection: Connection, number: int, subject: dict[str, int], due_at: datetime, now: datetime
) -> bool:
    destination = f"{_PUSH}{number}"
    [(column, ref)] = subject.items()
    waits = select(jobs.c.id).where(
        jobs.c.destination == destination,
        jobs.c[column] == ref,
        jobs.c.lease.is_(None),
        jobs.c.due_at.is_not(None),
        jobs.c.due_at <= to_ms(due_at),
    )
    if connection.execute(waits.limit(1)).first() is not None:
        return False
    times = {"created_at": to_ms(now), "first_due_at": to_ms(due_at), "due_at": to_ms(due_at)}
    values = {"kind": Effect.PUSH.value, "destination": destination, **subject, **times}
    connection.execute(insert(jobs).values(values))
    return True


def _delivery(number: int, case_id: str) -> tuple[ColumnElement[bool], ...]:
    ref = select(cases.c.id).where(cases.c.case_id == case_id).scalar_subquery()
    return push_deliveries.c.subscription_id == number, push_deliveries.c.case_ref == ref


def _drop(connection: Connection, numbers: Sequence[int]) -> None:
    if not numbers:
        return
    connection.execute(delete(jobs).where(jobs.c.destination.in_([f"{_PUSH}{one}" for one in numbers])))
    connection.execute(delete(push_deliveries).where(push_deliveries.c.subscription_id.in_(numbers)))
    connection.execute(delete(push_subscriptions).where(push_subscriptions.c.id.in_(numbers)))


def tell_of_notice(connection: Connection, notice_id: int, now_ms: int) -> None:
    """Have a notice told, if there is a browser to tell."""
    columns = ["kind", "notice_id", "destination", "created_at", "first_due_at", "due_at"]
    values = select(
        literal(Effect.TELL.value),
        literal(notice_id),
        literal(TELLING),
        literal(now_ms),
        literal(now_ms),
        literal(now_ms),
    ).where(exists(select(push_subscriptions.c.id)))
    connection.execute(insert(jobs).from_select(columns, values))


def _subscription(row: Row[Any]) -> Subscription:
    return Subscription(
        subscription_id=row.id,
        person_id=row.person_id,
        session_id=row.session_id,
        endpoint=row.endpoint,
        p256dh=row.p256dh,
        auth=row.auth,
        device=row.device,
        created_at=from_ms(row.created_at),
        seen_at=from_ms(row.seen_at),
        delivered_at=maybe_from_ms(row.delivered_at),
        failed_at=maybe_from_ms(row.failed_at),
        last_error=row.last_error,
    )
