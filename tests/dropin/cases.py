"""What an agent has asked, as the server tells it: the older client does not say where it is answered."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.servers import RunningServer

PATIENCE_SECONDS = 60
LOOK_SECONDS = 0.1


async def next_case(server: RunningServer, prompt: str, token: str | None = None) -> dict[str, Any]:
    """Wait until the agent under test, or that of an access token, has asked this; return the case."""
    headers = {"authorization": f"Bearer {token or server.agent_key}"}
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            for case in await asyncio.to_thread(_pending, server, headers):
                if case["prompt"] == prompt:
                    return case
            await asyncio.sleep(LOOK_SECONDS)


def _pending(server: RunningServer, headers: dict[str, str]) -> list[dict[str, Any]]:
    listed = server.anyone.get("/api/v1/reviews", params={"status": "pending"}, headers=headers)
    assert listed.status_code == 200, listed.text
    return list(listed.json()["reviews"])
