"""What a client was told, to be compared with what is there after the kills."""

from __future__ import annotations

import itertools
import random
import threading
from dataclasses import dataclass, field
from typing import Any

import httpx2

#: Requests that may or may not have happened: the connection broke before an answer came.
Indeterminate = (httpx2.TransportError,)


@dataclass
class History:
    """Acknowledged facts. `lock` guards all of them."""

    created: dict[str, str] = field(default_factory=dict)  # idempotency key -> case id
    answered: dict[str, str] = field(default_factory=dict)  # case id -> note of the answer that won
    cancelled: set[str] = field(default_factory=set)
    twice: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Writer(threading.Thread):
    """Creates cases and answers each of them twice at once, at a steady pace, until stopped."""

    _numbers = itertools.count()

    def __init__(self, base_url: str, key: str, history: History, *, pace_seconds: float, seed: int) -> None:
        super().__init__(daemon=True)
        self._base_url = base_url
        self._asking = {"authorization": f"Bearer {key}"}
        self._history = history
        self._pace = pace_seconds
        self._random = random.Random(seed)
        self.stopped = threading.Event()

    def run(self) -> None:
        with httpx2.Client(base_url=self._base_url, timeout=10, trust_env=False) as client:
            while not self.stopped.is_set():
                try:
                    self._one_case(client)
                except Indeterminate:
                    return  # the server was killed
                self.stopped.wait(self._pace)

    def _one_case(self, client: httpx2.Client) -> None:
        number = f"{next(self._numbers)}-{self._random.getrandbits(64):x}"
        body = {"type": "confirmation", "prompt": f"Case {number}", "context": {"number": number}}
        created = client.post(
            "/api/v1/reviews", json=body, headers={**self._asking, "idempotency-key": number}
        )
        if not self._expected(created, 202):
            return
        hitl = created.json()["hitl"]
        with self._history.lock:
            self._history.created[number] = hitl["case_id"]
        if self._random.random() < 0.2:
            self._cancel(client, hitl["case_id"])
            return
        for note in (f"first {number}", f"second {number}"):
            self._answer(client, hitl, note)

    def _answer(self, client: httpx2.Client, hitl: dict[str, Any], note: str) -> None:
        token = httpx2.URL(hitl["review_url"]).params["token"]
        answer = {"action": "confirm", "data": {"note": note}}
        response = client.post(f"/reviews/{hitl['case_id']}/respond", params={"token": token}, json=answer)
        if response.status_code == 200:
            with self._history.lock:
                if hitl["case_id"] in self._history.answered:
                    self._history.twice.append(hitl["case_id"])
                self._history.answered[hitl["case_id"]] = note
        else:
            self._expected(response, 409)

    def _cancel(self, client: httpx2.Client, case_id: str) -> None:
        if self._expected(
            client.post(f"/api/v1/reviews/{case_id}/cancel", json={}, headers=self._asking), 200
        ):
            with self._history.lock:
                self._history.cancelled.add(case_id)

    def _expected(self, response: httpx2.Response, status: int) -> bool:
        if response.status_code == status:
            return True
        if response.status_code != 503:  # a server that is going may say so; nothing was acknowledged
            with self._history.lock:
                self._history.unexpected.append(f"{response.status_code}: {response.text[:200]}")
        return False


def compare(history: History, client: httpx2.Client) -> list[str]:
    """Return every way in which the server disagrees with what it has acknowledged."""
    wrong = [*history.unexpected, *(f"answered twice: {case_id}" for case_id in history.twice)]
    for number, case_id in history.created.items():
        response = client.get(f"/api/v1/reviews/{case_id}")
        if response.status_code != 200:
            wrong.append(f"lost: {case_id}: {response.status_code}")
            continue
        body = response.json()
        if body["context"] != {"number": number}:
            wrong.append(f"changed: {case_id}")
        if case_id in history.answered:
            kept = body.get("result", {}).get("data", {}).get("note")
            if kept != history.answered[case_id]:
                wrong.append(f"answer lost: {case_id}: {kept!r} is not {history.answered[case_id]!r}")
        if case_id in history.cancelled and body["status"] != "cancelled":
            wrong.append(f"cancel lost: {case_id}: {body['status']}")
    return wrong
