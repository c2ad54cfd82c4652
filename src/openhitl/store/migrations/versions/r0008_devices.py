"""Devices, their keys and pairing; where browsers are told of cases; what people want things to be like."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_REF = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
#: What is copied, since SQLite cannot let a column be without making its table anew.
_OF_JOBS = (
    "id, space_id, kind, case_ref, destination, created_at, first_due_at, due_at, attempts, lease, dead_at,"
    " last_error"
)
_OF_KEYS = "id, agent_id, public_key, created_at, revoked_at"


def upgrade() -> None:
    """Add tables, let jobs belong to notices, and leave keys of agents alone among the public keys."""
    _make_devices()
    _make_pairings()
    _make_pushes()
    _make_wishes()
    _open_jobs()
    _narrow_public_keys()


def _ref(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, _REF, nullable=nullable, autoincrement=False)


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}")


def _make_devices() -> None:
    op.create_table(
        "devices",
        sa.Column("id", _REF, nullable=False),
        _ref("person_id"),
        _ref("session_id", nullable=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("box_key", sa.Text, nullable=False),
        sa.Column("sign_key", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.Column("revoked_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_devices"),
        sa.UniqueConstraint("box_key", name="uq_devices_box_key"),
        sa.UniqueConstraint("sign_key", name="uq_devices_sign_key"),
        _to("devices", "person_id", "people"),
        _to("devices", "session_id", "sessions"),
    )
    op.create_index("ix_devices_person_id", "devices", ["person_id"])
    op.create_index("ix_devices_session_id", "devices", ["session_id"])
    op.create_table(
        "device_lists",
        _ref("person_id"),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("statement", sa.Text, nullable=False),
        sa.Column("signature", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("person_id", "number", name="pk_device_lists"),
        _to("device_lists", "person_id", "people"),
    )


def _make_pairings() -> None:
    op.create_table(
        "pairings",
        sa.Column("id", _REF, nullable=False),
        sa.Column("space_id", sa.Integer, nullable=False, server_default="1"),
        _ref("person_id"),
        _ref("session_id", nullable=True),
        sa.Column("code_hash", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("claim_hash", sa.LargeBinary),
        sa.Column("claimed_at", sa.BigInteger),
        sa.Column("kind", sa.Text),
        sa.Column("name", sa.Text),
        sa.Column("box_key", sa.Text),
        sa.Column("sign_key", sa.Text),
        sa.Column("number", sa.SmallInteger),
        sa.Column("place", sa.Text),
        sa.Column("tries", sa.SmallInteger, nullable=False, server_default="0"),
        sa.Column("decided_at", sa.BigInteger),
        sa.Column("allowed", sa.SmallInteger),
        sa.Column("used_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_pairings"),
        sa.UniqueConstraint("code_hash", name="uq_pairings_code_hash"),
        sa.UniqueConstraint("claim_hash", name="uq_pairings_claim_hash"),
        _to("pairings", "person_id", "people"),
        _to("pairings", "session_id", "sessions"),
    )
    op.create_index("ix_pairings_person_id", "pairings", ["person_id"])


def _make_pushes() -> None:
    op.create_table(
        "push_subscriptions",
        sa.Column("id", _REF, nullable=False),
        _ref("person_id"),
        _ref("session_id"),
        sa.Column("endpoint", sa.Text, nullable=False),
        sa.Column("p256dh", sa.Text, nullable=False),
        sa.Column("auth", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.Column("delivered_at", sa.BigInteger),
        sa.Column("failed_at", sa.BigInteger),
        sa.Column("last_error", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_push_subscriptions"),
        sa.UniqueConstraint("endpoint", name="uq_push_subscriptions_endpoint"),
        _to("push_subscriptions", "person_id", "people"),
        _to("push_subscriptions", "session_id", "sessions"),
    )
    op.create_index("ix_push_subscriptions_person_id", "push_subscriptions", ["person_id"])
    op.create_index("ix_push_subscriptions_session_id", "push_subscriptions", ["session_id"])
    op.create_table(
        "push_deliveries",
        _ref("subscription_id"),
        _ref("case_ref"),
        sa.Column("delivered_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("subscription_id", "case_ref", name="pk_push_deliveries"),
        _to("push_deliveries", "subscription_id", "push_subscriptions"),
        _to("push_deliveries", "case_ref", "cases"),
    )
    op.create_index("ix_push_deliveries_case_ref", "push_deliveries", ["case_ref"])


def _make_wishes() -> None:
    op.create_table(
        "person_settings",
        _ref("person_id"),
        sa.Column("v", sa.SmallInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("person_id", name="pk_person_settings"),
        _to("person_settings", "person_id", "people"),
    )
    op.create_table(
        "agent_mutes",
        _ref("person_id"),
        _ref("agent_id"),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("person_id", "agent_id", name="pk_agent_mutes"),
        _to("agent_mutes", "person_id", "people"),
        _to("agent_mutes", "agent_id", "agents"),
    )
    op.create_table(
        "notice_reads",
        _ref("person_id"),
        _ref("notice_id"),
        sa.Column("read_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("person_id", "notice_id", name="pk_notice_reads"),
        _to("notice_reads", "person_id", "people"),
        _to("notice_reads", "notice_id", "notices"),
    )


def _open_jobs() -> None:
    """Let a job be for a notice instead of a case."""
    for index in ("ix_jobs_due", "ix_jobs_case_ref"):
        op.drop_index(index, "jobs")
    if op.get_bind().dialect.name == "sqlite":
        op.rename_table("jobs", "jobs_before")
        _make_jobs()
        op.execute(f"INSERT INTO jobs ({_OF_JOBS}) SELECT {_OF_JOBS} FROM jobs_before")  # noqa: S608
        op.drop_table("jobs_before")
    else:
        op.alter_column("jobs", "case_ref", existing_type=_REF, nullable=True)
        op.add_column("jobs", sa.Column("notice_id", _REF))
        op.create_foreign_key("fk_jobs_notice_id", "jobs", "notices", ["notice_id"], ["id"])
    is_due = sa.text("due_at IS NOT NULL")
    op.create_index(
        "ix_jobs_due", "jobs", ["destination", "due_at"], sqlite_where=is_due, postgresql_where=is_due
    )
    op.create_index("ix_jobs_case_ref", "jobs", ["case_ref"])
    op.create_index("ix_jobs_notice_id", "jobs", ["notice_id"])


def _make_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", _REF, nullable=False),
        sa.Column("space_id", sa.Integer, nullable=False, server_default="1"),
        sa.Column("kind", sa.Text, nullable=False),
        _ref("case_ref", nullable=True),
        _ref("notice_id", nullable=True),
        sa.Column("destination", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("first_due_at", sa.BigInteger),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("lease", sa.Text),
        sa.Column("dead_at", sa.BigInteger),
        sa.Column("last_error", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        _to("jobs", "case_ref", "cases"),
        _to("jobs", "notice_id", "notices"),
    )


def _narrow_public_keys() -> None:
    """Drop a column that nothing was ever written to: keys of people are those of their devices."""
    op.drop_index("ix_public_keys_person_id", "public_keys")
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint("fk_public_keys_person_id", "public_keys", type_="foreignkey")
        op.drop_column("public_keys", "person_id")
        op.alter_column("public_keys", "agent_id", existing_type=_REF, nullable=False)
        return
    op.drop_index("ix_public_keys_agent_id", "public_keys")
    op.rename_table("public_keys", "public_keys_before")
    op.create_table(
        "public_keys",
        sa.Column("id", _REF, nullable=False),
        _ref("agent_id"),
        sa.Column("public_key", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("revoked_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_public_keys"),
        _to("public_keys", "agent_id", "agents"),
    )
    op.execute(f"INSERT INTO public_keys ({_OF_KEYS}) SELECT {_OF_KEYS} FROM public_keys_before")  # noqa: S608
    op.drop_table("public_keys_before")
    op.create_index("ix_public_keys_agent_id", "public_keys", ["agent_id"])
