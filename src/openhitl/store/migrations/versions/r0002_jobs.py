"""Jobs, and how often the secret of an agent's callbacks was changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_REF = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add a table and three columns."""
    op.add_column("cases", sa.Column("calls_back", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("agents", sa.Column("callback_generation", sa.Integer, nullable=False, server_default="0"))
    op.add_column("agents", sa.Column("callback_rotated_at", sa.BigInteger))
    op.create_table(
        "jobs",
        sa.Column("id", _REF, nullable=False),
        sa.Column("space_id", sa.Integer, nullable=False, server_default="1"),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("case_ref", _REF, nullable=False),
        sa.Column("destination", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("first_due_at", sa.BigInteger),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("lease", sa.Text),
        sa.Column("dead_at", sa.BigInteger),
        sa.Column("last_error", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.ForeignKeyConstraint(["case_ref"], ["cases.id"], name="fk_jobs_case_ref"),
    )
    due = sa.text("due_at IS NOT NULL")
    op.create_index("ix_jobs_due", "jobs", ["destination", "due_at"], sqlite_where=due, postgresql_where=due)
    op.create_index("ix_jobs_case_ref", "jobs", ["case_ref"])
