"""Nothing answers that is neither in the OpenAPI document nor named here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from openhitl.review.router import Router
from openhitl.server.app import Server
from openhitl.server.oauth_documents import prefixed_documents
from openhitl.server.openapi import openapi_document
from openhitl.server.table import PAGES
from openhitl.settings import Settings
from tests.matrix.mounted import Place, mounted
from tests.matrix.rules import ROWS

UNDER = "/under/here"

#: What answers without being in the OpenAPI document, and why.
ELSEWHERE: dict[Place, str] = {
    ("GET", "/healthz"): "whether the process runs, for whoever supervises it; it says nothing else",
    ("GET", "/readyz"): "whether it can serve, for whoever sends it traffic; it says nothing else",
    ("GET", "/metrics"): "numbers for whoever runs the server; none names a case or a person",
    ("GET", "/openapi.json"): "the document itself",
    ("POST", "/mcp-server/mcp"): "MCP, which describes itself to its clients",
    ("POST", "/mcp-server/mcp/"): "the same, as the older client spells it",
    **{(route.method, route.pattern): "a page, or what a page loads or sends" for route in PAGES},
}


def unexplained(server: Server) -> set[Place]:
    """Return what answers although neither the document nor the list above says so."""
    paths = openapi_document(server.settings.public_url)["paths"]
    documented = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    return mounted(server) - documented - ELSEWHERE.keys()


@pytest.fixture(params=["", f"https://hitl.example.org{UNDER}"], ids=["at the root", "under a path"])
async def server(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    server = Server(Settings(data_dir=tmp_path, base_url=request.param))
    await server.start()
    yield server
    await server.stop()


@pytest.mark.anyio
async def test_everything_that_answers_is_documented_or_named(server):
    # Where the documents of a server under a path are is for RFC 8414 §3.1 to say.
    documents = {(one.method, one.pattern) for one in prefixed_documents(UNDER if server._prefix else "")}
    assert unexplained(server) == documents


@pytest.mark.anyio
async def test_whatever_is_documented_or_named_answers(server):
    paths = openapi_document(server.settings.public_url)["paths"]
    documented = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert (documented | ELSEWHERE.keys()) - mounted(server) == set()


@pytest.mark.anyio
async def test_the_matrix_has_a_row_for_everything(server):
    # Of what has no end only the head is asked for.
    rows = [("GET" if route.method == "HEAD" else route.method, route.pattern) for route in ROWS]
    documents = [(one.method, one.pattern) for one in prefixed_documents(UNDER if server._prefix else "")]
    assert sorted({*rows, *documents}) == sorted(mounted(server))
    assert len(set(rows)) == len(rows)


@pytest.mark.anyio
async def test_a_route_that_nobody_explains_is_found(server):
    app = server._door._door
    hidden = replace(app._router.routes[0], pattern="/api/v1/back-door")
    app._router = Router((*app._router.routes, hidden))
    assert (hidden.method, "/api/v1/back-door") in unexplained(server)


@pytest.mark.anyio
async def test_a_mount_that_nobody_explains_is_found(server):
    class BackDoor:
        async def __call__(self, scope, receive, send):
            raise AssertionError

    server._back_door = BackDoor()
    with pytest.raises(AssertionError, match="BackDoor answers, but what"):
        unexplained(server)
