"""Started as `hitl-cli`: the lines that version 1.2.1 of that program printed on stdout."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from openhitl.agent.questions import AgentEntry
from openhitl.cli.terminal import for_stdout
from openhitl.client.logins import Login

AGENT_NAME = "HITL CLI Agent"
_RULE = "=" * 40
_THIN_RULE = "-" * 60


def started_as_relay_client(program: str | None = None) -> bool:
    """Tell whether this process was started under the older name."""
    return Path(program or sys.argv[0]).name.startswith("hitl-cli")


@dataclass(frozen=True, slots=True)
class Manner:
    """How an answer, and the lack of one, are introduced."""

    response: str
    failure: str


REQUEST = Manner("Human response received:", "Request failed:")
NOTIFICATION = Manner("✅ Human response received:", "❌ Notification failed:")


def print_request(prompt: str, choices: Sequence[str] | None, placeholder: str | None) -> None:
    """Print what is being asked."""
    lines = [f"Sending request: {prompt}"]
    if choices:
        lines.append(f"Choices: {list(choices)}")
    if placeholder:
        lines.append(f"Placeholder: {placeholder}")
    print_lines(*lines, "", "Waiting for human response...")


def print_completion(summary: str, agent_id: str | None, agent_name: str | None) -> None:
    """Print what is reported as done."""
    lines = ["📋 Task Completion Notification", _RULE, f"Summary: {summary}"]
    print_lines(*lines, *_who(agent_id, agent_name), "", "⏳ Waiting for human response...")


def print_notification(message: str, agent_id: str | None, agent_name: str | None) -> None:
    """Print what is told."""
    lines = ["📢 Sending Notification", _RULE, f"Message: {message}"]
    print_lines(*lines, *_who(agent_id, agent_name), "", "📤 Sending notification...")


def print_response(words: str, manner: Manner = REQUEST) -> None:
    """Print the answer."""
    print_lines("", f"{manner.response} {words}")


def print_failure(message: str, manner: Manner = REQUEST) -> None:
    """Print why there is no answer."""
    print_lines(f"{manner.failure} {message}")


def print_agents(agents: Sequence[AgentEntry]) -> None:
    """Print a table of agents."""
    if not agents:
        print_lines("No agents found.")
        return
    rows = [f"{agent['id']:<36} {agent['name']:<20}" for agent in agents]
    print_lines("", "Agents:", _THIN_RULE, f"{'ID':<36} {'Name':<20}", _THIN_RULE, *rows)


def print_agent(agent_id: str, name: str) -> None:
    """Print an agent that was made."""
    print_lines("Agent created successfully!", f"ID: {agent_id}", f"Name: {name}")


def print_registration(body: Mapping[str, str]) -> None:
    """Print what is being registered."""
    labels = (
        ("Client ID", "client_id"),
        ("Client Name", "client_name"),
        ("Client Type", "client_type"),
        ("Agent Template", "agent_name"),
    )
    told = [f"📋 {label}: {body[name]}" for label, name in labels]
    print_lines("🔧 OAuth Client Registration", _RULE, *told, "")


def print_registered(told: Mapping[str, str]) -> None:
    """Print a program that the server knows now."""
    print_lines(
        "",
        "📝 Registering OAuth Client...",
        "✅ OAuth client registered successfully!",
        f"   Client ID: {told['client_id']}",
        f"   Client Type: {told['client_type']}",
        f"   Agent Template: {told['agent_name']}",
        "   Status: Active",
        "",
        "🎉 Registration complete!",
        "The client application can now authenticate users.",
    )


def _who(agent_id: str | None, agent_name: str | None) -> list[str]:
    named = (("Agent ID", agent_id), ("Agent Name", agent_name))
    return [f"{label}: {value}" for label, value in named if value]


def print_lines(*lines: str) -> None:
    """Print lines as they are."""
    print(for_stdout("\n".join(lines)), flush=True)


def print_login(login: Login) -> None:
    """Print that somebody is logged in, and how Claude Desktop gets there."""
    print_lines(
        "✅ OAuth 2.1 authentication successful!",
        "✅ OAuth 2.1 dynamic authentication successful!",
        "",
        f"🤖 Agent '{login.name}' is ready.",
        "",
        "📋 Claude Desktop MCP Configuration:",
        "   {",
        '     "mcpServers": {',
        '       "hitl": {',
        '         "command": "hitl-cli",',
        f'         "args": ["proxy", "{login.server_url}/mcp-server/mcp/"]',
        "       }",
        "     }",
        "   }",
    )
