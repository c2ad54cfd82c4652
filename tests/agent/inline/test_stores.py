"""Where the submit token lives between message and press: memory, or a file of its owner's alone."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from openhitl.agent.inline import InlineStore, MemoryInlineStore, SqliteInlineStore, inline_case
from openhitl.errors import StoreError
from tests.agent.inline.asks import SUBMIT_TOKEN, ask

NOW = datetime(2026, 2, 20, 10, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
CASE = inline_case(ask("confirmation", context={"a": "b"}))
OTHER = inline_case(ask("confirmation", case_id="review_2"))


@pytest.fixture(params=[lambda path: MemoryInlineStore(), SqliteInlineStore], ids=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> InlineStore:
    make: Callable[[Path], InlineStore] = request.param
    return make(tmp_path / "agent" / "buttons.db")


def test_a_case_is_found_under_its_reference_and_no_other(store: InlineStore) -> None:
    assert store.add(CASE, "one", until=LATER, now=NOW) == "one"
    assert store.find("one", now=NOW) == CASE
    assert store.find("two", now=NOW) is None


def test_rendering_a_case_again_keeps_its_reference_and_takes_its_newest_content(store: InlineStore) -> None:
    store.add(CASE, "one", until=LATER, now=NOW)
    renewed = inline_case(ask("confirmation", submit_token="renewed"))
    assert store.add(renewed, "two", until=LATER, now=NOW) == "one"
    assert store.find("one", now=NOW) == renewed
    assert store.find("two", now=NOW) is None


def test_the_same_id_at_another_service_is_another_case(store: InlineStore) -> None:
    store.add(CASE, "one", until=LATER, now=NOW)
    elsewhere = inline_case(ask("confirmation", submit_url="https://api.other.example/respond"))
    assert store.add(elsewhere, "two", until=LATER, now=NOW) == "two"


def test_an_id_that_no_text_may_hold_is_kept_all_the_same(store: InlineStore) -> None:
    odd = inline_case(ask("confirmation", case_id="review_\ud800\0"))
    assert store.add(odd, "one", until=LATER, now=NOW) == "one"
    assert store.find("one", now=NOW) == odd


def test_a_case_is_gone_at_its_deadline(store: InlineStore) -> None:
    store.add(CASE, "one", until=LATER, now=NOW)
    assert store.find("one", now=LATER - timedelta(milliseconds=1)) == CASE
    assert store.find("one", now=LATER) is None
    assert store.find("one", now=NOW) is None, "it was not only hidden"
    assert store.add(CASE, "two", until=LATER + timedelta(hours=1), now=LATER) == "two"


def test_a_new_case_sweeps_out_the_old(store: InlineStore) -> None:
    store.add(CASE, "one", until=LATER, now=NOW)
    store.add(OTHER, "two", until=LATER + timedelta(hours=1), now=LATER)
    assert store.find("one", now=NOW) is None
    assert store.find("two", now=LATER) == OTHER


def test_a_removed_case_is_gone_and_may_come_again(store: InlineStore) -> None:
    store.remove(CASE)
    store.add(CASE, "one", until=LATER, now=NOW)
    store.remove(CASE)
    assert store.find("one", now=NOW) is None
    assert store.add(CASE, "two", until=LATER, now=NOW) == "two"


def test_many_threads_agree_on_one_reference(store: InlineStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(lambda n: store.add(CASE, f"r{n}", until=LATER, now=NOW), range(40)))
    assert len(set(given)) == 1


PROCESS = """
import sys
from tests.agent.inline.test_stores import CASE, LATER, NOW
from openhitl.agent.inline import SqliteInlineStore
store = SqliteInlineStore(sys.argv[1])
print({store.add(CASE, f"{sys.argv[2]}-{n}", until=LATER, now=NOW) for n in range(10)})
"""


def test_many_processes_agree_on_one_reference(tmp_path: Path) -> None:
    path = tmp_path / "buttons.db"
    command = [sys.executable, "-c", PROCESS, str(path)]
    runs = [subprocess.Popen([*command, str(n)], stdout=subprocess.PIPE, text=True) for n in range(4)]
    said = {run.communicate(timeout=60)[0] for run in runs}
    assert [run.returncode for run in runs] == [0] * 4
    assert len(said) == 1
    (reference,) = eval(said.pop())
    assert SqliteInlineStore(path).find(reference, now=NOW) == CASE


def test_the_file_is_its_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    loose = tmp_path / "loose.db"
    loose.touch(mode=0o666)
    loose.chmod(0o666)
    old = os.umask(0)
    try:
        for path in (tmp_path / "new" / "buttons.db", loose):
            SqliteInlineStore(path).add(CASE, "one", until=LATER, now=NOW)
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_a_removed_submit_token_leaves_no_trace_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "buttons.db"
    store = SqliteInlineStore(path)
    for ending in (lambda: store.remove(CASE), lambda: store.find("one", now=LATER)):
        store.add(CASE, "one", until=LATER, now=NOW)
        assert SUBMIT_TOKEN.encode() in path.read_bytes()
        ending()
        assert SUBMIT_TOKEN.encode() not in path.read_bytes()
        assert [one.name for one in tmp_path.iterdir()] == ["buttons.db"]


def test_a_file_that_is_none_is_the_stores_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        SqliteInlineStore(tmp_path)
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreError):
        SqliteInlineStore(broken)
