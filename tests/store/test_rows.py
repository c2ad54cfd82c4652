"""Values and rows: what is written is read back, and every value goes to its own column."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openhitl.protocol.case import Answer, Assurance, Content, DefaultAction, Progress, ReviewCase, Status
from openhitl.store import rows
from openhitl.store.documents import answer_from, answer_text, content_from, content_text, sensitive_text
from openhitl.store.engine import open_database
from openhitl.store.instants import EPOCH, from_ms, to_ms
from openhitl.store.schema import cases
from openhitl.store.statements import ROWS, STATE_COLUMNS, Statement, Statements
from tests.store.desk import answer, creating

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
MILLISECONDS = st.integers(0, 4_102_444_800_000)
INSTANTS = MILLISECONDS.map(from_ms)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(TEXT, JSON, max_size=4)
COUNTS = st.integers(0, 2**31 - 1)
PROGRESSES = st.builds(
    Progress, current_step=COUNTS, total_steps=COUNTS, completed_fields=COUNTS, total_fields=COUNTS
)
CASES = st.builds(
    ReviewCase,
    case_id=TEXT,
    agent_id=st.none() | COUNTS,
    type=TEXT,
    status=st.sampled_from(Status),
    created_at=INSTANTS,
    expires_at=INSTANTS,
    default_action=st.sampled_from(DefaultAction),
    version=COUNTS,
    seq=COUNTS,
    assurance=st.sampled_from(Assurance),
    demo=st.booleans(),
    calls_back=st.booleans(),
    opened_at=st.none() | INSTANTS,
    finished_at=st.none() | INSTANTS,
    reason=st.none() | TEXT,
    reminders=st.lists(INSTANTS, max_size=3).map(tuple),
    reminder_sent_at=st.none() | INSTANTS,
    draft_version=COUNTS,
    progress=st.none() | PROGRESSES,
    previous_case_id=st.none() | TEXT,
    next_case_id=st.none() | TEXT,
    submission_id=st.none() | TEXT,
    ended_by=st.none() | TEXT,
)
CONTENTS = st.builds(
    Content,
    type=TEXT,
    prompt=TEXT,
    message=TEXT,
    context=OBJECTS,
    timeout=TEXT,
    default_action=st.sampled_from(DefaultAction),
    agent=TEXT,
    reminder_at=st.lists(INSTANTS, max_size=3).map(tuple),
    previous_case_id=st.none() | TEXT,
    inline_actions=st.none() | st.lists(TEXT, max_size=3).map(tuple),
    metadata=OBJECTS,
    callback_url=st.none() | TEXT,
    shown_digest=TEXT,
)


@given(MILLISECONDS)
def test_every_millisecond_is_kept(milliseconds):
    instant = EPOCH + timedelta(milliseconds=milliseconds)
    assert to_ms(instant) == milliseconds
    assert from_ms(milliseconds) == instant


@given(CASES)
def test_the_state_of_a_case_is_read_back(case):
    row = (*rows.fixed(1, case, None), *rows.changing(case, None))
    assert rows.case_from(row, case.previous_case_id, case.next_case_id) == case


@given(CONTENTS)
def test_a_content_is_read_back(content):
    assert content_from(content_text(content)) == content


@given(OBJECTS, st.sets(TEXT, max_size=3))
def test_an_answer_is_read_back_from_both_parts(data, sensitive):
    given_answer: Answer = answer(data=data, sensitive=frozenset(sensitive))
    text, hidden = answer_text(given_answer), sensitive_text(given_answer)
    assert answer_from(text, hidden) == given_answer


def test_a_row_names_its_columns_in_order():
    case = creating(7, demo=True, reminders=(from_ms(5_000),)).case
    case = replace(case, submission_id="s-1", ended_by="link:alice", reason="why")
    row = dict(zip(STATE_COLUMNS, (*rows.fixed(11, case, 12), *rows.changing(case, 13)), strict=True))
    assert {name: value for name, value in row.items() if value is not None} == {
        "id": 11,
        "case_id": case.case_id,
        "agent_id": 7,
        "type": "approval",
        "created_at": to_ms(case.created_at),
        "expires_at": to_ms(case.expires_at),
        "default_action": "skip",
        "assurance": "link",
        "demo": True,
        "calls_back": False,
        "previous_ref": 12,
        "status": "pending",
        "version": 1,
        "seq": 1,
        "reason": "why",
        "reminders": "[5000]",
        "draft_version": 0,
        "submission_id": "s-1",
        "ended_by": "link:alice",
        "wake_at": 5_000,
        "next_ref": 13,
    }
    assert [column.name for column in cases.columns if column.name in row] == list(STATE_COLUMNS)


@pytest.mark.parametrize("url", ["sqlite:///{}/x.db", "postgresql://localhost/x"])
def test_a_statement_for_many_rows_is_what_would_be_compiled(tmp_path, url):
    with closing(open_database(url.format(tmp_path))) as database:
        dialect = database.write.dialect
    statements = Statements(dialect)
    found = [one for one in vars(statements).values() if isinstance(one, Statement)]
    assert len(found) > 15
    for statement in found:
        for count in (1, 2, 3, 17):
            assert statement.sql(count) == str(statement.build(count).compile(dialect=dialect))


def test_rows_are_cut_into_few_statements_and_none_is_lost(tmp_path):
    database = open_database(f"sqlite:///{tmp_path / 'x.db'}")
    statement = Statements(database.write.dialect).add_contents
    database.close()
    for count in range(300):
        given_rows = [(number, 1, f"body {number}") for number in range(count)]
        calls = list(statement.calls(given_rows))
        assert [value for _, values in calls for value in values] == [v for row in given_rows for v in row]
        assert all(sql.count("?") == len(values) for sql, values in calls)
        assert len(calls) <= count // ROWS[-1] + 2
