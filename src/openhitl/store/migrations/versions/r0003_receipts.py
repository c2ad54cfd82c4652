"""How often the key that signs receipts was changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add two columns."""
    op.add_column("log_head", sa.Column("receipt_generation", sa.Integer, nullable=False, server_default="0"))
    op.add_column("log_head", sa.Column("receipt_rotated_at", sa.BigInteger))
