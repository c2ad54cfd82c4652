"""Cases, their contents, answers, drafts and tokens; agents and keys; the log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_REF = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_PUBLIC_ID = sa.String(collation="C").with_variant(sa.String(), "sqlite")
_GENESIS = bytes(32)


def upgrade() -> None:
    """Make every table, and the rows of which there is always exactly one."""
    _make_owners()
    _make_cases()
    _make_case_indexes()
    _make_what_belongs_to_cases()
    _make_log()
    _fill()


def _make_owners() -> None:
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("instance_id", sa.Text, nullable=False),
        sa.Column("secret_fingerprint", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_installation"),
    )
    op.create_table(
        "agents",
        sa.Column("id", _REF, nullable=False),
        sa.Column("space_id", sa.Integer, nullable=False, server_default="1"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_agents"),
    )
    op.create_index("ix_agents_name", "agents", ["name"])
    op.create_table(
        "api_keys",
        sa.Column("id", _REF, nullable=False),
        sa.Column("agent_id", _REF, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("revoked_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name="fk_api_keys_agent_id"),
        sa.UniqueConstraint("hash", name="uq_api_keys_hash"),
    )
    op.create_index("ix_api_keys_agent_id", "api_keys", ["agent_id"])


def _make_cases() -> None:
    op.create_table(
        "case_refs",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("next_ref", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_case_refs"),
    )
    op.create_table(
        "cases",
        sa.Column("id", _REF, autoincrement=False, nullable=False),
        sa.Column("space_id", sa.Integer, nullable=False, server_default="1"),
        sa.Column("case_id", _PUBLIC_ID, nullable=False),
        sa.Column("agent_id", _REF),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("default_action", sa.Text, nullable=False),
        sa.Column("assurance", sa.Text, nullable=False),
        sa.Column("demo", sa.Boolean, nullable=False),
        sa.Column("previous_ref", _REF),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("opened_at", sa.BigInteger),
        sa.Column("finished_at", sa.BigInteger),
        sa.Column("reason", sa.Text),
        sa.Column("reminders", sa.Text),
        sa.Column("reminder_sent_at", sa.BigInteger),
        sa.Column("draft_version", sa.Integer, nullable=False),
        sa.Column("progress", sa.Text),
        sa.Column("submission_id", sa.Text),
        sa.Column("ended_by", sa.Text),
        sa.Column("wake_at", sa.BigInteger),
        sa.Column("next_ref", _REF),
        sa.Column("idempotency_key", sa.Text),
        sa.Column("request_digest", sa.LargeBinary),
        sa.Column("purged", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.PrimaryKeyConstraint("id", name="pk_cases"),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name="fk_cases_agent_id"),
        sa.ForeignKeyConstraint(["previous_ref"], ["cases.id"], name="fk_cases_previous_ref"),
        sa.ForeignKeyConstraint(
            ["next_ref"], ["cases.id"], name="fk_cases_next_ref", deferrable=True, initially="DEFERRED"
        ),
        sa.UniqueConstraint("case_id", name="uq_cases_case_id"),
    )


def _make_case_indexes() -> None:
    op.create_index("ix_cases_agent", "cases", ["agent_id", "case_id"])
    waking = sa.text("wake_at IS NOT NULL")
    op.create_index("ix_cases_wake_at", "cases", ["wake_at"], sqlite_where=waking, postgresql_where=waking)
    retained = sa.text("finished_at IS NOT NULL AND NOT purged")
    op.create_index(
        "ix_cases_finished_at", "cases", ["finished_at"], sqlite_where=retained, postgresql_where=retained
    )
    keyed = sa.text("idempotency_key IS NOT NULL")
    op.create_index(
        "uq_cases_idempotency_key",
        "cases",
        ["idempotency_key", sa.text("coalesce(agent_id, 0)")],
        unique=True,
        sqlite_where=keyed,
        postgresql_where=keyed,
    )


def _make_what_belongs_to_cases() -> None:
    op.create_table(
        "contents",
        sa.Column("case_ref", _REF, autoincrement=False, nullable=False),
        sa.Column("v", sa.SmallInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("case_ref", name="pk_contents"),
        sa.ForeignKeyConstraint(["case_ref"], ["cases.id"], name="fk_contents_case_ref"),
    )
    op.create_table(
        "answers",
        sa.Column("case_ref", _REF, autoincrement=False, nullable=False),
        sa.Column("number", sa.SmallInteger, autoincrement=False, nullable=False),
        sa.Column("v", sa.SmallInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.PrimaryKeyConstraint("case_ref", "number", name="pk_answers"),
        sa.ForeignKeyConstraint(["case_ref"], ["cases.id"], name="fk_answers_case_ref"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "drafts",
        sa.Column("case_ref", _REF, autoincrement=False, nullable=False),
        sa.Column("v", sa.SmallInteger, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("saved_at", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("case_ref", name="pk_drafts"),
        sa.ForeignKeyConstraint(["case_ref"], ["cases.id"], name="fk_drafts_case_ref"),
    )
    op.create_table(
        "tokens",
        sa.Column("case_ref", _REF, autoincrement=False, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("generation", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("case_ref", "purpose", "generation", name="pk_tokens"),
        sa.ForeignKeyConstraint(["case_ref"], ["cases.id"], name="fk_tokens_case_ref"),
        sqlite_with_rowid=False,
    )


def _make_log() -> None:
    op.create_table(
        "log",
        sa.Column("position", _REF, autoincrement=False, nullable=False),
        sa.Column("space_id", sa.Integer, nullable=False, server_default="1"),
        sa.Column("case_ref", _REF, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor_kind", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("payload_digest", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_log"),
        sa.ForeignKeyConstraint(["case_ref"], ["cases.id"], name="fk_log_case_ref"),
    )
    op.create_index("uq_log_case_ref", "log", ["case_ref", "seq"], unique=True)
    op.create_table(
        "log_payloads",
        sa.Column("position", _REF, autoincrement=False, nullable=False),
        sa.Column("v", sa.SmallInteger, nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_log_payloads"),
        sa.ForeignKeyConstraint(["position"], ["log.position"], name="fk_log_payloads_position"),
    )
    op.create_table(
        "log_head",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_log_head"),
    )


def _fill() -> None:
    refs = sa.table("case_refs", sa.column("id", sa.Integer), sa.column("next_ref", sa.BigInteger))
    op.execute(refs.insert().values(id=1, next_ref=1))
    head = sa.table(
        "log_head",
        sa.column("id", sa.Integer),
        sa.column("position", sa.BigInteger),
        sa.column("hash", sa.LargeBinary),
    )
    op.execute(head.insert().values(id=1, position=0, hash=_GENESIS))
