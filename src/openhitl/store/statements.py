"""The writer's statements: built by SQLAlchemy Core, compiled once, each for a fixed number of rows.

One statement carries many rows, since every step of a statement costs a round trip (PostgreSQL) or a
hand-over of the interpreter's lock to the threads that serve (SQLite). There are statements for some
numbers of rows only, so that all of them stay prepared; two of them make any number up to the largest.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    Select,
    Table,
    bindparam,
    delete,
    exists,
    insert,
    select,
    update,
    values,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import ClauseElement, column
from sqlalchemy.sql.elements import BindParameter

from openhitl.store import schema
from openhitl.store.identity_schema import push_subscriptions

Row = Sequence[Any]
Rows = Sequence[Row]
#: The numbers of rows that there are statements for.
ROWS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64)


class Statement:
    """Something to do for any number of rows.

    It is compiled for one row and for two; what the second adds is said again for each that follows,
    since parameters are positional. Compiling anew would cost the first batches of every size dearly.

    Args:
        dialect: what it is compiled for; parameters are positional.
        build: makes the Core statement for a number of rows, its parameters in the order of the rows.
    """

    def __init__(self, dialect: Dialect, build: Callable[[int], ClauseElement]) -> None:
        self._dialect = dialect
        self.build = build

    def sql(self, count: int) -> str:
        """Return the SQL for a number of rows."""
        head, more, tail = self._parts
        return head + more * (count - 1) + tail

    @cached_property
    def _parts(self) -> tuple[str, str, str]:
        one, two = (str(self.build(count).compile(dialect=self._dialect)) for count in (1, 2))
        pairs = enumerate(zip(one, two, strict=False))
        same = next((place for place, (first, second) in pairs if first != second), len(one))
        return one[:same], two[same : same + len(two) - len(one)], one[same:]

    def calls(self, rows: Rows) -> Iterator[tuple[str, list[Any]]]:
        """Cut rows into SQL with its parameters."""
        start, left = 0, len(rows)
        while left:
            count = ROWS[bisect_right(ROWS, left) - 1]
            yield self.sql(count), [value for row in rows[start : start + count] for value in row]
            start += count
            left -= count


class Statements:
    """All that the writer says to the database."""

    def __init__(self, dialect: Dialect) -> None:
        def statement(build: Callable[[int], ClauseElement]) -> Statement:
            return Statement(dialect, build)

        cases = schema.cases
        self.lock_cases = statement(_lock_cases)
        self.name_cases = statement(
            lambda count: select(cases.c.id, cases.c.case_id, cases.c.status).where(
                cases.c.id.in_(_list("ref", count))
            )
        )
        self.keyed_cases = statement(_keyed_cases)
        self.lock_head = statement(lambda _: _lock_head())
        self.add_cases = statement(lambda count: _insert(cases, CASE_COLUMNS, count))
        self.change_cases = statement(_change_cases)
        self.add_contents = statement(lambda count: _insert(schema.contents, CONTENT_COLUMNS, count))
        self.add_tokens = statement(lambda count: _insert(schema.tokens, TOKEN_COLUMNS, count))
        self.add_assignees = statement(lambda count: _insert(schema.case_assignees, ASSIGNEE_COLUMNS, count))
        self.add_answers = statement(lambda count: _insert(schema.answers, ANSWER_COLUMNS, count))
        self.add_spent = statement(lambda count: _insert(schema.spent_proofs, SPENT_COLUMNS, count))
        self.find_spent = statement(
            lambda count: select(schema.spent_proofs.c.digest).where(
                schema.spent_proofs.c.digest.in_(_list("digest", count))
            )
        )
        self.forget_drafts = statement(
            lambda count: delete(schema.drafts).where(schema.drafts.c.case_ref.in_(_list("ref", count)))
        )
        self.add_drafts = statement(lambda count: _insert(schema.drafts, DRAFT_COLUMNS, count))
        self.add_jobs = statement(lambda count: _insert(schema.jobs, JOB_COLUMNS, count))
        self.wake_jobs = statement(_wake_jobs)
        self.add_entries = statement(lambda count: _insert(schema.log, ENTRY_COLUMNS, count))
        self.add_payloads = statement(lambda count: _insert(schema.log_payloads, PAYLOAD_COLUMNS, count))
        self.move_head = statement(lambda _: _move_head())
        self.entry_hash = statement(
            lambda _: select(schema.log.c.hash).where(schema.log.c.position == bindparam("position"))
        )
        self.take_refs = statement(lambda _: _take_refs())


def _columns(table: Table, *without: str) -> tuple[str, ...]:
    """Name the columns of a table in its order, which is the order in which an INSERT takes values."""
    return tuple(column.name for column in table.columns if column.name not in without)


CASE_COLUMNS = _columns(schema.cases, "space_id", "purged")
#: The state of a case: first what never changes about its row, then what does.
STATE_COLUMNS = CASE_COLUMNS[: CASE_COLUMNS.index("idempotency_key")]
PREVIOUS_REF = STATE_COLUMNS.index("previous_ref")
NEXT_REF = STATE_COLUMNS.index("next_ref")
CHANGING_COLUMNS = STATE_COLUMNS[STATE_COLUMNS.index("status") :]
CONTENT_COLUMNS = _columns(schema.contents)
TOKEN_COLUMNS = _columns(schema.tokens)
ASSIGNEE_COLUMNS = _columns(schema.case_assignees)
ANSWER_COLUMNS = _columns(schema.answers)
SPENT_COLUMNS = _columns(schema.spent_proofs)
DRAFT_COLUMNS = _columns(schema.drafts)
JOB_COLUMNS = ("kind", "case_ref", "destination", "created_at", "first_due_at", "due_at")
ENTRY_COLUMNS = _columns(schema.log, "space_id")
PAYLOAD_COLUMNS = _columns(schema.log_payloads)


def state_columns() -> list[Any]:
    """Name the columns that make up the state of a case, in the order of `rows.case_from`."""
    return [schema.cases.c[name] for name in STATE_COLUMNS]


def _list(name: str, count: int) -> list[BindParameter[Any]]:
    return [bindparam(f"{name}_{index}") for index in range(count)]


def _insert(table: Table, columns: Sequence[str], count: int) -> ClauseElement:
    return insert(table).values(
        [
            {name: bindparam(f"{name}_{index}", type_=table.c[name].type) for name in columns}
            for index in range(count)
        ]
    )


def _lock_cases(count: int) -> Select[Any]:
    cases = schema.cases
    return (
        select(*state_columns())
        .where(cases.c.case_id.in_(_list("case_id", count)), cases.c.purged.is_(False))
        .order_by(cases.c.case_id)
        .with_for_update()
    )


def _keyed_cases(count: int) -> Select[Any]:
    cases = schema.cases
    return select(cases.c.agent_id, cases.c.idempotency_key, cases.c.request_digest, cases.c.case_id).where(
        cases.c.idempotency_key.in_(_list("key", count))
    )


def _given(table: Table, names: Sequence[str], count: int) -> CTE:
    """Make a table of parameters, with columns of the same names and types as another's."""
    rows = [
        tuple(bindparam(f"{name}_{index}", type_=table.c[name].type) for name in names)
        for index in range(count)
    ]
    columns = (column(name, table.c[name].type) for name in names)
    return values(*columns, name="given").data(rows).cte("given")


