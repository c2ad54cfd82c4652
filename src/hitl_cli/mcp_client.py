"""`MCPClient`: the calls of hitl-cli's MCP client, which need no MCP here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from hitl_cli.sdk import HITL
from openhitl.errors import InvalidRequest


class MCPClient:
    """Asks humans. The three kinds of credential were three sets of methods; they do the same now.

    `agent_id` was for a kind of login that is gone; it is checked and otherwise passed over.
    """

    def __init__(self) -> None:
        self._hitl = HITL()

    async def call_tool(
        self, tool_name: str, arguments: Mapping[str, Any], agent_id: str | None = None
    ) -> str:
        """Call one of the three tools that ask. Raises: InvalidRequest for any other."""
        if tool_name not in _TOOLS:
            raise InvalidRequest(f"There is no tool {tool_name!r}.")
        return await _TOOLS[tool_name](self._hitl, arguments)

    async def request_human_input(
        self,
        prompt: str,
        choices: Sequence[str] | None = None,
        placeholder_text: str | None = None,
        agent_id: str | None = None,
    ) -> str:
        """Ask for one of `choices`, or for free text."""
        await self._check(agent_id)
        return await self._hitl.request_input(prompt, choices, placeholder_text)

    async def request_human_input_oauth(
        self,
        prompt: str,
        choices: Sequence[str] | None = None,
        placeholder_text: str | None = None,
        agent_name: str | None = None,
    ) -> str:
        """Ask for one of `choices`, or for free text, under a name."""
        return await self._hitl.request_input(prompt, choices, placeholder_text, agent_name)

    async def request_human_input_api_key(
        self, prompt: str, choices: Sequence[str] | None = None, placeholder_text: str | None = None
    ) -> str:
        """Ask for one of `choices`, or for free text."""
        return await self._hitl.request_input(prompt, choices, placeholder_text)

    async def notify_task_completion(self, summary: str, agent_id: str | None = None) -> str:
        """Say that work is done; return what the human says to that."""
        await self._check(agent_id)
        return await self._hitl.notify_completion(summary)

    async def notify_task_completion_oauth(self, summary: str, agent_name: str | None = None) -> str:
        """Say that work is done, under a name."""
        return await self._hitl.notify_completion(summary, agent_name)

    async def notify_task_completion_api_key(self, summary: str) -> str:
        """Say that work is done."""
        return await self._hitl.notify_completion(summary)

    async def notify_human(self, message: str, agent_id: str | None = None) -> str:
        """Tell people something that wants no answer."""
        await self._check(agent_id)
        return await self._hitl.notify(message)

    async def notify_human_oauth(self, message: str, agent_name: str | None = None) -> str:
        """Tell people something that wants no answer, under a name."""
        return await self._hitl.notify(message, agent_name)

    async def notify_human_api_key(self, message: str) -> str:
        """Tell people something that wants no answer."""
        return await self._hitl.notify(message)

    async def create_agent_for_mcp(self, agent_name: str) -> str:
        """Make an agent; return its id."""
        return await self._hitl.create_agent(agent_name)

    async def validate_agent_exists(self, agent_id: str) -> bool:
        """Tell whether an agent is one of yours."""
        return any(agent["id"] == agent_id for agent in await self._hitl.list_agents())

    async def _check(self, agent_id: str | None) -> None:
        if agent_id is not None and not await self.validate_agent_exists(agent_id):
            raise InvalidRequest(f"There is no agent {agent_id}, or it is not yours.")


async def _request(hitl: HITL, given: Mapping[str, Any]) -> str:
    choices, placeholder = given.get("choices"), given.get("placeholder_text")
    return await hitl.request_input(given["prompt"], choices, placeholder, given.get("agent_name"))


async def _complete(hitl: HITL, given: Mapping[str, Any]) -> str:
    return await hitl.notify_completion(given["summary"], given.get("agent_name"))


async def _notify(hitl: HITL, given: Mapping[str, Any]) -> str:
    return await hitl.notify(given["message"], given.get("agent_name"))


_TOOLS: Mapping[str, Callable[[HITL, Mapping[str, Any]], Awaitable[str]]] = {
    "request_human_input": _request,
    "notify_human": _notify,
    "notify_human_completion": _complete,
}
