"""The tables. What may change about a case is in `cases`; its content is written once, beside it.

Rows refer to each other by 64-bit numbers; the public `case_id` is for the outside. Instants are
milliseconds since the epoch, JSON is text, and what a later version may have to read
carries its own version `v`. `space_id` keeps installations apart that share a
database; there is one so far.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    false,
    func,
    text,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)

#: SQLite makes a column the row's own address only if it is declared INTEGER.
Ref = BigInteger().with_variant(Integer(), "sqlite")
#: Compared byte by byte everywhere, so that the order of ids is the order in which they were made.
PublicId = String(collation="C").with_variant(String(), "sqlite")

installation = Table(
    "installation",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("instance_id", Text, nullable=False),
    Column("secret_fingerprint", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

#: One row: the next number of a case that no process has taken yet.
case_refs = Table(
    "case_refs",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("next_ref", BigInteger, nullable=False),
)

cases = Table(
    "cases",
    metadata,
    Column("id", Ref, primary_key=True, autoincrement=False),
    Column("space_id", Integer, nullable=False, server_default="1"),
    Column("case_id", PublicId, nullable=False, unique=True),
    Column("agent_id", Ref, ForeignKey("agents.id")),
    Column("type", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("default_action", Text, nullable=False),
    Column("assurance", Text, nullable=False),
    Column("demo", Boolean, nullable=False),
    Column("calls_back", Boolean, nullable=False, server_default=false()),
    Column("previous_ref", Ref, ForeignKey("cases.id")),
    Column("status", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("opened_at", BigInteger),
    Column("finished_at", BigInteger),
    Column("reason", Text),
    Column("reminders", Text),
    Column("reminder_sent_at", BigInteger),
    Column("draft_version", Integer, nullable=False),
    Column("progress", Text),
    Column("submission_id", Text),
    Column("ended_by", Text),
    Column("wake_at", BigInteger),
    # Deferred: a case and the one that follows it may be written in one batch.
    Column("next_ref", Ref, ForeignKey("cases.id", deferrable=True, initially="DEFERRED")),
    Column("idempotency_key", Text),
    Column("request_digest", LargeBinary),
    Column("purged", Boolean, nullable=False, server_default=false()),
)
Index("ix_cases_agent", cases.c.agent_id, cases.c.case_id)
Index(
    "ix_cases_wake_at",
    cases.c.wake_at,
    sqlite_where=cases.c.wake_at.is_not(None),
    postgresql_where=cases.c.wake_at.is_not(None),
)
_RETAINED = text("finished_at IS NOT NULL AND NOT purged")
Index("ix_cases_finished_at", cases.c.finished_at, sqlite_where=_RETAINED, postgresql_where=_RETAINED)
Index(
    "uq_cases_idempotency_key",
    cases.c.idempotency_key,
    func.coalesce(cases.c.agent_id, text("0")),
    unique=True,
    sqlite_where=cases.c.idempotency_key.is_not(None),
    postgresql_where=cases.c.idempotency_key.is_not(None),
)

contents = Table(
    "contents",
    metadata,
    Column("case_ref", Ref, ForeignKey("cases.id"), primary_key=True, autoincrement=False),
    Column("v", SmallInteger, nullable=False),
    Column("body", Text, nullable=False),
)

#: `number` counts the answers of a case from 1. Sensitive values are in `sealed` and nowhere else.
answers = Table(
    "answers",
    metadata,
    Column("case_ref", Ref, ForeignKey("cases.id"), primary_key=True, autoincrement=False),
    Column("number", SmallInteger, primary_key=True, autoincrement=False),
    Column("v", SmallInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("sealed", LargeBinary),
    sqlite_with_rowid=False,
)

drafts = Table(
    "drafts",
    metadata,
    Column("case_ref", Ref, ForeignKey("cases.id"), primary_key=True, autoincrement=False),
    Column("v", SmallInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("saved_at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
)

#: Found by their case, which every address names, and compared by their hash: an index over hashes
#: would spread each write over the whole file.
tokens = Table(
    "tokens",
    metadata,
    Column("case_ref", Ref, ForeignKey("cases.id"), primary_key=True, autoincrement=False),
    Column("purpose", Text, primary_key=True),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

#: Who may answer, where the asker named people; else the owners of its agent.
case_assignees = Table(
    "case_assignees",
    metadata,
    Column("case_ref", Ref, ForeignKey("cases.id"), primary_key=True, autoincrement=False),
    Column("person_id", Ref, ForeignKey("people.id"), primary_key=True, autoincrement=False, index=True),
)

#: Questions that may be asked again: the same digest joins the case that was made with `case_key` as its
#: idempotency key, until `told_at`, when whoever asked knew how it had ended.
request_keys = Table(
    "request_keys",
    metadata,
    Column("agent_id", Ref, ForeignKey("agents.id"), primary_key=True, autoincrement=False),
    Column("digest", LargeBinary, primary_key=True),
    Column("case_key", Text, nullable=False, unique=True),
    Column("is_form", Boolean, nullable=False),
    Column("told_at", BigInteger),
)

#: What an agent told its people and wants no answer to.
notices = Table(
    "notices",
    metadata,
    Column("id", Ref, primary_key=True),
    Column("space_id", Integer, nullable=False, server_default="1"),
    Column("agent_id", Ref, ForeignKey("agents.id"), nullable=False, index=True),
    Column("v", SmallInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

#: Case events, and audit records of everything else: those have no case and the number 0.
log = Table(
    "log",
    metadata,
    Column("position", Ref, primary_key=True, autoincrement=False),
    Column("space_id", Integer, nullable=False, server_default="1"),
    Column("case_ref", Ref, ForeignKey("cases.id")),
    Column("seq", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("payload_digest", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)
Index("uq_log_case_ref", log.c.case_ref, log.c.seq, unique=True)
#: Audit records alone, by what they are: entries of cases do not pay for it.
Index(
    "ix_log_kind",
    log.c.kind,
    log.c.position,
    sqlite_where=log.c.case_ref.is_(None),
    postgresql_where=log.c.case_ref.is_(None),
)

log_payloads = Table(
    "log_payloads",
    metadata,
    Column("position", Ref, ForeignKey("log.position"), primary_key=True, autoincrement=False),
    Column("v", SmallInteger, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("payload", Text, nullable=False),
)

#: One row, locked last in every transaction that writes to the log. It says which key signs receipts,
#: so that whoever answers while the key is changed gets the one or the other, on every node the same.
log_head = Table(
    "log_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("receipt_generation", Integer, nullable=False, server_default="0"),
    Column("receipt_rotated_at", BigInteger),
)

#: Signed statements that the log was so long and ended so. `statement` is a compact JWS.
checkpoints = Table(
    "checkpoints",
    metadata,
    Column("position", Ref, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("statement", Text, nullable=False),
)

#: What no answer may rest on again, by the SHA-256 of what is good once; the evidence itself is not kept.
spent_proofs = Table(
    "spent_proofs",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("case_ref", Ref, ForeignKey("cases.id"), nullable=False, index=True),
)

#: What is still to be done in the world, for a case or for a notice. `due_at` is null while a job waits for
#: the end of its case and once it is given up (`dead_at`); a job that somebody has taken is due again when
#: its lease ends.
jobs = Table(
    "jobs",
    metadata,
    Column("id", Ref, primary_key=True),
    Column("space_id", Integer, nullable=False, server_default="1"),
    Column("kind", Text, nullable=False),
    Column("case_ref", Ref, ForeignKey("cases.id")),
    Column("notice_id", Ref, ForeignKey("notices.id"), index=True),
    Column("destination", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("first_due_at", BigInteger),
    Column("due_at", BigInteger),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("lease", Text),
    Column("dead_at", BigInteger),
    Column("last_error", Text),
)
Index(
    "ix_jobs_due",
    jobs.c.destination,
    jobs.c.due_at,
    sqlite_where=jobs.c.due_at.is_not(None),
    postgresql_where=jobs.c.due_at.is_not(None),
)
Index("ix_jobs_case_ref", jobs.c.case_ref)
