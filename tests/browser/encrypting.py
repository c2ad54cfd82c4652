"""An agent whose questions only the devices of people can read, and browsers that are such devices."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import BrowserContext, Page

from openhitl.cases.ids import CaseIds
from openhitl.protocol.base64url import decode
from openhitl.protocol.sealed.box import open_box, seal_box
from openhitl.protocol.sealed.envelope import Opened, open_envelope, seal_envelope
from openhitl.protocol.sealed.head import Direction, Head
from openhitl.protocol.sealed.keys import Keys
from openhitl.protocol.sealed.wire import parse_envelope
from openhitl.review.pages.assets import asset_name
from tests.people import SignedInClient
from tests.servers import RunningServer

APPROVAL: dict[str, Any] = {
    "prompt": "Deploy web-shop v2.1.0 to production?",
    "message": "All tests pass.\n\n```\ngit log --oneline -3\n```\n\nSee https://ci.example.com/run/17.",
    "type": "approval",
    "context": {"risk": {"level": "low", "reasons": ["Small change"]}, "commits": 3},
    "default_action": "skip",
}


def fresh() -> Keys:
    return Keys(secrets.token_bytes(32))


def drawn_id() -> str:
    """Draw the id of a case as the server would for whoever encrypts."""
    return CaseIds().new(int(datetime.now(UTC).timestamp() * 1000))


@dataclass
class SealingAgent:
    """An agent with a key of its own, and the questions that it has asked."""

    server: RunningServer
    agent_id: int
    keys: Keys = field(default_factory=fresh)
    asked: dict[str, Any] = field(default_factory=dict)

    def register(self) -> None:
        """Tell the server our key, as programs do."""
        public = base64.b64encode(self.keys.public).decode()
        body = {"entity_type": "agent", "entity_id": str(self.agent_id), "public_key": public}
        response = self.server.agent.post("/api/v1/keys/register", json=body)
        assert response.status_code == 200, response.text

    def seal(self, devices: list[bytes], body: Any, case_id: str, **more: Any) -> Any:
        now = datetime.now(UTC)
        given = {"case_id": case_id, "direction": Direction.REQUEST, "expires_at": now + timedelta(hours=1)}
        return seal_envelope(
            Head(**{**given, **more}),
            body,
            sender=self.keys,
            recipients=[*devices, self.keys.public],
            ephemeral=fresh(),
            content_key=secrets.token_bytes(32),
        )

    def post(self, envelope: Any, case_id: str | None = None) -> str:
        body = {"type": "x-sealed", "timeout": "1h", "context": {"envelope": envelope}}
        response = self.server.agent.post(
            "/api/v1/reviews", json={**body, **({"case_id": case_id} if case_id else {})}
        )
        assert response.status_code == 202, response.text
        made: str = response.json()["hitl"]["case_id"]
        self.asked[made] = envelope
        return made

    def ask(self, devices: list[bytes], body: Any = APPROVAL, **more: Any) -> str:
        """Ask these devices and return the case's id."""
        case_id = drawn_id()
        return self.post(self.seal(devices, body, case_id, **more), case_id)

    def ask_older(self, device: bytes, said: Any) -> str:
        """Ask as hitl-cli does."""
        nonce = secrets.token_bytes(24)
        return self.post(seal_box(json.dumps(said), self.keys, device, nonce=nonce))

    def result(self, case_id: str) -> Any:
        told = self.server.agent.get(f"/api/v1/reviews/{case_id}").json()
        assert told["status"] == "completed", told
        return told["result"]["data"]

    def answer(self, case_id: str) -> Opened:
        """Read the answer as the agent does."""
        question = parse_envelope(self.asked[case_id])
        opened = open_envelope(
            self.result(case_id)["envelope"],
            self.keys,
            senders=set(question.recipients) - {self.keys.public},
            case_id=case_id,
            direction=Direction.ANSWER,
        )
        assert opened.body["request"] == question.digest
        return opened

    def older_answer(self, case_id: str, device: bytes) -> Any:
        return json.loads(open_box(self.result(case_id)["payload"], self.keys, device))


@dataclass
class BrowserDevice:
    """A browser where somebody is signed in, with a device key that never leaves it."""

    context: BrowserContext
    page: Page
    url: str
    faults: list[str]
    public: bytes = b""

    @classmethod
    def made(cls, context: BrowserContext, server: RunningServer, who: SignedInClient) -> BrowserDevice:
        context.add_cookies([{"name": "hitl_session", "value": who.token, "url": server.url}])
        page = context.new_page()
        page.set_default_timeout(10_000)
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda line: faults.append(line.text) if "Content Security" in line.text else None)
        return cls(context, page, server.url, faults)

    def open(self, case_id: str) -> Page:
        self.page.goto(f"{self.url}/review/{case_id}", wait_until="load")
        return self.page

    def become_device(self, who: SignedInClient) -> bytes:
        """Make the device keys on a page of the server, register them and, if it is the first, sign it."""
        self.page.goto(f"{self.url}/healthz")
        script = """async ([devices, list, csrf]) => {
            const { createDevice, publicKeys } = await import(devices);
            const { Api, signList } = await import(list);
            const device = await createDevice("Browser");
            const keys = await publicKeys(device);
            const api = new Api({ base: "", csrf });
            const made = await api.post("/devices", { name: "Browser", ...keys });
            if (!made.ok) throw new Error(JSON.stringify(made.body));
            const { body } = await api.get("/devices");
            const own = { name: "Browser", kind: "browser", ...keys };
            // The first device signs that it is its owner's; another would have to be signed by that one.
            const isFirst = !(await api.get("/device-list")).body.chain.length;
            if (isFirst) await signList(api, body.person.id, device, () => [own]);
            return keys.box;
        }"""
        names = [f"/static/{asset_name(name)}" for name in ("devices.js", "own-list.js")]
        self.public = decode(self.page.evaluate(script, [*names, who.csrf]))
        return self.public
