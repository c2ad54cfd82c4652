"""A batch of commands in one transaction: lock, decide, write, append to the log, commit."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from openhitl.errors import NotFound, OutcomeUnknown, StoreError, Unavailable
from openhitl.keyring import Keyring
from openhitl.protocol.addresses import secure_origin
from openhitl.protocol.case import Actor, Status
from openhitl.protocol.commands import Command, Create, Submit
from openhitl.protocol.lifecycle import AT_THE_END, Effect, EventKind
from openhitl.protocol.receipts import LogPlace
from openhitl.store import rows
from openhitl.store.batch import Batch, Done, Held, Key
from openhitl.store.documents import VERSION, answer_text, content_text, encode, sensitive_text
from openhitl.store.engine import Database, reason
from openhitl.store.instants import to_ms
from openhitl.store.log import Links, link
from openhitl.store.pushes import TELLING
from openhitl.store.reads import Reads
from openhitl.store.records import Committed, Outcome, StoredCase
from openhitl.store.session import Session, open_session
from openhitl.store.statements import NEXT_REF, PREVIOUS_REF, Row, Statements

#: Numbers for new cases are taken this many at a time.
REFS_AT_ONCE = 1_000


@dataclass(slots=True)
class Member:
    """One command that waits for the writer, and whatever names its caller."""

    command: Command
    actor: Actor
    done: object


@dataclass(slots=True)
class Flushed:
    """What became of a batch: one outcome for each member, and what is durable now."""

    outcomes: list[Outcome | NotFound]
    committed: list[Committed]


#: With the id of a case: where its decision goes when a handler gets it.
HANDLER = "handler:"


class Transactions:
    """Runs batches on one connection, which is replaced after any failure; for one thread."""

    def __init__(
        self, database: Database, keyring: Keyring, reads: Reads, *, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._reads = reads
        self._clock = clock
        self._statements = Statements(database.write.dialect)
        self._session: Session | None = None
        self._refs: deque[int] = deque()

    def run(self, members: Sequence[Member]) -> Flushed:
        """Run a batch.

        Raises: Unavailable if no transaction can be begun; StoreError if a statement failed and
        nothing was written; OutcomeUnknown if nobody can tell. After any other error nothing was
        written either, but `close` has to be called.
        """
        commands = [member.command for member in members]
        self._reserve_refs(sum(isinstance(command, Create) for command in commands))
        session = self._begin()
        try:
            batch = self._batch(session, commands)
            outcomes = [batch.decide(member.command, member.actor) for member in members]
            if not batch.writes:
                session.commit()
                return Flushed(outcomes, [])
            links = self._write(session, batch)
        except (self._database.driver_error, StoreError) as error:
            self.close()
            raise StoreError(f"A statement failed: {reason(error)}") from error
        self._commit(session, links)
        return Flushed(outcomes, _committed(batch, links))

    def close(self) -> None:
        """Give up the connection."""
        if self._session is not None:
            self._session.abandon()
            self._session = None

    def _begin(self) -> Session:
        try:
            self._database.check_file()
            if self._session is None:
                self._session = open_session(self._database)
            self._session.begin()
        except (self._database.driver_error, SQLAlchemyError) as error:
            self.close()
            raise Unavailable(f"The database cannot be written at the moment: {reason(error)}") from error
        return self._session

    def _reserve_refs(self, count: int) -> None:
        if count <= len(self._refs):
            return
        # In a transaction of its own: whoever takes numbers must not wait for other batches to end.
        session = self._begin()
        try:
            [[following]] = session.fetch(self._statements.take_refs, [(REFS_AT_ONCE,)])
            session.commit()
        except self._database.driver_error as error:
            self.close()
            raise StoreError(f"A statement failed: {reason(error)}") from error
        self._refs.extend(range(following - REFS_AT_ONCE, following))

    def _batch(self, session: Session, commands: Sequence[Command]) -> Batch:
        found = session.fetch(self._statements.lock_cases, [(name,) for name in _names(commands)])
        keyed = self._keyed(session, commands)
        spent = self._spent(session, commands)
        return Batch(self._hold(session, found), keyed, spent, refs=self._refs, now=self._clock())

    def _spent(self, session: Session, commands: Sequence[Command]) -> set[bytes]:
        """Find which evidence of these answers was used before.

        Another process may be using it at the moment, for another case: then the one that commits later
        fails by the table's key, and its members run again one by one.
        """
        asked = {one for command in commands if isinstance(command, Submit) for one in command.spent}
        if not asked:
            return set()
        found = session.fetch(self._statements.find_spent, [(digest,) for digest in asked])
        return {bytes(row[0]) for row in found}

    def _hold(self, session: Session, found: Sequence[Row]) -> dict[str, Held]:
        linked = {ref for row in found for ref in (row[PREVIOUS_REF], row[NEXT_REF]) if ref is not None}
        named = session.fetch(self._statements.name_cases, [(ref,) for ref in linked])
        names: dict[int | None, str] = {row[0]: row[1] for row in named}
        statuses: dict[int | None, Status] = {row[0]: Status(row[2]) for row in named}
        return {
            row[1]: Held(
                ref=row[0],
                case=rows.case_from(row, names.get(row[PREVIOUS_REF]), names.get(row[NEXT_REF])),
                previous_ref=row[PREVIOUS_REF],
                next_ref=row[NEXT_REF],
                next_status=statuses.get(row[NEXT_REF]),
            )
            for row in found
        }

    def _keyed(
        self, session: Session, commands: Sequence[Command]
    ) -> dict[Key, tuple[bytes | None, StoredCase]]:
        keys = {
            (command.case.agent_id, command.idempotency_key)
            for command in commands
            if isinstance(command, Create) and command.idempotency_key is not None
        }
        if not keys:
            return {}
        found = session.fetch(self._statements.keyed_cases, [(key,) for _, key in keys])
        digests = {row[3]: (row[0], row[1], row[2]) for row in found if (row[0], row[1]) in keys}
        if not digests:
            return {}
        # Read on another connection: what has this key is committed, and its content never changes.
        stored = self._reads.load_many(list(digests))
        return {
            (agent_id, key): (digest, stored[case_id])
            for case_id, (agent_id, key, digest) in digests.items()
            if case_id in stored
        }

    def _write(self, session: Session, batch: Batch) -> Links | None:
        self._write_cases(session, batch)
        changed = [held for held in batch.held.values() if held.changed]
        self._write_parts(session, changed)
        self._write_jobs(session, changed, to_ms(batch.now))
        if not batch.events:
            return None
        statements = self._statements
        [[position, previous, generation, has_browsers]] = session.fetch(statements.lock_head, [()])
        if has_browsers:
            self._write_tellings(session, changed, batch)
        links = link((position, previous, generation), batch.events)
        session.write(statements.add_entries, links.entries)
        session.write(statements.add_payloads, links.payloads)
        session.write(statements.move_head, [(links.position, links.hash)])
        return links

    def _write_cases(self, session: Session, batch: Batch) -> None:
        added: list[Row] = []
        changed: list[Row] = []
        for held in batch.held.values():
            if held.created is not None:
                fixed = rows.fixed(held.ref, held.case, held.previous_ref)
                key = (held.created.idempotency_key, held.created.request_digest)
                added.append((*fixed, *rows.changing(held.case, held.next_ref), *key))
            elif held.changed:
                changed.append((held.ref, *rows.changing(held.case, held.next_ref)))
        session.write(self._statements.add_cases, added)
        session.write(self._statements.change_cases, changed)

    def _write_parts(self, session: Session, changed: Sequence[Held]) -> None:
        contents: list[Row] = []
        tokens: list[Row] = []
        assignees: list[Row] = []
        answers: list[Row] = []
        spent: list[tuple[bytes, int]] = []
        drafts: list[Row] = []
        for held in changed:
            if held.created is not None:
                contents.append((held.ref, VERSION, content_text(held.created.content)))
                assignees += [(held.ref, person_id) for person_id in held.created.assignees]
                tokens += [(held.ref, t.purpose, t.generation, t.hash) for t in held.created.tokens]
            if held.answer is not None:
                answers.append(self._answer_row(held))
            spent += [(digest, held.ref) for digest in held.spent]
            if held.draft is not None:
                values, saved_at = held.draft
                drafts.append((held.ref, VERSION, held.case.draft_version, to_ms(saved_at), encode(values)))
        session.write(self._statements.add_contents, contents)
        session.write(self._statements.add_tokens, tokens)
        session.write(self._statements.add_assignees, assignees)
        session.write(self._statements.add_answers, answers)
        session.write(self._statements.add_spent, sorted(spent))
        session.write(self._statements.forget_drafts, [row[:1] for row in drafts])
        session.write(self._statements.add_drafts, drafts)

    def _write_jobs(self, session: Session, changed: Sequence[Held], now_ms: int) -> None:
        """Write what will have to be done with the case, and let what has to be done now be due."""
        added: list[Row] = []
        woken: list[Row] = []
        for held in changed:
            if held.created is not None and held.created.content.callback_url is not None:
                destination = secure_origin(held.created.content.callback_url)
                added.append((Effect.CALL_BACK.value, held.ref, destination, now_ms, None, None))
            if held.created is not None and held.created.hands_over:
                # A place of its own: a case whose handler fails keeps no other waiting.
                place = HANDLER + held.case.case_id
                added.append((Effect.HAND_OVER.value, held.ref, place, now_ms, None, None))
            woken += [(effect.value, held.ref, now_ms) for effect in held.effects if effect in AT_THE_END]
        session.write(self._statements.add_jobs, added)
        session.write(self._statements.wake_jobs, woken)

    def _write_tellings(self, session: Session, changed: Sequence[Held], batch: Batch) -> None:
        """Have whoever has to know told; where there is no browser to tell, nothing is written."""
        now_ms = to_ms(batch.now)
        told = [held.ref for held in changed if Effect.TELL in held.effects]
        session.write(
            self._statements.add_jobs,
            [(Effect.TELL.value, ref, TELLING, now_ms, now_ms, now_ms) for ref in told],
        )
        batch.tells = bool(told)

    def _answer_row(self, held: Held) -> tuple[Any, ...]:
        assert held.answer is not None
        sensitive = sensitive_text(held.answer)
        sealed = None
        if sensitive is not None:
            sealed = self._keyring.seal(sensitive.encode(), bound_to=f"answer:{held.case.case_id}")
        return (held.ref, 1, VERSION, answer_text(held.answer), sealed)

    def _commit(self, session: Session, links: Links | None) -> None:
        try:
            session.commit()
        except self._database.driver_error as error:
            is_lost = session.is_lost
            self.close()
            if links is None and is_lost:
                raise OutcomeUnknown from error
            if links is None or not self._is_in_log(links):
                raise StoreError(f"The transaction failed: {reason(error)}") from error

    def _is_in_log(self, links: Links) -> bool:
        """Tell whether a transaction whose COMMIT failed was made durable all the same.

        Its entries' hashes are made with random salts, so nobody else can have written them; and
        whoever holds the head's lock knows that the transaction has ended, one way or the other.
        """
        try:
            session = self._begin()
            session.fetch(self._statements.lock_head, [()])
            found = session.fetch(self._statements.entry_hash, [(links.position,)])
            session.commit()
        except (self._database.driver_error, Unavailable) as error:
            self.close()
            raise OutcomeUnknown from error
        return bool(found) and bytes(found[0][0]) == links.hash


def _names(commands: Sequence[Command]) -> list[str]:
    """Name the cases that are there or must not be, in one order: processes never wait in a circle."""
    names: set[str | None] = set()
    for command in commands:
        if isinstance(command, Create):
            names.add(command.case.previous_case_id)
        if not isinstance(command, Create) or command.is_named:
            names.add(command.case_id)
    return sorted(name for name in names if name is not None)


def _committed(batch: Batch, links: Links | None) -> list[Committed]:
    return [
        Committed(decision=done.decision, is_due=_is_due(done, batch))
        if links is None or done.last == done.first
        else _logged(done, links, batch)
        for done in batch.done
    ]


def _is_due(done: Done, batch: Batch) -> bool:
    """Tell whether a decision has left something to do at once."""
    return any(effect is not Effect.TELL or batch.tells for effect in done.decision.effects)


def _logged(done: Done, links: Links, batch: Batch) -> Committed:
    start = links.position - len(batch.events)
    place = None
    event = done.decision.events[-1]
    if event.kind is EventKind.COMPLETED:
        place = LogPlace(
            position=start + done.last,
            hash=links.entries[done.last - 1][-1],
            generation=links.generation,
            actor=event.actor,
        )
    return Committed(
        decision=done.decision,
        first_position=start + done.first + 1,
        last_position=start + done.last,
        place=place,
        is_due=_is_due(done, batch),
    )
