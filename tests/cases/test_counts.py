"""Counts of a minute, of one process and of several."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from openhitl.cases.counts import OwnCounts, SharedCounts, counts_of_all
from openhitl.cases.rates import MinuteRate


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_processes_count_together(folder):
    here = counts_of_all(None, "house")
    program = (
        "from openhitl.cases.counts import counts_of_all; print(counts_of_all(None, 'house').add('case', 7))"
    )
    environment = {**os.environ, "TMPDIR": str(folder)}
    counted = []
    for _ in range(2):
        here.add("case", 7)
        ran = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60
        )
        counted.append(int(ran.stdout))
    assert counted == [2, 4]
    assert here.add("another case", 7) == 1
    assert here.add("case", 8) == 1
    assert counts_of_all(None, "another house").add("case", 8) == 1


def test_the_file_is_its_owner_s_alone(folder):
    counts_of_all(None, "house")
    [file] = folder.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_place_that_somebody_prepared_is_not_used(folder):
    target = folder / "target"
    target.write_bytes(b"precious")
    (folder / "openhitl-house-polls").symlink_to(target)
    assert isinstance(counts_of_all(None, "house"), OwnCounts)
    (folder / "openhitl-manor-polls").mkdir()
    assert isinstance(counts_of_all(None, "manor"), OwnCounts)
    assert target.read_bytes() == b"precious"


def test_users_of_one_sqlite_file_meet_beside_it(folder):
    assert counts_of_all(folder / "cases.db", "house").add("case", 7) == 1
    assert counts_of_all(folder / "cases.db", "house").add("case", 7) == 2
    assert [file.name for file in folder.iterdir()] == ["cases.db-polls"]


@pytest.mark.parametrize("kind", [OwnCounts, lambda: counts_of_all(None, "house")])
def test_a_rate_ends_with_its_minute(kind):
    seconds = iter([60.0, 61.0, 119.0, 120.0])
    rate = MinuteRate(2, wall=lambda: next(seconds), counts=kind())
    taken = [rate.take("case") for _ in range(4)]
    assert [one.allowed for one in taken] == [True, True, False, True]
    assert [one.remaining for one in taken] == [1, 0, 0, 1]
    assert [one.reset_seconds for one in taken] == [60, 59, 1, 60]


def test_shared_counts_are_shared_where_they_can_be():
    assert isinstance(counts_of_all(None, "house"), SharedCounts)
