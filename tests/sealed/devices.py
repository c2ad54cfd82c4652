"""Devices of people under test: keys, a place in their owner's device list, and what such a device does."""

from __future__ import annotations

import base64
import json
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from openhitl.protocol.base64url import decode, encode
from openhitl.protocol.people import SessionKind
from openhitl.protocol.sealed.box import open_box, seal_box
from openhitl.protocol.sealed.device_list import (
    DeviceList,
    Link,
    ListedDevice,
    follow,
    signed,
    statement_after,
)
from openhitl.protocol.sealed.envelope import Opened, open_envelope, seal_envelope
from openhitl.protocol.sealed.head import Direction, Head
from openhitl.protocol.sealed.keys import Keys
from openhitl.protocol.timestamps import timestamp
from openhitl.server.opening import open_store
from tests.people import SignedInClient, sign_in
from tests.servers import RunningServer

PATIENCE_SECONDS = 60
LOOK_SECONDS = 0.05


def fresh_keys() -> Keys:
    return Keys(secrets.token_bytes(32))


@dataclass
class Device:
    """A device, wherever its owner has it."""

    name: str
    box: Keys = field(default_factory=fresh_keys)
    sign: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def sign_key(self) -> str:
        return encode(self.sign.public_key().public_bytes_raw())

    @property
    def listed(self) -> ListedDevice:
        return ListedDevice(name=self.name, kind="terminal", box=encode(self.box.public), sign=self.sign_key)


class Household:
    """A person, their devices and device list. `owner` is signed in on a terminal: the first device."""

    def __init__(self, server: RunningServer, owner: SignedInClient) -> None:
        self.server = server
        self.owner = owner
        self.person = f"person:{owner.person.person_id}"
        self.devices: list[Device] = []
        self.signed_in: dict[str, SignedInClient] = {}
        self.links: list[Link] = []
        self.list: DeviceList | None = None

    def add(self, name: str) -> Device:
        """Sign them in on one more device, which the first of all signs to be theirs."""
        first = not self.devices
        here = (
            self.owner if first else sign_in(self.server, self.owner.person.name, kind=SessionKind.TERMINAL)
        )
        device = Device(name)
        keys = {"name": name, "box": device.listed.box, "sign": device.sign_key}
        registered = here.http.post("/api/v1/devices", json=keys)
        assert registered.status_code == 201, registered.text
        self.devices.append(device)
        self.signed_in[device.listed.box] = here
        signed_list = self.owner.http.post("/api/v1/device-list", json=self._sign(self.devices[0]))
        assert signed_list.status_code == 201, signed_list.text
        return device

    def _sign(self, signer: Device) -> dict[str, str]:
        statement = statement_after(
            self.list,
            person=self.person,
            devices=[device.listed for device in self.devices],
            signer=signer.sign_key,
            at=timestamp(datetime.now(UTC)),
        )
        link = signed(statement, signer.sign.sign)
        self.list = follow(self.list, link, person=self.person)
        self.links.append(link)
        return link.wire

    def waiting(self) -> str:
        """Wait for an encrypted case that is open; return its id."""
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            cases = self.owner.http.get("/api/v1/inbox", params={"status": "open"}).json()["cases"]
            sealed = [case["case_id"] for case in cases if case["type"] == "x-sealed"]
            if sealed:
                return str(sealed[0])
            time.sleep(LOOK_SECONDS)
        raise AssertionError("nobody has asked")

    def show(self, case_id: str) -> dict[str, Any]:
        response = self.owner.http.get(f"/api/v1/inbox/{case_id}")
        assert response.status_code == 200, response.text
        return dict(response.json())

    def read_box(self, device: Device, payload: str, senders: list[dict[str, Any]]) -> tuple[Any, bytes]:
        """Open an envelope of version 1; return what it says and whose key it came from."""
        for sender in senders:
            key = decode(sender["key"])
            try:
                return json.loads(open_box(payload, device.box, key)), key
            except Exception as error:  # the key of another agent
                last = error
        raise AssertionError(f"no key opens it: {last!r}")

    def answer_box(self, device: Device, words: str, *, bare: bool = False) -> Any:
        """Answer the open case of version 1; return what was asked."""
        case_id = self.waiting()
        told = self.show(case_id)
        asked, sender = self.read_box(device, told["context"]["envelope"], told["senders"])
        text = words if bare else json.dumps({"response": words})
        payload = seal_box(text, device.box, sender, nonce=secrets.token_bytes(24))
        self.respond(case_id, {"payload": payload})
        return asked

    def read(self, device: Device, case_id: str) -> tuple[Opened, dict[str, Any]]:
        """Open an envelope of version 2; return it and the case."""
        told = self.show(case_id)
        opened = open_envelope(
            told["context"]["envelope"],
            device.box,
            senders={decode(sender["key"]) for sender in told["senders"]},
            case_id=case_id,
            direction=Direction.REQUEST,
        )
        return opened, told

    def sealed_answer(
        self, device: Device, question: Opened, action: str, data: dict[str, Any], **changes: Any
    ) -> dict[str, Any]:
        """Encrypt an answer to whoever asked and to all who could read the question."""
        head = {
            "case_id": question.head.case_id,
            "direction": Direction.ANSWER,
            "expires_at": question.head.expires_at,
        }
        body = {"action": action, "data": data, "request": question.digest}
        return dict(
            seal_envelope(
                Head(**{**head, **{name: changes[name] for name in changes if name in Head.__slots__}}),
                {**body, **{name: changes[name] for name in changes if name in body}},
                sender=device.box,
                recipients={question.sender, *question.recipients},
                ephemeral=fresh_keys(),
                content_key=secrets.token_bytes(32),
            )
        )

    def answer(self, device: Device, action: str, data: dict[str, Any] | None = None) -> Opened:
        """Answer the open case of version 2; return what was asked."""
        case_id = self.waiting()
        opened, _ = self.read(device, case_id)
        self.respond(case_id, {"envelope": self.sealed_answer(device, opened, action, data or {})})
        return opened

    def read_notice(self, device: Device, notice: dict[str, Any]) -> Any:
        """Open a notice of version 2."""
        return open_envelope(
            notice["envelope"],
            device.box,
            senders=set(map(decode, self.sender_keys())),
            case_id=notice["case_id"],
            direction=Direction.NOTICE,
        ).body

    def sender_keys(self, agent_name: str = "agent-under-test") -> list[str]:
        """List the keys that agents of theirs have, as a case shows them."""
        store, _ = open_store(self.server.settings)
        try:
            agent = store.agent_named(agent_name)
            return [encode(base64.b64decode(one.public_key)) for one in store.sender_keys(agent.agent_id)]
        finally:
            store.close()

    def respond(self, case_id: str, data: dict[str, Any]) -> None:
        response = self.owner.http.post(
            f"/api/v1/inbox/{case_id}/respond", json={"action": "submit", "data": data}
        )
        assert response.status_code == 200, response.text


def base64_of(device: Device) -> str:
    """Spell a device's key as hitl-cli reads it."""
    return base64.b64encode(device.box.public).decode()
