"""Persistence by intention: SQLite and PostgreSQL from one set of SQLAlchemy Core queries."""

from openhitl.store.store import Store

__all__ = ["Store"]
