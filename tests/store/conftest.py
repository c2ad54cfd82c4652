"""A desk on each database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.store.desk import Desk, opened


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with opened(database_url) as desk:
        yield desk
