"""What comes once the store is closed is told so, whatever threads say of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from openhitl.errors import Stopping
from tests.cases.books import MovableClock, ask, opened


def test_a_read_that_comes_too_late_is_told_that_the_end_has_come(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(f"sqlite:///{tmp_path / 'cases.db'}", MovableClock(), tmp_path) as book:
            case_id = await ask(book)
        with pytest.raises(Stopping):
            await book.find(case_id)

    asyncio.run(scenario())
