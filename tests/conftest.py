"""Fixtures for the whole suite."""

from tests.databases import database_url, database_url_of, postgres_server, postgres_template

__all__ = ["database_url", "database_url_of", "postgres_server", "postgres_template"]
