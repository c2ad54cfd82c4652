"""Questions to humans as MCP tools, over whatever can ask: the cases of a server, or an agent's client."""
