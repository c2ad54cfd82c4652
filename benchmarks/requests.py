"""The requests of the benchmark, encoded before the clock runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

QUESTION = {
    "type": "approval",
    "prompt": "Deploy billing 2.14.0 to production?",
    "message": "The release is built, tested and waiting for a person.",
    "timeout": "4h",
    "default_action": "reject",
    "context": {
        "risk": {"level": "medium", "reasons": ["writes to the invoices table"]},
        "facts": {"tests": "1,204 passed", "canary": "30 minutes without an error"},
        "consequences": {"deny": "2.13.4 stays in production."},
    },
}
REPLY = {"action": "approve", "data": {"feedback": "Looks good; go ahead after the backup."}}


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case as the load client knows it from its 202. `respond` is path and query."""

    case_id: str
    respond: str

    @classmethod
    def parse(cls, body: bytes) -> OpenCase:
        """Read a 202 body: the review token answers at the respond address of the same case."""
        hitl = json.loads(body)["hitl"]
        case_id, query = hitl["case_id"], urlsplit(hitl["review_url"]).query
        return cls(case_id, f"/reviews/{case_id}/respond?{query}")


class Requests:
    """Encodes requests to one server with one API key."""

    def __init__(self, port: int, key: str) -> None:
        self._host = f"host: localhost:{port}\r\n"
        self._key = f"authorization: Bearer {key}\r\n"

    def create(self) -> bytes:
        return self._post("/api/v1/reviews", QUESTION, self._key)

    def respond(self, case: OpenCase) -> bytes:
        return self._post(case.respond, REPLY, "")

    def poll(self, case: OpenCase) -> bytes:
        return self._get(f"/api/reviews/{case.case_id}/status", "")

    def poll_unchanged(self, case: OpenCase, etag: str) -> bytes:
        return self._get(f"/api/reviews/{case.case_id}/status", f"if-none-match: {etag}\r\n")

    def events(self, case: OpenCase) -> bytes:
        return self._get(f"/api/reviews/{case.case_id}/events", "accept: text/event-stream\r\n")

    def _get(self, path: str, headers: str) -> bytes:
        return f"GET {path} HTTP/1.1\r\n{self._host}{self._key}{headers}\r\n".encode()

    def _post(self, path: str, body: object, headers: str) -> bytes:
        encoded = json.dumps(body).encode()
        head = f"POST {path} HTTP/1.1\r\n{self._host}{headers}content-type: application/json\r\n"
        return f"{head}content-length: {len(encoded)}\r\n\r\n".encode() + encoded


def headers(response: bytes) -> dict[str, str]:
    """Return the headers of a response, their names in lower case."""
    head = response.partition(b"\r\n\r\n")[0].decode("latin-1")
    pairs = [line.partition(":") for line in head.split("\r\n")[1:]]
    return {name.lower(): value.strip() for name, _, value in pairs}


def body(response: bytes) -> bytes:
    """Return the body of a response."""
    return response.partition(b"\r\n\r\n")[2]


def each_in_turn(cases: Sequence[bytes], count: int) -> list[bytes]:
    """Return `count` requests that walk over the given ones again and again."""
    return [cases[number % len(cases)] for number in range(count)]
