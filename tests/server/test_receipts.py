"""A receipt is the same for ever: after a restart, on another node, after the key was changed."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from openhitl.agent.receipts import verify_receipt
from openhitl.errors import InvalidReceipt
from openhitl.server.receipt_admin import rotate_receipt_key
from openhitl.store.engine import open_database
from tests.door.bodies import ANSWERS
from tests.door.test_flow import respond
from tests.door.test_receipts import answered, jwks_of
from tests.servers import RunningServer, running

SECRET = "c3" * 32
CASES = 60
ROTATIONS = 4
OTHER_SECRET = "c4" * 32


@pytest.fixture
def settings(database_url: str) -> dict[str, Any]:
    return {"database_url": database_url, "secret_key": SECRET}


def receipt_of(server: RunningServer, case_id: str, key: str) -> dict[str, Any]:
    """Poll a case of a key that another server made, as its creator."""
    path = f"/api/reviews/{case_id}/status"
    response = server.anyone.get(path, headers={"authorization": f"Bearer {key}"})
    assert response.status_code == 200, response.text
    return response.json()


def test_after_a_restart_and_on_another_node(settings: dict[str, Any], tmp_path: Path) -> None:
    with running(tmp_path / "a", **settings) as a, running(tmp_path / "b", **settings) as b:
        hitl = answered(a)
        first = a.status(hitl)
        verify_receipt(first, jwks_of(a))
        assert receipt_of(b, hitl["case_id"], a.service_key) == first
        assert jwks_of(b) == jwks_of(a)
    with running(tmp_path / "a", **settings) as again:
        assert again.url != a.url  # and yet the receipt names the address that the server had
        body = receipt_of(again, hitl["case_id"], a.service_key)
        assert body == first
        verify_receipt(body, jwks_of(again))


def test_after_the_key_was_changed(settings: dict[str, Any], tmp_path: Path) -> None:
    with running(tmp_path / "a", **settings) as a, running(tmp_path / "b", **settings) as b:
        hitl, old_keys = answered(a), jwks_of(a)
        before = a.status(hitl)
        key_id = rotate_receipt_key(a.settings)
        keys = jwks_of(b)
        assert [key["kid"] for key in keys["keys"]] == [key_id, old_keys["keys"][0]["kid"]]
        for server in (a, b):
            later = answered(server)
            body = server.status(later)
            assert verify_receipt(body, keys).key_id == key_id
            with pytest.raises(InvalidReceipt, match="no such key"):
                verify_receipt(body, old_keys)
        assert receipt_of(b, hitl["case_id"], a.service_key) == before  # b has not read it until now
        assert verify_receipt(before, keys).key_id == old_keys["keys"][0]["kid"]
    with running(tmp_path / "a", **settings) as again:
        assert receipt_of(again, hitl["case_id"], a.service_key) == before
        assert jwks_of(again) == keys


def test_while_the_key_is_changed(settings: dict[str, Any], tmp_path: Path) -> None:
    """Each answer gets one key or the other, and what both servers say of it is the same."""
    with running(tmp_path / "a", **settings) as a, running(tmp_path / "b", **settings) as b:
        asked = [a.ask() for _ in range(CASES)]
        with ThreadPoolExecutor(4) as pool:
            given = [pool.submit(respond, a, hitl, ANSWERS["approval"]) for hitl in asked]
            for _ in range(ROTATIONS):
                rotate_receipt_key(a.settings)
        assert {future.result().status_code for future in given} == {200}
        keys = jwks_of(b)
        assert len(keys["keys"]) == 1 + ROTATIONS
        for hitl in asked:
            body = a.status(hitl)
            verify_receipt(body, keys)
            assert receipt_of(b, hitl["case_id"], a.service_key) == body


def test_another_root_secret_has_other_keys(tmp_path: Path) -> None:
    with (
        running(tmp_path / "a", secret_key=SECRET) as a,
        running(tmp_path / "b", secret_key=OTHER_SECRET) as b,
        pytest.raises(InvalidReceipt, match="no such key"),
    ):
        verify_receipt(a.status(answered(a)), jwks_of(b))


def test_answers_from_before_there_were_receipts_get_one(settings: dict[str, Any], tmp_path: Path) -> None:
    """Neither their document nor their log entry says anything of receipts."""
    with running(tmp_path / "a", **settings) as a:
        hitl = answered(a)
    _forget_receipts(settings["database_url"])
    with running(tmp_path / "a", **settings) as again:
        body = receipt_of(again, hitl["case_id"], a.service_key)
        verify_receipt(body, jwks_of(again))
        assert body["result"]["signature"]["signer"].startswith(again.url)


def _forget_receipts(url: str) -> None:
    database = open_database(url)
    try:
        with database.writing() as connection:
            for table, column, name in (
                ("answers", "body", "signer"),
                ("log_payloads", "payload", "receipt_key"),
            ):
                rows = connection.execute(text(f"SELECT {column} FROM {table}")).scalars().all()
                for row in rows:
                    kept = {key: value for key, value in json.loads(row).items() if key != name}
                    change = text(f"UPDATE {table} SET {column} = :new WHERE {column} = :old")
                    connection.execute(change, {"new": json.dumps(kept), "old": row})
    finally:
        database.close()
