"""A service that takes inline submits, and answers them as the test says."""

from __future__ import annotations

import json
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Service:
    """Answers the next submits with these statuses; 0 drops the connection. `seen` are their headers."""

    def __init__(self, *statuses: int, body: bytes = b"{}") -> None:
        self._body = body
        self._statuses = deque(statuses)
        self.seen: list[dict[str, str]] = []

    def __enter__(self) -> Service:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                service.seen.append({name.lower(): value for name, value in self.headers.items()})
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                assert set(body) == {"action", "data", "submitted_via", "submitted_by"}
                status = service._statuses.popleft()
                if status == 0:
                    self.close_connection = True
                    return
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("location", f"{service.url}/elsewhere")
                self.send_header("content-length", str(len(service._body)))
                self.end_headers()
                self.wfile.write(service._body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.hitl = hitl_at(self.url)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @staticmethod
    def unheard() -> dict[str, Any]:
        """Make a case of a service that nobody calls."""
        return hitl_at("https://shop.example")


def hitl_at(url: str) -> dict[str, Any]:
    return {
        "spec_version": "0.8",
        "case_id": "review_1",
        "review_url": f"{url}/review/review_1?token=t",
        "poll_url": f"{url}/reviews/review_1/status",
        "submit_url": f"{url}/reviews/review_1/respond",
        "submit_token": "hitls_" + "s" * 43,
        "type": "confirmation",
        "prompt": "Delete it?",
        "created_at": "2036-02-19T10:00:00Z",
        "expires_at": "2036-02-20T10:00:00Z",
        "context": {},
    }
