"""`hitl admin new-key`, `keys` and `revoke-key`."""

import json

import httpx2
import pytest

from openhitl.protocol.audit import OPERATOR
from openhitl.protocol.people import Role
from openhitl.server.opening import open_store
from openhitl.settings import Settings
from openhitl.store.people import NewPerson
from tests.servers import APPROVAL
from tests.store.desk import NOW

pytestmark = pytest.mark.anyio


async def made(alone, *arguments):
    done = await alone.run("admin", "new-key", *arguments)
    assert done.code == 0, done.err
    return done.out.strip()


async def listed(alone):
    done = await alone.run("admin", "keys", "--json")
    assert done.code == 0, done.err
    return json.loads(done.out)


async def test_keys_are_scoped_listed_and_revoked(alone):
    none = await alone.run("admin", "keys")
    assert (none.code, none.out) == (0, "")
    assert "hitl admin new-key NAME" in none.err
    async with alone.start("serve", "--port", "0") as server:
        url = (await server.says("listens on")).split("listens on ")[1].split()[0]
        asks, reads, both = [
            await made(alone, "bot", *scopes)
            for scopes in (["--scope", "ask"], ["--scope", "read"], ["--scope", "ask", "--scope", "read"])
        ]
        with httpx2.Client(base_url=f"{url}/api/v1", trust_env=False) as client:

            def codes(key):
                headers = {"authorization": f"Bearer {key}"}
                asked = client.post("/reviews", json=APPROVAL, headers=headers).status_code
                return asked, client.get("/reviews", headers=headers).status_code

            assert codes(asks) == (202, 403)
            assert codes(reads) == (403, 200)
            assert codes(both) == (202, 200)
            keys = {key["id"]: key for key in await listed(alone) if key["agent"] == "bot"}
            assert [key["scopes"] for key in keys.values()] == [["ask"], ["read"], ["ask", "read"]]
            last = max(keys)
            lines = (await alone.run("admin", "keys")).out.splitlines()
            assert f"{last}  bot  agent  ask read  {keys[last]['created_at']}" in lines
            revoked = await alone.run("admin", "revoke-key", str(last))
            assert (revoked.code, revoked.out) == (0, "")
            assert codes(both) == (401, 401)
            assert last not in {key["id"] for key in await listed(alone)}
            again = await alone.run("admin", "revoke-key", str(last))
            assert again.code == 1
            assert "hint: `hitl admin keys` lists them." in again.err


async def test_an_agent_of_the_same_name_that_belongs_to_somebody_else_is_another_one(alone):
    store, _ = open_store(Settings(data_dir=alone.home / ".local" / "share" / "openhitl"))
    people = [
        store.add_person(NewPerson(name=name, role=Role.OWNER), by=OPERATOR, now=NOW)
        for name in ("Alice", "Bob")
    ]
    for arguments in ([], ["--owner", "alice"], ["--owner", "BOB"], ["--owner", "Alice"]):
        await made(alone, "bot", *arguments)
    agents = [key["agent_id"] for key in await listed(alone)]
    assert agents == [agents[0], agents[1], agents[2], agents[1]]
    assert len(set(agents)) == 3
    owned = [[agent.agent_id for agent in store.agents_of(one.person_id)] for one in people]
    assert owned == [[agents[1]], [agents[2]]]
    store.close()
    refused = await alone.run("admin", "new-key", "bot", "--owner", "Eve")
    assert (refused.code, refused.out) == (1, "")
    assert "There is nobody called 'Eve' here." in refused.err
