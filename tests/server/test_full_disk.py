"""A disk that is full, and has room again: what was acknowledged is there, and all goes on."""

from __future__ import annotations

from pathlib import Path

import httpx2

from openhitl.keyring import Keyring, root_in_folder
from openhitl.protocol.case import ActorKind
from openhitl.server.local import new_key
from openhitl.settings import Settings
from openhitl.store import Store
from tests.server.processes import serving
from tests.servers import APPROVAL

#: More than the files of an empty store, less than the write-ahead log may grow to.
FULL_BYTES = 2 * 1024 * 1024
LARGE = {**APPROVAL, "context": {"artifact": {"title": "Notes", "content": "x" * 50_000}}}
MOST = 2 * FULL_BYTES // 50_000


def answer(hitl: dict) -> httpx2.Response:
    url = hitl["review_url"].replace("/review/", "/reviews/").replace("?", "/respond?")
    return httpx2.post(url, json={"action": "approve", "data": {}}, trust_env=False)


def test_a_full_disk_is_said_and_costs_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with serving(tmp_path) as process:
        headers = {"authorization": f"Bearer {new_key(settings, 'steady', ActorKind.SERVICE)}"}
        with httpx2.Client(base_url=process.url, headers=headers, trust_env=False) as client:
            process.limit_files(FULL_BYTES)
            made, refused = [], None
            while refused is None and len(made) < MOST:
                response = client.post("/api/v1/reviews", json=LARGE)
                if response.status_code == 202:
                    made.append(response.json()["hitl"])
                else:
                    refused = response
            assert made
            assert refused.status_code == 503
            assert refused.json()["error"] == "store_unavailable"
            assert client.get(made[0]["poll_url"]).json()["status"] == "pending"
            assert client.get("/readyz").status_code == 200

            process.limit_files(-1)
            assert [answer(hitl).status_code for hitl in made] == [200] * len(made)
            assert client.post("/api/v1/reviews", json=LARGE).status_code == 202
        process.terminate()
        process.ends()
    store = Store.open(settings.store_url, Keyring(root_in_folder(tmp_path)))
    assert all(store.load(hitl["case_id"]).answer is not None for hitl in made)
    assert store.verify_log() is None
    store.close()
