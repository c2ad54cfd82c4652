"""For programs written for hitl-cli 1.2.1: what they import, on OpenHITL's own client.

New programs import from `openhitl`.
"""

from hitl_cli.api_client import ApiClient
from hitl_cli.mcp_client import MCPClient
from hitl_cli.sdk import HITL

__all__ = ["HITL", "ApiClient", "MCPClient"]
