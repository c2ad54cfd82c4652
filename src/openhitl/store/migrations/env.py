"""What Alembic runs: the steps up to the newest, on a connection whose transaction is not its own."""

from __future__ import annotations

from alembic import context

from openhitl.store.identity_schema import people

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=people.metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
