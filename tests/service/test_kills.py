"""Processes are killed; what was decided reaches the service's handler all the same."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

from openhitl.service import Outcome
from tests.service.hosts import SECRET
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
