"""`hitl admin audit export`, `verify` and `checkpoint`."""

import json
import stat

import httpx2
import pytest

from tests.servers import token_of

pytestmark = pytest.mark.anyio
#: Where neither server nor database nor root secret is.
ELSEWHERE = {"HITL_SERVER_URL": "http://localhost:1", "HITL_DATA_DIR": "/nowhere"}


@pytest.fixture
async def served(alone, tmp_path):
    """A data folder whose server has taken an answer; its receipt and keys are in files."""
    async with alone.start("serve", "--port", "0") as server:
        url = (await server.says("listens on")).split("listens on ")[1].split()[0]
        key = (await alone.run("admin", "new-key", "auditor")).out.strip()
        with httpx2.Client(base_url=url, headers={"x-api-key": key}, trust_env=False) as agent:
            body = {"type": "confirmation", "prompt": "Go?"}
            hitl = agent.post("/api/v1/reviews", json=body).json()["hitl"]
            where = f"/reviews/{hitl['case_id']}/respond?token={token_of(hitl['review_url'])}"
            assert agent.post(where, json={"action": "confirm", "data": {}}).status_code == 200
            (tmp_path / "poll.json").write_bytes(agent.get(hitl["poll_url"]).content)
            (tmp_path / "jwks.json").write_bytes(agent.get("/.well-known/jwks.json").content)
        server.interrupt()
        await server.ends()
    return hitl["case_id"]


@pytest.fixture
async def exported(alone):
    """The name of the key that signed `audit.ndjson`, in which an agent and its key were made."""
    assert (await alone.run("admin", "new-key", "auditor")).code == 0
    return await export(alone)


async def export(alone):
    told = await alone.run("admin", "audit", "export", "--out", "audit.ndjson")
    assert (told.code, told.out) == (0, ""), told.err
    return told.err.split("--key ")[1].split("`")[0]


async def verify(alone, *options, **environment):
    return await alone.run("admin", "audit", "verify", *options, **environment)


async def test_a_log_is_verified_where_it_is_and_anywhere(alone, served, tmp_path):
    key = await export(alone)
    assert stat.S_IMODE((tmp_path / "audit.ndjson").stat().st_mode) == 0o600
    (tmp_path / "checkpoint").write_text((await alone.run("admin", "audit", "checkpoint")).out)
    witnesses = ("--checkpoint", "checkpoint", "--receipt", "poll.json")
    for file, given in (((), {}), (("audit.ndjson", "--key", key), ELSEWHERE)):
        told = await verify(alone, *file, *witnesses, **given)
        assert (told.code, told.err) == (0, "")
        whole, _, signed, kept, receipt = told.out.splitlines()
        assert whole.startswith("whole    positions 1 to ")
        assert signed.startswith(f"signed   {key}, and ")
        assert kept.startswith("agrees   the checkpoint of ")
        assert receipt.startswith(f"agrees   the receipt of {served} at position ")
    piped = (tmp_path / "audit.ndjson").read_text()
    told = await verify(alone, "-", "--jwks", "jwks.json", "--json", *witnesses, stdin=piped, **ELSEWHERE)
    assert (told.code, told.err) == (0, "")
    found = json.loads(told.out)
    assert (found["valid"], found["first"], found["purged"]) == (True, 1, 0)
    assert (found["key"], len(found["agrees"])) == (key, 2)


async def test_keys_that_nobody_named_are_said_to_prove_little(alone, exported):
    told = await verify(alone, "audit.ndjson", **ELSEWHERE)
    assert told.code == 0
    assert told.err.startswith("The keys are those that the file itself brings")
    foreign = await verify(alone, "audit.ndjson", "--key", "receipt-other", **ELSEWHERE)
    assert (foreign.code, foreign.out) == (1, "")
    assert "The JWKS has no such key." in foreign.err


async def test_what_was_changed_is_said_with_its_position(alone, exported, tmp_path):
    forged = (tmp_path / "audit.ndjson").read_text().replace("auditor", "aud1tor")
    (tmp_path / "forged.ndjson").write_text(forged)
    told = await verify(alone, "forged.ndjson", "--key", exported)
    assert (told.code, told.out) == (1, "")
    assert told.err == "error: Position 1: The payload is not the one that was written.\n"
    told = await verify(alone, "forged.ndjson", "--json")
    assert (told.code, told.err) == (1, "")
    assert json.loads(told.out) == {
        "valid": False,
        "error": "log_broken",
        "message": "The payload is not the one that was written.",
        "position": 1,
        "line": 2,
    }


async def test_a_part_of_the_log_is_verified_alone(alone, exported):
    part = await alone.run("admin", "audit", "export", "--since", "1")
    assert json.loads(part.out.splitlines()[1])["position"] == 2
    told = await verify(alone, "-", "--key", exported, stdin=part.out)
    assert (told.code, told.err) == (0, "")
    assert told.out.startswith("whole    positions 2 to 2; ")


async def test_a_checkpoint_of_a_longer_log_shows_a_cut(alone, exported):
    assert (await alone.run("admin", "callback-secret", "auditor", "--rotate")).code == 0
    later = (await alone.run("admin", "audit", "checkpoint")).out.strip()
    told = await verify(alone, "audit.ndjson", "--checkpoint", later, "--key", exported)
    assert (told.code, told.out) == (1, "")
    assert told.err.startswith(
        "error: Position 3: Entries are missing at the end, or the file is older than "
    )


async def test_what_cannot_be_read_is_a_usage_mistake(alone, exported, tmp_path):
    (tmp_path / "empty").write_text("\n")
    for options, said in (
        (("nothing.ndjson",), "nothing.ndjson: No such file or directory."),
        (("audit.ndjson", "--checkpoint", "nothing"), "--checkpoint: nothing cannot be read."),
        (("audit.ndjson", "--checkpoint", "empty"), "--checkpoint: empty is empty."),
        (("audit.ndjson", "--jwks", "nothing"), "--jwks: nothing: No such file or directory."),
        (("audit.ndjson", "--receipt", "nothing"), "--receipt: nothing: No such file or directory."),
    ):
        told = await verify(alone, *options)
        assert (told.code, told.out) == (2, "")
        assert said in told.err


async def test_checkpoints_of_elsewhere_prove_nothing_here(alone, exported, tmp_path):
    other = {"HITL_DATA_DIR": str(tmp_path / "other")}
    assert (await alone.run("admin", "new-key", "bot", **other)).code == 0
    foreign = (await alone.run("admin", "audit", "checkpoint", **other)).out.strip()
    told = await verify(alone, "audit.ndjson", "--checkpoint", foreign)
    assert (told.code, told.err) == (1, "error: The JWKS has no such key.\n")
    told = await alone.run("admin", "audit", "export", "--out", "/nowhere/audit.ndjson")
    assert (told.code, told.out) == (1, "")
    assert told.err == "error: /nowhere/audit.ndjson cannot be written: No such file or directory.\n"
