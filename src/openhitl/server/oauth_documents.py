"""Where programs find out about the authorization server and its resources. RFC 8414 §3, RFC 9728 §3."""

from __future__ import annotations

from openhitl.protocol.oauth import MCP_PATH
from openhitl.protocol.oauth_documents import (
    RESOURCE_DOCUMENT,
    SERVER_DOCUMENT,
    resource_document,
    server_document,
)
from openhitl.review.door import Door
from openhitl.review.http import Request, Response, json_response
from openhitl.review.router import Handler, Route

#: What is described beside the whole server; programs write this path with a slash and without.
_SUFFIXES = (MCP_PATH, f"{MCP_PATH}/")


async def server(door: Door, request: Request) -> Response:
    """Describe the authorization server."""
    return json_response(200, server_document(door.public_url))


def _resource(path: str) -> Handler:
    async def resource(door: Door, request: Request) -> Response:
        """Describe what is at a path as a protected resource."""
        return json_response(200, resource_document(door.public_url, path))

    return resource


def _routes(base: str) -> tuple[Route, ...]:
    documents = [
        (SERVER_DOCUMENT + base, server, "What the authorization server can do"),
        (RESOURCE_DOCUMENT + base, _resource(""), "Who gives out tokens for this server"),
    ]
    for suffix in _SUFFIXES:
        documents.append((SERVER_DOCUMENT + base + suffix, server, "The same, for programs that look there"))
        documents.append(
            (RESOURCE_DOCUMENT + base + suffix, _resource(suffix), "Who gives out tokens for the MCP server")
        )
    return tuple(
        Route(method="GET", pattern=pattern, handler=handler, summary=summary, codes=(200,))
        for pattern, handler, summary in documents
    )


DOCUMENT_ROUTES = _routes("")


def prefixed_documents(base: str) -> tuple[Route, ...]:
    """Return the same routes for a server under a path: it comes at the end. RFC 8414 §3.1."""
    return _routes(base) if base else ()