def _change_cases(count: int) -> ClauseElement:
    cases = schema.cases
    changed = _given(cases, ("id", *CHANGING_COLUMNS), count)
    return (
        update(cases)
        .values({name: changed.c[name] for name in CHANGING_COLUMNS})
        .where(cases.c.id == changed.c.id)
    )


def _wake_jobs(count: int) -> ClauseElement:
    jobs = schema.jobs
    woken = _given(jobs, ("kind", "case_ref", "due_at"), count)
    return (
        update(jobs)
        .values(due_at=woken.c.due_at, first_due_at=woken.c.due_at)
        .where(jobs.c.case_ref == woken.c.case_ref, jobs.c.kind == woken.c.kind)
    )


def _lock_head() -> Select[Any]:
    """Read where the log ends, and whether there is any browser to be told what happens.

    Asked here, that costs no statement of its own, and is never out of date.
    """
    head = schema.log_head
    has_browsers = exists(select(push_subscriptions.c.id))
    return select(
        head.c.position, head.c.hash, head.c.receipt_generation, has_browsers.label("has_browsers")
    ).with_for_update(of=head)


def _move_head() -> ClauseElement:
    head = schema.log_head
    return update(head).values(
        position=bindparam("position", type_=BigInteger()), hash=bindparam("hash", type_=head.c.hash.type)
    )


def _take_refs() -> ClauseElement:
    refs = schema.case_refs
    following = refs.c.next_ref + bindparam("count", type_=BigInteger())
    return update(refs).values(next_ref=following).returning(refs.c.next_ref)
