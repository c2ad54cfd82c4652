"""People at terminals, the cases that wait for them, and the agent that asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openhitl.client.config import ClientConfig, load_person
from openhitl.client.logins import Identity, Login, Logins
from openhitl.protocol.people import Role, SessionKind
from tests.cli.programs import Programs
from tests.people import SignedInClient, owned_agent, sign_in
from tests.servers import APPROVAL, RunningServer, running


@dataclass(frozen=True)
class Desk:
    """A server with people: Ana and Bo may both answer the agent's cases, Cleo may not."""

    server: RunningServer
    ana: SignedInClient
    bo: SignedInClient
    cleo: SignedInClient

    def ask(self, body: Mapping[str, Any] | None = None, **fields: Any) -> str:
        """Make a case; return its id."""
        hitl = self.server.ask({**APPROVAL, **(body or {}), **fields}, as_service=False)
        return str(hitl["case_id"])

    def answered(self, case_id: str) -> dict[str, Any]:
        """Return the poll body that the agent gets."""
        response = self.server.agent.get(f"/api/reviews/{case_id}/status")
        assert response.status_code == 200, response.text
        return dict(response.json())

    def answer(self, who: SignedInClient, case_id: str, action: str, **data: Any) -> None:
        """Answer elsewhere."""
        body = {"action": action, "data": data}
        response = who.http.post(f"/api/v1/inbox/{case_id}/respond", json=body)
        assert response.status_code == 200, response.text

    def programs(self, home: Path, who: SignedInClient, **environment: str) -> Programs:
        """The programs of somebody who has signed in on their terminal."""
        folder = home / f"logins-{who.person.name}"
        self._sign_in(folder, who)
        given = {"HITL_CONFIG_DIR": str(folder), "HITL_SERVER_URL": self.server.url, "TZ": "UTC"}
        return Programs(home, {**given, **environment})

    def config(self, home: Path, who: SignedInClient) -> ClientConfig:
        """The server and the credential of somebody who has signed in on their terminal."""
        folder = home / f"logins-{who.person.name}"
        self._sign_in(folder, who)
        return load_person(self.server.url, environ={"HITL_CONFIG_DIR": str(folder)})

    def _sign_in(self, folder: Path, who: SignedInClient) -> None:
        login = Login(
            server_url=self.server.url,
            identity=Identity.PERSON,
            name=who.person.name,
            access_token=who.token,
        )
        Logins(folder).save(login)


@contextmanager
def opened_desk(data_dir: Path) -> Iterator[Desk]:
    """Start a server where three people are signed in on terminals."""
    with running(data_dir) as server:
        ana, bo, cleo = (
            sign_in(server, name, role, kind=SessionKind.TERMINAL)
            for name, role in (("Ana", Role.OWNER), ("Bo", Role.MEMBER), ("Cleo", Role.MEMBER))
        )
        owned_agent(server, ana, bo)
        yield Desk(server, ana, bo, cleo)
