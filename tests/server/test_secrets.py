"""Canaries: tokens, keys and sensitive values turn up nowhere but where they belong."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from openhitl.protocol.case import ActorKind
from openhitl.review.pages.controls import PREFIX
from openhitl.server.local import new_key
from openhitl.settings import Settings
from tests.door.bodies import CONFIRMATION, INPUT, SUBMITTED
from tests.server.processes import ServerProcess, serving
from tests.servers import token_of

CANARY = "canary-4711-yellow"


class Scene:
    """A server process, an agent of its that asks, and every secret that was seen."""

    def __init__(self, process: ServerProcess, data_dir: Path) -> None:
        settings = Settings(data_dir=data_dir)
        self.process = process
        self.data_dir = data_dir
        self.key = new_key(settings, "canary", ActorKind.SERVICE)
        self.secrets = {self.key, CANARY}
        self.root = (data_dir / "secret.key").read_text().strip()
        self.anyone = httpx2.Client(base_url=process.url, timeout=20, trust_env=False)
        self.service = httpx2.Client(
            base_url=process.url, timeout=20, trust_env=False, headers={"authorization": f"Bearer {self.key}"}
        )

    def ask(self, body: dict[str, Any]) -> dict[str, Any]:
        response = self.service.post("/api/v1/reviews", json=body)
        assert response.status_code == 202, response.text
        hitl = response.json()["hitl"]
        self.secrets.add(token_of(hitl["review_url"]))
        if "submit_token" in hitl:
            self.secrets.add(hitl["submit_token"])
        return hitl

    def respond(self, hitl: dict[str, Any], data: dict[str, Any]) -> httpx2.Response:
        query = {"token": token_of(hitl["review_url"])}
        answer = {"action": "submit", "data": data}
        return self.anyone.post(f"/reviews/{hitl['case_id']}/respond", params=query, json=answer)

    def found_in(self, text: str | bytes) -> set[str]:
        raw = text.encode() if isinstance(text, str) else text
        return {secret for secret in {*self.secrets, self.root} if secret.encode() in raw}


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with serving(tmp_path, HITL_POLL_RATE="2") as process:
        scene = Scene(process, tmp_path)
        yield scene
        scene.anyone.close()
        scene.service.close()


def answered(scene: Scene) -> dict[str, Any]:
    """Let a human type a secret, save drafts with it, correct it, and answer."""
    hitl = scene.ask(INPUT)
    query = {"token": token_of(hitl["review_url"])}
    values = {"street": "1 Harbour Rd", "door_code": CANARY}
    draft = f"/reviews/{hitl['case_id']}/draft"
    assert scene.anyone.put(draft, params=query, json={"values": values}).status_code == 204
    typed = {f"{PREFIX}{name}": value for name, value in values.items()}
    assert scene.anyone.post(draft, params=query, data=typed).status_code == 303
    assert scene.respond(hitl, {**values, "floor": "not a number"}).status_code == 422
    assert scene.respond(hitl, values).status_code == 200
    return hitl


def test_no_secret_is_in_the_database_in_the_clear(scene):
    """Neither in its pages nor in what is left of older ones; only digests, and what is sealed."""
    answered(scene)
    hitl = scene.ask(CONFIRMATION)
    scene.anyone.post(
        hitl["submit_url"],
        headers={"authorization": f"Bearer {hitl['submit_token']}"},
        json={"action": "confirm", **SUBMITTED},
    )
    files = [path for path in scene.data_dir.iterdir() if path.name.startswith("openhitl.db")]
    assert {path.suffix for path in files} >= {".db", ".db-wal"}
    assert b"1 Harbour Rd" in b"".join(path.read_bytes() for path in files)  # what is not secret is there
    for path in files:
        assert scene.found_in(path.read_bytes()) == set(), path.name
    scene.process.terminate()
    scene.process.ends()
    for path in scene.data_dir.iterdir():
        if path.name not in ("secret.key", "local.key"):
            assert scene.found_in(path.read_bytes()) == set(), path.name


def test_no_secret_is_in_what_others_may_read(scene):
    """Refusals, the finished page, the stream, the metrics: to the agent that asked alone it is told."""
    hitl = answered(scene)
    poll = scene.service.get(hitl["poll_url"])
    assert poll.json()["result"]["data"]["door_code"] == CANARY
    with scene.service.stream("GET", hitl["events_url"]) as stream:
        assert CANARY not in "".join(stream.iter_text())
    assert CANARY not in scene.anyone.get(hitl["review_url"]).text
    assert CANARY not in scene.respond(hitl, {"street": "2", "door_code": CANARY}).text
    metrics = scene.anyone.get("/metrics")
    assert metrics.status_code == 200
    assert scene.found_in(metrics.text) == set()
    assert hitl["case_id"] not in metrics.text


def test_no_refusal_repeats_a_secret(scene):
    hitl = scene.ask(INPUT)
    path, token = f"/reviews/{hitl['case_id']}", token_of(hitl["review_url"])
    refused = [
        scene.respond(hitl, {"street": "", "door_code": CANARY}),
        scene.respond(hitl, {"street": 1, "door_code": [CANARY]}),
        scene.anyone.post(f"{path}/respond", headers={"authorization": f"Bearer {token}"}, json={}),
        scene.anyone.get(f"{path}/respond", params={"token": token}),
        scene.anyone.get(hitl["poll_url"], params={"token": token}),
        scene.anyone.get(f"/nowhere/{hitl['case_id']}", params={"token": token}),
        scene.anyone.get(f"/review/{hitl['case_id']}", params={"token": token + "x"}),
        scene.anyone.get("/api/v1/reviews", headers={"authorization": f"Bearer {token}"}),
        *(scene.service.get(hitl["poll_url"]) for _ in range(3)),
    ]
    codes = [response.status_code for response in refused]
    assert codes[-1] == 429
    for response in refused[:-3]:
        assert response.status_code >= 400
        assert scene.found_in(response.text) == set()


def damage(scene: Scene, *statements: str) -> None:
    """Change the database behind the running server's back."""
    connection = sqlite3.connect(scene.data_dir / "openhitl.db")
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def test_no_secret_is_in_the_log_not_even_when_the_server_fails(scene):
    """Contents that cannot be read are a fault of ours, missing tables one of the store."""
    old, hitl = scene.ask(INPUT), scene.ask(INPUT)
    query = {"token": token_of(hitl["review_url"])}
    damage(scene, "UPDATE contents SET body = '{'")
    faults = [
        scene.anyone.get(f"/review/{hitl['case_id']}", params=query),
        scene.service.get(f"/api/v1/reviews/{old['case_id']}"),
    ]
    for response in faults:
        assert (response.status_code, response.json()) == (
            500,
            {"error": "internal_error", "message": "Something went wrong."},
        )
    damage(scene, "ALTER TABLE answers RENAME TO gone", "ALTER TABLE tokens RENAME TO lost")
    failed = [
        scene.respond(hitl, {"street": "1", "door_code": CANARY}),
        scene.service.post("/api/v1/reviews", json=CONFIRMATION, headers={"idempotency-key": CANARY}),
        scene.anyone.get(old["poll_url"], params={"token": "hitlp_" + "x" * 43}),
    ]
    for response in failed:
        assert response.status_code == 503
        assert response.headers["retry-after"]
        assert scene.found_in(response.text) == set()
    scene.process.says("request_failed")
    scene.process.terminate()
    scene.process.ends()
    assert scene.found_in(scene.process.said) == set()
    said = [line for line in scene.process.said.splitlines() if "/join?token=hitlj_" not in line]
    assert "token=" not in "\n".join(said), "but for the link of the first owner, which is for the terminal"
