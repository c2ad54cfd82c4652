"""Started as `hitl-cli`: the lines that version 1.2.1 of that program printed on stdout."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from openhitl.cli.terminal import for_stdout
from openhitl.client.logins import Login

AGENT_NAME = "HITL CLI Agent"
_RULE = "=" * 40
_THIN_RULE = "-" * 60


def started_as_relay_client(program: str | None = None) -> bool:
    """Tell whether this process was started under the older name."""
    return Path(program or sys.argv[0]).name.startswith("hitl-cli")


def print_request(prompt: str, choices: Sequence[str] | None, placeholder: str | None) -> None:
    """Print what is being asked."""
    print(for_stdout(f"Sending request: {prompt}"))
    if choices:
        print(for_stdout(f"Choices: {list(choices)}"))
    if placeholder:
        print(for_stdout(f"Placeholder: {placeholder}"))
    print("\nWaiting for human response...", flush=True)


def print_response(words: str) -> None:
    """Print the answer."""
    print(for_stdout(f"\nHuman response received: {words}"), flush=True)


def print_failure(message: str) -> None:
    """Print why there is no answer."""
    print(for_stdout(f"Request failed: {message}"), flush=True)


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
