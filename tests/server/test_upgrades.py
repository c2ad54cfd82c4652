"""A database that an earlier version wrote, opened with today's code, on both databases."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from alembic import command
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from sqlalchemy import Connection, MetaData, func, select, text

from openhitl import verify_receipt
from openhitl.keyring import Keyring, parse_root
from openhitl.server.callback_admin import secret_of
from openhitl.store import Store
from openhitl.store.engine import Database, open_database
from openhitl.store.migration import _config
from tests.databases import KINDS
from tests.evidence.authenticator import Authenticator
from tests.evidence.policies import proven, respond
from tests.servers import APPROVAL, RunningServer, running, token_of

pytestmark = pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
VERSIONS = Path(__file__).parents[1] / "store" / "versions"
WEEK = {"timeout": "7d"}


def written(url: str, revision: str) -> dict[str, Any]:
    """Make a database as the version of a schema's revision left it; return what that had given out."""
    given: dict[str, Any] = json.loads((VERSIONS / f"r{revision}.json").read_text(encoding="utf-8"))
    with closing(open_database(url)) as database:
        with database.writing() as connection:
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
        with database.writing() as connection:
            fill(database, connection, given["tables"])
    return given


def fill(database: Database, connection: Connection, rows: dict[str, list[dict[str, Any]]]) -> None:
    found = MetaData()
    found.reflect(connection)
    for table in reversed(found.sorted_tables):
        if table.name in rows:
            connection.execute(table.delete())
    for table in found.sorted_tables:
        for row in rows.get(table.name, ()):
            connection.execute(table.insert().values({name: bytes_or(value) for name, value in row.items()}))
        if database.kind == "postgresql" and "id" in table.c and rows.get(table.name):
            newest = connection.execute(select(func.max(table.c.id))).scalar_one()
            counted = text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :newest)")
            connection.execute(counted, {"name": table.name, "newest": newest})


def bytes_or(value: Any) -> Any:
    return base64.b64decode(value["base64"]) if isinstance(value, dict) else value


@dataclass(frozen=True)
class Upgraded:
    """Today's server on that database, and what the earlier one had given out."""

    server: RunningServer
    given: dict[str, Any]
    database_url: str

    def case(self, name: str) -> dict[str, Any]:
        """Return what a caller was given then, its addresses led to today's server."""
        return self.here(self.given["cases"][name])

    def here(self, value: Any) -> Any:
        return json.loads(json.dumps(value).replace(self.given["url"], self.server.url))

    @contextmanager
    def asking(self, kind: str) -> Iterator[httpx2.Client]:
        """Lend a client with a key of then."""
        headers = {"authorization": f"Bearer {self.given[f'{kind}_key']}"}
        with httpx2.Client(base_url=self.server.url, headers=headers, trust_env=False) as client:
            yield client

    def poll(self, name: str) -> dict[str, Any]:
        with self.asking("agent" if name == "agents" else "service") as client:
            response = client.get(self.case(name)["poll_url"])
        assert response.status_code == 200, response.text
        return response.json()


@pytest.fixture(params=KINDS)
def upgraded(
    request: pytest.FixtureRequest, database_url_of: Callable[[str], str], tmp_path: Path
) -> Iterator[Upgraded]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'openhitl.db'}"
    else:
        url = database_url_of("postgresql")
        with closing(open_database(url)) as database, database.writing() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
    given = written(url, "0004")
    settings = {"database_url": url} if request.param == "postgresql" else {}
    with running(tmp_path, secret_key=given["secret_key"], **settings) as server:
        yield Upgraded(server, given, url)


def test_keys_links_and_answers_of_an_earlier_version_are_good(upgraded: Upgraded) -> None:
    server, given = upgraded.server, upgraded.given
    for name, polled in given["polled"].items():
        told, then = (upgraded.here(one) for one in (upgraded.poll(name), polled))
        assert {key: told.get(key) for key in then} == then, name
    with upgraded.asking("service") as service, upgraded.asking("agent") as agent:
        listed = {one["case_id"] for one in service.get("/api/v1/reviews").json()["reviews"]}
        assert listed == {case["case_id"] for name, case in given["cases"].items() if name != "agents"}
        assert len(agent.get("/api/v1/reviews").json()["reviews"]) == 1
        again = service.post(
            "/api/v1/reviews", json={**APPROVAL, **WEEK}, headers={"idempotency-key": "order-17"}
        )
        assert again.json()["hitl"]["case_id"] == given["cases"]["asked_twice"]["case_id"]
        asked = agent.post("/api/v1/reviews", json=APPROVAL)
        assert asked.status_code == 202, asked.text
    assert secret_of(server.settings, "agent-under-test", rotate=False) == given["callback_secret"]
    with closing(Store.open(upgraded.database_url, Keyring(parse_root(given["secret_key"])))) as store:
        assert store.verify_log() is None


def test_open_questions_of_an_earlier_version_are_answered(upgraded: Upgraded) -> None:
    open_case = upgraded.case("open")
    page = upgraded.server.anyone.get(open_case["review_url"])
    assert page.status_code == 200
    assert 'value="Ada"' in page.text, "the draft is still there"
    answers = {
        "open": {"action": "submit", "data": {"name": "Ada", "pin": "1815"}},
        "agents": {"action": "approve"},
        "asked_twice": {"action": "reject"},
    }
    for name, answer in answers.items():
        case = upgraded.case(name)
        where = {"token": token_of(case["review_url"])}
        done = upgraded.server.anyone.post(f"/reviews/{case['case_id']}/respond", params=where, json=answer)
        assert done.status_code == 200, done.text
        assert upgraded.poll(name)["result"]["action"] == answer["action"]


def test_passkeys_and_receipts_of_an_earlier_version_prove_what_they_did(upgraded: Upgraded) -> None:
    server, kept = upgraded.server, upgraded.given["passkey"]
    jwks = server.anyone.get("/.well-known/jwks.json").json()
    assert [key in jwks["keys"] for key in upgraded.given["jwks"]["keys"]] == [True, True]
    for name in ("answered", "proved"):
        assert verify_receipt(upgraded.poll(name), jwks).case_id == upgraded.case(name)["case_id"]
    key = load_pem_private_key(kept["key"].encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    alice = Authenticator(
        origin=server.url, rp_id="localhost", key=key, credential_id=base64.b64decode(kept["credential_id"])
    )
    case = upgraded.case("wants_proof")
    taken = respond(server, case, proven(server, case, {"action": "approve"}, alice))
    assert taken.status_code == 200, taken.text
    told = upgraded.poll("wants_proof")
    assert told["responded_by"] == {"name": "Alice"}
    assert verify_receipt(told, jwks).by["assurance"] == "passkey"
