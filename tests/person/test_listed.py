"""What a terminal holds of the encrypted cases that it lists."""

from __future__ import annotations

import asyncio

import pytest

from openhitl.client.session import Session
from openhitl.person.inbox import Inbox
from tests.person.test_sealed import SECRET, asked_for, encrypting

pytestmark = pytest.mark.anyio


async def test_what_was_read_is_held_no_longer_than_it_is_listed(desk, tmp_path):
    """It is in the clear: one reading of each case that is listed, and nothing of those that were."""
    assert (await desk.programs(tmp_path, desk.ana).run("inbox", "--device")).code == 0
    config = desk.config(tmp_path, desk.ana)
    async with encrypting(desk, tmp_path / "agent") as hitl, Session(config.credential) as session:
        asking = asyncio.create_task(hitl.approve(SECRET))
        await asked_for(desk)
        inbox = Inbox(config, session)
        [first] = await inbox.cases({"status": "open"}, limit=5)
        [second] = await inbox.cases({"status": "open"}, limit=5)
        assert first.prompt == SECRET
        assert second is first
        assert len(inbox._opened) == 1
        assert await inbox.cases({"status": "ended"}, limit=5) == []
        assert not inbox._opened
        asking.cancel()
