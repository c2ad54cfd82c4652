"""A server that says all it can, people, programs and agents, and every secret that was seen."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from openhitl.protocol.case import ActorKind
from openhitl.server.local import new_key
from openhitl.settings import Settings
from tests.accounts.visitors import Visitors
from tests.server.processes import PATIENCE_SECONDS, ServerProcess
from tests.servers import RunningServer, token_of

ROOT = "5eca" * 16
#: What the scene puts in; what it is given comes on top.
PLANTED = {
    "root secret": ROOT,
    "OpenID secret": "canary-openid-4711",
    "database password": "canary-database-4712",
    "password": "canary several words 4713",
    "wrong password": "canary other words 4714",
    "door code": "canary-door-4715",
    "wrong door code": "canary-door-4716",
    "idempotency key": "canary-key-4717",
}


class Scene:
    """A loud server, people, programs and agents, and every secret that was seen."""

    def __init__(self, process: ServerProcess, settings: Settings) -> None:
        self.process = process
        self.settings = settings
        self.secrets = dict(PLANTED)
        self.refusals: list[httpx2.Response] = []
        self.keys = {
            kind: new_key(settings, f"canary-{kind}", kind) for kind in ActorKind if kind in "agent service"
        }
        self.secrets |= {f"{kind} key": key for kind, key in self.keys.items()}
        self.http = httpx2.Client(base_url=process.url, timeout=30, trust_env=False)
        self.server = as_running(self)
        self.visitors = Visitors(self.server)
        self.ana = self.visitors.browser()

    def note(self, **secrets: str) -> None:
        for name, secret in secrets.items():
            self.secrets[f"{name} {len(self.secrets)}"] = secret

    def shown(self, method: str, path: str, **given: Any) -> httpx2.Response:
        """Send, as a program and as a browser, and keep what is refused."""
        headers = given.pop("headers", {})
        for accept in ("application/json", "text/html"):
            self.http.cookies.clear()
            response = self.http.request(method, path, headers={**headers, "accept": accept}, **given)
            if response.status_code >= 400:
                self.refusals.append(response)
        return response

    def refused(self, method: str, path: str, **given: Any) -> None:
        """Send what is to be refused."""
        response = self.shown(method, path, **given)
        assert response.status_code >= 400 or response.status_code == 303, response.text

    def ask(self, body: dict[str, Any], kind: ActorKind = ActorKind.SERVICE) -> dict[str, Any]:
        response = self.http.post(
            "/api/v1/reviews", json=body, headers={"authorization": f"Bearer {self.keys[kind]}"}
        )
        assert response.status_code == 202, response.text
        hitl: dict[str, Any] = response.json()["hitl"]
        self.note(review=token_of(hitl["review_url"]))
        if "submit_token" in hitl:
            self.note(submit=hitl["submit_token"])
        return hitl


@contextmanager
def loud(settings: dict[str, str], folder: Path) -> Iterator[ServerProcess]:
    """Run a loud server."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.attacks.loud"],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env=environment(settings, folder),
    )
    try:
        yield ServerProcess(process)
    finally:
        process.kill()
        process.wait(PATIENCE_SECONDS)
        process.stderr.close()


def environment(settings: dict[str, str], folder: Path) -> dict[str, str]:
    named = {f"HITL_{name.upper()}": value for name, value in settings.items()}
    path = os.pathsep.join(entry for entry in sys.path if entry)
    return {
        "PATH": os.defpath,
        "HOME": str(folder),
        "PYTHONPATH": path,
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        **named,
    }


def as_running(scene: Scene) -> RunningServer:
    """The server, as those see it who start theirs within the test."""
    return RunningServer(
        url=scene.process.url,
        settings=scene.settings,
        agent_key=scene.keys[ActorKind.AGENT],
        service_key=scene.keys[ActorKind.SERVICE],
        agent=scene.http,
        service=scene.http,
        anyone=scene.http,
        closing=None,  # type: ignore[arg-type]  # closed with the scene
    )
