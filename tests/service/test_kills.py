"""Processes are killed; what was decided reaches the service's handler all the same."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2

from openhitl.service import Outcome
from tests.service.guide import started
from tests.service.hosts import SECRET, post_url
from tests.service.test_handing_over import handed_over

#: Asks, withdraws, and is killed by its own handler, as by the system when memory runs out.
PROGRAM = """
import asyncio, os, signal, sys
from openhitl.service import Reviews, approval

reviews = Reviews(sys.argv[1], sys.argv[2], base_url="http://localhost:1")

@reviews.on_decision
def decided(decision):
    print(decision.case_id, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

async def run():
    accepted = await reviews.ask(approval("Go?", metadata={"order": 7}))
    await reviews.cancel(accepted.case_id, "No longer needed.")
    await asyncio.Event().wait()

asyncio.run(run())
"""


def test_a_kill_in_the_middle_of_the_handler_loses_no_decision(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/cases.db"
    killed = subprocess.run(
        [sys.executable, "-c", PROGRAM, url, SECRET], capture_output=True, text=True, timeout=60
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    # Who was killed cannot give the job back: its lease ends by itself, in a minute that is over now.
    with sqlite3.connect(f"{tmp_path}/cases.db") as database:
        assert database.execute("UPDATE jobs SET due_at = due_at - 60000").rowcount == 1
    decision = asyncio.run(handed_over(url))
    assert decision.case_id == killed.stdout.strip()
    assert (decision.outcome, decision.reason) == (Outcome.CANCELLED, "No longer needed.")
    assert decision.metadata == {"order": 7}


SHOP = """
import os
from flask import Flask
from openhitl.service import Reviews, approval
from openhitl.service.wsgi import ReviewsWsgi

url = os.environ["BASE_URL"]
reviews = Reviews(os.environ["DATABASE"], os.environ["HITL_SECRET"], base_url=url, prefix="/hitl")
app = Flask(__name__)
app.wsgi_app = ReviewsWsgi(reviews, app.wsgi_app)

@app.post("/orders/<key>")
def order(key):
    accepted = reviews.ask_sync(approval("Ship it?"), idempotency_key=key)
    return accepted.body, accepted.status, accepted.headers

@app.get("/worker")
def worker():
    return str(os.getpid())
"""


class Customer:
    """Asks, approves and polls, each on a connection of its own, again while workers die."""

    def __init__(self, base_url: httpx2.URL) -> None:
        self._base_url = base_url
        self.refused: list[str] = []

    def order(self, key: str) -> None:
        hitl = self._until_answered("POST", f"/orders/{key}").json()["hitl"]
        answer = {"action": "approve", "submission_id": key}
        answered = self._until_answered("POST", post_url(hitl, "respond"), json=answer)
        poll = self._until_answered("GET", hitl["poll_url"])
        if (answered.status_code, poll.json()["status"]) != (200, "completed"):
            self.refused.append(f"{answered.text} {poll.text}")

    def get(self, url: str) -> str:
        return self._until_answered("GET", url).text

    def _until_answered(self, method: str, url: str, **request: Any) -> httpx2.Response:
        while True:
            try:
                with httpx2.Client(base_url=self._base_url, timeout=20, trust_env=False) as client:
                    return client.request(method, url, **request)
            except httpx2.TransportError:
                continue


def test_workers_that_are_killed_lose_nothing_and_go_back_nowhere(tmp_path: Path, database_url: str) -> None:
    command = "gunicorn --preload -w 4 --threads 4 --no-control-socket shop:app"
    with started(SHOP, command, tmp_path, DATABASE=database_url) as shop:
        customer = Customer(shop.client.base_url)
        with ThreadPoolExecutor(4) as customers:
            orders = [customers.submit(customer.order, f"order-{number}") for number in range(32)]
            for order in orders[::8]:
                order.result(timeout=60)
                worker = int(customer.get("/worker"))
                os.kill(worker, signal.SIGKILL)
            for order in orders:
                order.result(timeout=60)
    assert customer.refused == []
