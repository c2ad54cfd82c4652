"""`HITL` as programs for hitl-cli use it: made once, never closed, under any number of event loops."""

from __future__ import annotations

from collections.abc import Sequence

import openhitl
from openhitl.agent.questions import AgentEntry


class HITL:
    """Asks humans. Each call finds the server and the credential, opens connections, and closes them.

    Raises, always: what `openhitl.HITL` does.
    """

    async def request_input(
        self,
        prompt: str,
        choices: Sequence[str] | None = None,
        placeholder: str | None = None,
        agent_name: str | None = None,
    ) -> str:
        """Ask for one of `choices`, or for free text; return the human's words."""
        async with openhitl.HITL() as hitl:
            return await hitl.request_input(prompt, choices, placeholder, agent_name)

    async def notify_completion(self, summary: str, agent_name: str | None = None) -> str:
        """Say that work is done; return what the human says to that."""
        async with openhitl.HITL() as hitl:
            return await hitl.notify_completion(summary, agent_name)

    async def notify(self, message: str, agent_name: str | None = None) -> str:
        """Tell people something that wants no answer; return what the tool of that name does."""
        async with openhitl.HITL() as hitl:
            await hitl.notify(message, agent_name)
        return "Notification sent."

    async def create_agent(self, name: str) -> str:
        """Make an agent; return its id."""
        async with openhitl.HITL() as hitl:
            return await hitl.create_agent(name)

    async def list_agents(self) -> list[AgentEntry]:
        """List the agents of your people."""
        async with openhitl.HITL() as hitl:
            return await hitl.list_agents()
