"""The tools as an MCP server, whatever carries it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import structlog
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    Tool,
)
from pydantic import ValidationError

from openhitl.asking.calls import Call, Context, Line
from openhitl.asking.handovers import Handovers
from openhitl.asking.pace import Pace
from openhitl.asking.results import refused
from openhitl.asking.tools import TOOLS, AskingTool, ToolResult
from openhitl.errors import HitlError, InvalidRequest
from openhitl.protocol.case import Json
from openhitl.protocol.problems import SUMMARY

_log = structlog.get_logger("openhitl.asking")
INSTRUCTIONS = (
    "These tools ask a human. Use them before anything that cannot be undone, and when you do not know."
    " An answer that is pending, expired or cancelled is never consent."
)


class Elsewhere(Protocol):
    """Tools of somebody else. Raises, in every method: HitlError, MCPError."""

    async def others(self) -> Sequence[Tool]:
        """List them."""

    async def call_other(self, context: Context, name: str, arguments: Json) -> CallToolResult:
        """Call one of them."""


def tool_server(
    line_of: Callable[[Context], Line],
    pace: Pace,
    version: str,
    *,
    offered: Sequence[AskingTool[Any]] = TOOLS,
    elsewhere: Elsewhere | None = None,
) -> Server[Any]:
    """Make an MCP server.

    Args:
        line_of: says what a request came by.
        offered: the tools that ask.
        elsewhere: further tools, which are listed behind them and called as they are.
    """
    tools = {tool.name: tool for tool in offered}
    described = [tool.described() for tool in offered]
    handovers = Handovers()

    async def list_tools(context: Context, params: PaginatedRequestParams | None) -> ListToolsResult:
        try:
            others = await elsewhere.others() if elsewhere is not None else ()
        except HitlError as error:
            raise MCPError(INTERNAL_ERROR, f"{error} {error.hint}".strip()) from error
        return ListToolsResult(tools=[*described, *others])

    async def call_tool(context: Context, params: CallToolRequestParams) -> ToolResult:
        tool = tools.get(params.name)
        try:
            if tool is None and elsewhere is not None:
                return await elsewhere.call_other(context, params.name, params.arguments or {})
            if tool is None:
                raise MCPError(INVALID_PARAMS, "There is no such tool.")
            inputs = params.input_responses or {}
            call = Call(tool.name, context, inputs, line_of(context), pace, handovers)
            return await tool.call(call, params.arguments or {})
        except ValidationError as error:
            return refused(_wrong(error))
        except HitlError as error:
            return refused(error)
        except MCPError:
            raise
        except Exception as error:  # the outermost handler: some clients would be told what it says
            _log.exception("tool_failed", tool=params.name, error=repr(error))
            raise MCPError(INTERNAL_ERROR, HitlError().message) from None

    return Server(
        "openhitl",
        title="OpenHITL",
        version=version,
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def _wrong(error: ValidationError) -> InvalidRequest:
    """Say which arguments are wrong, without what they hold."""
    errors = [
        {"path": ".".join(map(str, one["loc"])), "message": one["msg"]}
        for one in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    return InvalidRequest(SUMMARY, errors=errors)
