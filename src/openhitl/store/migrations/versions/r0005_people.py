"""People, their sessions, links and passkeys; whom agents belong to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_REF = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add tables, and columns to those of passkeys, agents and keys."""
    _make_people()
    _make_ways_in()
    _make_what_people_own()
    _widen()


def _make_people() -> None:
    op.create_table(
        "people",
        sa.Column("id", _REF, nullable=False),
        sa.Column("space_id", sa.Integer, nullable=False, server_default="1"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_key", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text),
        sa.Column("totp_sealed", sa.LargeBinary),
        sa.Column("totp_step", sa.BigInteger),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("disabled_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
        sa.UniqueConstraint("name_key", name="uq_people_name_key"),
    )
    op.create_table(
        "person_subjects",
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("person_id", _REF, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("issuer", "subject", name="pk_person_subjects"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_person_subjects_person_id"),
    )
    op.create_index("ix_person_subjects_person_id", "person_subjects", ["person_id"])


def _make_ways_in() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", _REF, nullable=False),
        sa.Column("person_id", _REF, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("revoked_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_sessions_person_id"),
        sa.UniqueConstraint("hash", name="uq_sessions_hash"),
    )
    op.create_index("ix_sessions_person_id", "sessions", ["person_id"])
    op.create_table(
        "person_links",
        sa.Column("id", _REF, nullable=False),
        sa.Column("space_id", sa.Integer, nullable=False, server_default="1"),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("role", sa.Text),
        sa.Column("person_id", _REF),
        sa.Column("created_by", _REF),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("used_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_person_links"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_person_links_person_id"),
        sa.ForeignKeyConstraint(["created_by"], ["people.id"], name="fk_person_links_created_by"),
        sa.UniqueConstraint("hash", name="uq_person_links_hash"),
    )
    op.create_index("ix_person_links_person_id", "person_links", ["person_id"])
    op.create_table(
        "spent_challenges",
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_spent_challenges"),
    )
    op.create_table(
        "rate_buckets",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("full_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_rate_buckets"),
    )
    op.create_index("ix_rate_buckets_full_at", "rate_buckets", ["full_at"])


def _make_what_people_own() -> None:
    op.create_table(
        "agent_owners",
        sa.Column("agent_id", _REF, autoincrement=False, nullable=False),
        sa.Column("person_id", _REF, autoincrement=False, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("agent_id", "person_id", name="pk_agent_owners"),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name="fk_agent_owners_agent_id"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_agent_owners_person_id"),
    )
    op.create_index("ix_agent_owners_person_id", "agent_owners", ["person_id"])
    op.create_table(
        "case_assignees",
        sa.Column("case_ref", _REF, autoincrement=False, nullable=False),
        sa.Column("person_id", _REF, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("case_ref", "person_id", name="pk_case_assignees"),
        sa.ForeignKeyConstraint(["case_ref"], ["cases.id"], name="fk_case_assignees_case_ref"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_case_assignees_person_id"),
    )
    op.create_index("ix_case_assignees_person_id", "case_assignees", ["person_id"])
    op.create_table(
        "public_keys",
        sa.Column("id", _REF, nullable=False),
        sa.Column("agent_id", _REF),
        sa.Column("person_id", _REF),
        sa.Column("public_key", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("revoked_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_public_keys"),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name="fk_public_keys_agent_id"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_public_keys_person_id"),
    )
    op.create_index("ix_public_keys_agent_id", "public_keys", ["agent_id"])
    op.create_index("ix_public_keys_person_id", "public_keys", ["person_id"])


def _widen() -> None:
    op.add_column("agents", sa.Column("assurance", sa.Text))
    op.add_column("agents", sa.Column("disabled_at", sa.BigInteger))
    op.add_column("api_keys", sa.Column("scopes", sa.Text, nullable=False, server_default="ask read"))
    for table in ("passkeys", "passkey_links"):
        person = sa.ForeignKey("people.id", name=f"fk_{table}_person_id")
        op.add_column(table, sa.Column("person_id", _REF, person), inline_references=True)
    op.create_index("ix_passkeys_person_id", "passkeys", ["person_id"])
