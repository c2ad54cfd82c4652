"""Audit records in the log, checkpoints of it; questions asked twice; notices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_REF = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add tables, and let entries of the log belong to no case."""
    _open_log()
    _make_checkpoints()
    _make_asking()


def _open_log() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _open_log_in_place()
    else:
        op.alter_column("log", "case_ref", existing_type=_REF, nullable=True)
    beside = sa.text("case_ref IS NULL")
    op.create_index("ix_log_kind", "log", ["kind", "position"], sqlite_where=beside, postgresql_where=beside)


def _open_log_in_place() -> None:
    """Let the log be without copying it: https://sqlite.org/lang_altertable.html, section 7.

    A copy would take the place of a table that others refer to, which SQLite counts as a violation.
    """
    bind = op.get_bind()
    version = bind.exec_driver_sql("PRAGMA schema_version").scalar_one()
    bind.exec_driver_sql("PRAGMA writable_schema = ON")
    bind.exec_driver_sql(
        "UPDATE sqlite_master SET sql = replace(sql, 'case_ref INTEGER NOT NULL', 'case_ref INTEGER')"
        " WHERE type = 'table' AND name = 'log'"
    )
    bind.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    bind.exec_driver_sql("PRAGMA writable_schema = OFF")


def _make_checkpoints() -> None:
    op.create_table(
        "checkpoints",
        sa.Column("position", _REF, autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("statement", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_checkpoints"),
    )


def _make_asking() -> None:
    op.create_table(
        "request_keys",
        sa.Column("agent_id", _REF, autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("case_key", sa.Text, nullable=False),
        sa.Column("is_form", sa.Boolean, nullable=False),
        sa.Column("told_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("agent_id", "digest", name="pk_request_keys"),
        sa.UniqueConstraint("case_key", name="uq_request_keys_case_key"),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name="fk_request_keys_agent_id"),
    )
    op.create_table(
        "notices",
        sa.Column("id", _REF, nullable=False),
        sa.Column("space_id", sa.Integer, nullable=False, server_default="1"),
        sa.Column("agent_id", _REF, nullable=False),
        sa.Column("v", sa.SmallInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name="fk_notices_agent_id"),
    )
    op.create_index("ix_notices_agent_id", "notices", ["agent_id"])
