"""World's API in small: it takes proofs as documented and refuses what the real one refuses.

Source: World's Developer Portal, `POST /api/v4/verify/{rp_id}`. A proof is taken for genuine when it was
made by `World.prove`, which stands for World App: over that action and that signal, by that human.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from openhitl.evidence.keccak import hash_to_field, keccak256

RP_ID, APP_ID = "rp_test", "app_test"
ISSUERS = {"proof_of_human": 1, "secure_document": 3, "selfie": 11}


class World:
    """What World knows: which proofs are genuine, and which nullifiers were used for which action."""

    def __init__(self) -> None:
        self.url = ""
        self.genuine: set[str] = set()
        self.used: set[tuple[str, str]] = set()
        self.asked: list[dict[str, Any]] = []
        #: Set to answer everything with this status and body.
        self.answer: tuple[int, bytes] | None = None

    def prove(
        self,
        request: dict[str, Any],
        *,
        human: str = "alice",
        identifier: str = "proof_of_human",
        v: str = "4.0",
    ) -> dict[str, Any]:
        """Return what IDKit returns once a human has agreed in World App."""
        assert request["rp_context"]["rp_id"] == RP_ID
        assert len(bytes.fromhex(request["rp_context"]["signature"][2:])) == 65
        nullifier = "0x" + keccak256(f"{human} {request['action']}".encode()).hex()
        signal_hash = "0x" + hash_to_field(request["signal"].encode()).hex()
        made = hashlib.sha256(f"{request['action']} {signal_hash} {nullifier}".encode()).hexdigest()
        self.genuine.add(made)
        response: dict[str, Any] = {
            "identifier": identifier,
            "nullifier": nullifier,
            "signal_hash": signal_hash,
        }
        if v == "4.0":
            parts = [f"0x{made}", "0x2", "0x3", "0x4", "0x5"]
            response |= {
                "issuer_schema_id": ISSUERS[identifier],
                "expires_at_min": 4_000_000_000,
                "proof": parts,
            }
        else:
            response |= {"merkle_root": "0x1", "proof": f"0x{made}"}
        return {
            "protocol_version": v,
            "nonce": request["rp_context"]["nonce"],
            "action": request["action"],
            "environment": request["environment"],
            "responses": [response],
        }

    def verified(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Verify as the API does."""
        if path not in (f"/api/v4/verify/{RP_ID}", f"/api/v4/verify/{APP_ID}"):
            return 404, _refused("app_not_found")
        if (
            body.get("protocol_version") not in ("3.0", "4.0")
            or not body.get("responses")
            or "nonce" not in body
        ):
            return 400, _refused("validation_error")
        results = [self._result(body, response) for response in body["responses"]]
        if not any(result["success"] for result in results):
            return 400, {**_refused("all_verifications_failed"), "results": results}
        first = next(result for result in results if result["success"])
        if (body["action"], first["nullifier"]) in self.used:
            return 400, _refused("max_verifications_reached")
        self.used.add((body["action"], first["nullifier"]))
        told = {
            "success": True,
            "action": body["action"],
            "nullifier": first["nullifier"],
            "results": results,
        }
        return 200, {**told, "environment": body.get("environment", "production")}

    def _result(self, body: dict[str, Any], response: dict[str, Any]) -> dict[str, Any]:
        names = ("identifier", "nullifier", "proof")
        if any(name not in response for name in names):
            return {
                "identifier": response.get("identifier", ""),
                "success": False,
                "code": "validation_error",
            }
        proof = response["proof"]
        shown = proof[0] if isinstance(proof, list) else proof
        bound = f"{body['action']} {response.get('signal_hash', '0x0')} {response['nullifier']}"
        made = hashlib.sha256(bound.encode()).hexdigest()
        if shown == f"0x{made}" and made in self.genuine:
            return {"identifier": response["identifier"], "success": True, "nullifier": response["nullifier"]}
        return {"identifier": response["identifier"], "success": False, "code": "verification_error"}


def _refused(code: str) -> dict[str, Any]:
    return {"success": False, "code": code, "detail": "Not for people."}


@contextmanager
def world_serving() -> Iterator[World]:
    """Serve World's API on a free port."""
    world = World()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers["content-type"] != "application/json" or not self.headers["user-agent"]:
                status, told = 400, json.dumps(_refused("invalid_content_type")).encode()
            elif world.answer is not None:
                status, told = world.answer
            else:
                world.asked.append(json.loads(body))
                status, answer = world.verified(self.path, world.asked[-1])
                told = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    world.url = f"http://localhost:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield world
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
