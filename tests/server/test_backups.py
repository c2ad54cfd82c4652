"""Backups, made and restored as docs/how-to/back-up.md prints it, on both databases."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest

from tests.databases import administer
from tests.examples import PRELUDE, blocks
from tests.servers import running, token_of

BACK_UP_SQLITE, DUMP, PUT_BACK, LOAD, VERIFY = blocks("docs/how-to/back-up.md", "sh")
RESTORED = "openhitl_restored"
SECRET = "ab" * 32


def shell(example: str, home: Path, **environment: str) -> str:
    """Run an example as the user whose home this is."""
    given = {"PATH": os.environ["PATH"], "HOME": str(home), **environment}
    done = subprocess.run(
        ["bash", "-c", PRELUDE + example], cwd=home, env=given, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Before:
    """What a server gave out before its backup, and after."""

    def __init__(self, data_dir: Path, back_up: Callable[[], object], **settings: Any) -> None:
        with running(data_dir, **settings) as server:
            self.key = server.service_key
            self.answered, self.open = server.ask(), server.ask()
            self._answer(server.anyone, self.answered, "approve")
            back_up()  # while it serves
            self._answer(server.anyone, self.open, "reject")
            self.later = server.ask()

    def _answer(self, client: httpx2.Client, case: dict[str, Any], action: str) -> None:
        where = {"token": token_of(case["review_url"])}
        done = client.post(f"/reviews/{case['case_id']}/respond", params=where, json={"action": action})
        assert done.status_code == 200, done.text

    def check(self, data_dir: Path, **settings: Any) -> None:
        """Serve what was restored: it stands as it did then, and goes on from there."""
        headers = {"authorization": f"Bearer {self.key}"}
        with (
            running(data_dir, **settings) as server,
            httpx2.Client(base_url=server.url, headers=headers, trust_env=False) as client,
        ):

            def status(case: dict[str, Any]) -> Any:
                polled = client.get(f"/api/reviews/{case['case_id']}/status")
                return polled.json()["status"] if polled.status_code == 200 else polled.status_code

            assert [status(case) for case in (self.answered, self.open, self.later)] == [
                "completed",
                "pending",
                404,
            ]
            self._answer(server.anyone, self.open, "approve")
            assert status(self.open) == "completed"


def test_a_sqlite_database_is_backed_up_and_restored(tmp_path: Path) -> None:
    data_dir = tmp_path / ".local" / "share" / "openhitl"
    before = Before(data_dir, lambda: shell(BACK_UP_SQLITE, tmp_path))
    copy = tmp_path / "openhitl-backup.db"
    assert copy.stat().st_mode & 0o77 == 0
    shell(PUT_BACK, tmp_path, BACKUP=str(copy))
    assert "whole" in shell(VERIFY, tmp_path)
    before.check(data_dir)
    assert "whole" in shell(VERIFY, tmp_path)


@pytest.fixture
def postgres_url(
    database_url_of: Callable[[str], str], postgres_server: Callable[[str], str]
) -> Iterator[str]:
    yield database_url_of("postgresql")
    administer(postgres_server, f"DROP DATABASE IF EXISTS {RESTORED} WITH (FORCE)")


def test_a_postgresql_database_is_backed_up_and_restored(
    postgres_url: str, postgres_server: Callable[[str], str], tmp_path: Path
) -> None:
    restored_url = postgres_server(RESTORED)
    settings = {"secret_key": SECRET}
    with psycopg.connect(postgres_url) as connection:  # its programs, whatever else is installed
        found = connection.execute("SELECT setting FROM pg_config WHERE name = 'BINDIR'").fetchone()
    assert found
    path = f"{found[0]}:{os.environ['PATH']}"
    here = {
        "HITL_DATABASE_URL": postgres_url,
        "RESTORED_URL": restored_url,
        "HITL_SECRET_KEY": SECRET,
        "PATH": path,
    }
    data_dir = tmp_path / "data"
    settings["database_url"] = postgres_url
    before = Before(data_dir, lambda: shell(DUMP, tmp_path, **here), **settings)
    assert (tmp_path / "openhitl-backup.dump").stat().st_mode & 0o77 == 0
    shell(LOAD, tmp_path, **here)
    assert "whole" in shell(VERIFY, tmp_path, **{**here, "HITL_DATABASE_URL": restored_url})
    before.check(data_dir, **{**settings, "database_url": restored_url})
