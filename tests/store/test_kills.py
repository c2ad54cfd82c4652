"""A process killed while it writes leaves a usable database in which nothing acknowledged is missing."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

from openhitl.protocol.case import Status
from tests.store.desk import opened

ROUNDS = 5


def test_nothing_acknowledged_is_lost_and_the_log_is_whole(database_url):
    chance = random.Random(20260220)
    created: set[str] = set()
    answered: set[str] = set()
    for number in range(ROUNDS):
        for line in lines_until_killed(database_url, f"round{number}", chance.randrange(20, 400)):
            word, case_id = line.split()
            (created if word == "created" else answered).add(case_id)
    with opened(database_url) as desk:
        assert desk.store.verify_log() is None
        stored = desk.store.load_many(sorted(created))
        assert set(stored) == created
        assert {stored[case_id].case.status for case_id in answered} == {Status.COMPLETED}
        assert all(stored[case_id].answer for case_id in answered)
        assert desk.answered()
    assert len(answered) > ROUNDS


def lines_until_killed(url: str, prefix: str, count: int) -> list[str]:
    """Run a scribe, kill it after it has said so many lines, and return every line that is whole."""
    command = [sys.executable, "-m", "tests.store.scribe", url, prefix]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as scribe:
        lines = [scribe.stdout.readline() for _ in range(count)]
        scribe.kill()
        lines += scribe.stdout.readlines()
    return [line for line in lines if line.endswith("\n")]
