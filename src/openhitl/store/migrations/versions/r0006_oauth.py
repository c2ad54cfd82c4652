"""OAuth: clients, what people granted them, codes and tokens."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_REF = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add tables."""
    _make_clients()
    _make_codes()
    _make_device_codes()


def _make_clients() -> None:
    op.create_table(
        "oauth_clients",
        sa.Column("id", _REF, nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary),
        sa.Column("redirect_uris", sa.Text, nullable=False),
        sa.Column("grant_types", sa.Text, nullable=False),
        sa.Column("auth_method", sa.Text, nullable=False),
        sa.Column("agent_name", sa.Text),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("used_at", sa.BigInteger),
        sa.Column("fetched_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_oauth_clients"),
        sa.UniqueConstraint("client_id", name="uq_oauth_clients_client_id"),
    )
    op.create_table(
        "oauth_grants",
        sa.Column("id", _REF, nullable=False),
        sa.Column("client_ref", _REF, nullable=False),
        sa.Column("person_id", _REF, nullable=False),
        sa.Column("agent_id", _REF, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("resource", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("revoked_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_oauth_grants"),
        sa.ForeignKeyConstraint(["client_ref"], ["oauth_clients.id"], name="fk_oauth_grants_client_ref"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_oauth_grants_person_id"),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name="fk_oauth_grants_agent_id"),
    )
    op.create_index("ix_oauth_grants_client_ref", "oauth_grants", ["client_ref"])
    op.create_index("ix_oauth_grants_person_id", "oauth_grants", ["person_id"])
    op.create_index("ix_oauth_grants_agent_id", "oauth_grants", ["agent_id"])


def _make_codes() -> None:
    op.create_table(
        "oauth_codes",
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("client_ref", _REF, nullable=False),
        sa.Column("person_id", _REF, nullable=False),
        sa.Column("agent_name", sa.Text, nullable=False),
        sa.Column("redirect_uri", sa.Text, nullable=False),
        sa.Column("challenge", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("resource", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("used_at", sa.BigInteger),
        sa.Column("grant_id", _REF),
        sa.PrimaryKeyConstraint("hash", name="pk_oauth_codes"),
        sa.ForeignKeyConstraint(["client_ref"], ["oauth_clients.id"], name="fk_oauth_codes_client_ref"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_oauth_codes_person_id"),
        sa.ForeignKeyConstraint(["grant_id"], ["oauth_grants.id"], name="fk_oauth_codes_grant_id"),
    )
    op.create_index("ix_oauth_codes_expires_at", "oauth_codes", ["expires_at"])
    op.create_table(
        "oauth_refresh_tokens",
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("grant_id", _REF, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("used_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("hash", name="pk_oauth_refresh_tokens"),
        sa.ForeignKeyConstraint(["grant_id"], ["oauth_grants.id"], name="fk_oauth_refresh_tokens_grant_id"),
    )
    op.create_index("ix_oauth_refresh_tokens_grant_id", "oauth_refresh_tokens", ["grant_id"])


def _make_device_codes() -> None:
    op.create_table(
        "device_codes",
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("user_code_hash", sa.LargeBinary, nullable=False),
        sa.Column("client_ref", _REF, nullable=False),
        sa.Column("agent_name", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("resource", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("interval_seconds", sa.SmallInteger, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("polled_at", sa.BigInteger),
        sa.Column("person_id", _REF),
        sa.Column("allowed", sa.SmallInteger),
        sa.Column("used_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("hash", name="pk_device_codes"),
        sa.ForeignKeyConstraint(["client_ref"], ["oauth_clients.id"], name="fk_device_codes_client_ref"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_device_codes_person_id"),
        sa.UniqueConstraint("user_code_hash", name="uq_device_codes_user_code_hash"),
    )
    op.create_index("ix_device_codes_expires_at", "device_codes", ["expires_at"])
