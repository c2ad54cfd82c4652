"""What an agent has asked, as the server tells it: the older client does not say where it is answered."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.servers import RunningServer

PATIENCE_SECONDS = 60
LOOK_SECONDS = 0.1


async def next_case(server: RunningServer, prompt: str) -> dict[str, Any]:
    """Wait until the agent under test has asked this, and return the case."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            listed = await asyncio.to_thread(
                server.agent.get, "/api/v1/reviews", params={"status": "pending"}
            )
            for case in listed.json()["reviews"]:
                if case["prompt"] == prompt:
                    return dict(case)
            await asyncio.sleep(LOOK_SECONDS)
