"""Persistence by intention: SQLite and PostgreSQL from one set of SQLAlchemy Core queries."""
