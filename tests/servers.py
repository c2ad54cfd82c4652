"""Real servers on real sockets, for tests of everything that speaks HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from openhitl.protocol.case import ActorKind
from openhitl.server.embedded import EmbeddedServer
from openhitl.server.local import new_key
from openhitl.settings import Settings

APPROVAL: dict[str, Any] = {"type": "approval", "prompt": "Deploy web-shop v2.1.0 to production?"}


@dataclass(frozen=True)
class RunningServer:
    """A server under test, an agent's key, a service's key, and clients that carry them."""

    url: str
    settings: Settings
    agent_key: str
    service_key: str
    agent: httpx2.Client
    service: httpx2.Client
    anyone: httpx2.Client
    #: What is to be closed before the server is.
    closing: ExitStack

    def ask(self, body: dict[str, Any] | None = None, *, as_service: bool = True) -> dict[str, Any]:
        """Make a case and return its hitl object."""
        client = self.service if as_service else self.agent
        response = client.post("/api/v1/reviews", json=body or APPROVAL)
        assert response.status_code == 202, response.text
        return response.json()["hitl"]

    def status(self, hitl: dict[str, Any], *, as_service: bool = True) -> dict[str, Any]:
        """Poll a case."""
        client = self.service if as_service else self.agent
        response = client.get(hitl["poll_url"])
        assert response.status_code == 200, response.text
        return response.json()


@contextmanager
def running(data_dir: Path, **settings: Any) -> Iterator[RunningServer]:
    """Serve on a free port from a data folder for as long as this is entered."""
    given = Settings(**{"data_dir": data_dir, "port": 0, "agent_rate": 0, **settings})
    with EmbeddedServer(given) as server:
        keys = {
            kind: new_key(given, f"{kind}-under-test", kind) for kind in (ActorKind.AGENT, ActorKind.SERVICE)
        }
        with (
            _client(server.url, keys[ActorKind.AGENT]) as agent,
            _client(server.url, keys[ActorKind.SERVICE]) as service,
            _client(server.url, None) as anyone,
            ExitStack() as closing,
        ):
            yield RunningServer(
                url=server.url,
                settings=given,
                agent_key=keys[ActorKind.AGENT],
                service_key=keys[ActorKind.SERVICE],
                agent=agent,
                service=service,
                anyone=anyone,
                closing=closing,
            )


def _client(url: str, key: str | None) -> httpx2.Client:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    return httpx2.Client(base_url=url, headers=headers, timeout=20, trust_env=False)


def token_of(url: str) -> str:
    """Return the token in a URL's query."""
    return httpx2.URL(url).params["token"]
