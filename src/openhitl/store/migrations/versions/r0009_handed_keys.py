"""Keys of encrypted cases that devices hand to those that came later."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_REF = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add a table."""
    op.create_table(
        "handed_keys",
        sa.Column("case_ref", _REF, autoincrement=False, nullable=False),
        sa.Column("direction", sa.Text, nullable=False),
        sa.Column("to_device", _REF, autoincrement=False, nullable=False),
        sa.Column("from_device", _REF, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("case_ref", "direction", "to_device", name="pk_handed_keys"),
        sa.ForeignKeyConstraint(["case_ref"], ["cases.id"], name="fk_handed_keys_case_ref"),
        sa.ForeignKeyConstraint(["to_device"], ["devices.id"], name="fk_handed_keys_to_device"),
        sa.ForeignKeyConstraint(["from_device"], ["devices.id"], name="fk_handed_keys_from_device"),
    )
    op.create_index("ix_handed_keys_to_device", "handed_keys", ["to_device"])
