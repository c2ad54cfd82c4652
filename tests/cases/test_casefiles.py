"""What is remembered of cases stays within its limit, however much they say."""

from __future__ import annotations

import asyncio
from pathlib import Path

from openhitl.cases.creation import Creation
from openhitl.protocol.case import Actor, ActorKind
from tests.cases.books import MovableClock, opened

SERVICE = Actor(kind=ActorKind.SERVICE, id="service:1", name="Test service")


def test_a_case_that_says_much_weighs_much(tmp_path: Path):
    async def scenario():
        async with opened(f"sqlite:///{tmp_path / 'cases.db'}", MovableClock(), tmp_path) as book:
            for size in (200, 500_000):
                before = book.files.weight_bytes
                creation = Creation(actor=SERVICE, agent_id=None, json_bytes=size)
                body = {"type": "approval", "prompt": "Deploy?", "context": {"log": "x" * size}}
                case_id = (await book.create(body, creation))["hitl"]["case_id"]
                when_made = book.files.weight_bytes - before
                assert when_made > size
                book.files.keep_stored(await book.files.load(case_id))
                assert book.files.weight_bytes - before > size

    asyncio.run(scenario())
