"""Waits that survive their program: what is on disk meanwhile, and going on with it."""

import asyncio
import json
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from openhitl.agent import SyncWaiting, Waiting
from openhitl.agent.replies import case_of
from openhitl.agent.saved import SavedWait, forget, path_of, read_wait, saved_waits
from openhitl.client.credentials import Credential
from openhitl.errors import SetupError, StillOpen
from openhitl.protocol.incoming import parse_accepted
from openhitl.protocol.timestamps import timestamp

from .peer import CASE_ID, PATIENCE_SECONDS, Peer

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 2, 20, 10, tzinfo=UTC)
KEY = {"Authorization": "Bearer secret-key"}
FORM = {"form": {"fields": [{"key": "pin", "label": "PIN", "type": "text", "sensitive": True}]}}

#: Calls the service and waits, saving itself; or goes on with what it saved.
PROGRAM = """
import sys
import httpx2
from pathlib import Path
from openhitl.agent import SyncWaiting
from openhitl.agent.saved import saved_waits

folder, url = Path(sys.argv[1]), sys.argv[2]
told = lambda case: print("told", case.reminder, flush=True)
heard = lambda update: print(update.status, flush=True)
waits = saved_waits(folder)
headers = {"Authorization": "Bearer secret-key"}
if waits:
    waiting = SyncWaiting.resume(waits[0], headers=headers, tell=told, on_update=heard)
else:
    response = httpx2.post(url, json={"type": "input", "prompt": "PIN?"}, headers=headers)
    waiting = SyncWaiting.on(response, tell=told, on_update=heard)
    waiting.save(folder)
print(waiting.decision().data["pin"], flush=True)
"""


@pytest.fixture
async def peer():
    async with Peer() as peer:
        peer.created = {"type": "input", "prompt": "PIN?"}
        peer.hitl_more = {"context": FORM}
        yield peer


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "state" / "waiting"


def case_at(peer, **more):
    case = case_of(parse_accepted(202, {"hitl": peer.hitl()}))
    return replace(case, **{"expires_at": NOW + timedelta(days=3650), **more})


def waiting_at(peer, **manner):
    manner.setdefault("tell", lambda case: None)
    return Waiting(case_at(peer), Credential(f"{peer.url}/do?key=in-the-query", KEY), **manner)


class Started:
    """A run of the program."""

    def __init__(self, process) -> None:
        self.process = process

    async def says(self) -> str:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return (await self.process.stdout.readline()).decode().strip()

    async def killed(self) -> None:
        self.process.kill()
        await self.process.wait()


async def start(folder, peer) -> Started:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HITL_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, str(folder), f"{peer.url}/do", stdout=asyncio.subprocess.PIPE, env=kept
    )
    return Started(process)


async def test_a_program_that_is_killed_goes_on_where_it_was(peer, folder):
    peer.hitl_more = {"context": FORM, "reminder_at": [timestamp(datetime.now(UTC) + timedelta(hours=1))]}
    first = await start(folder, peer)
    assert await first.says() == "told False"
    await peer.saw("events")
    reminder = peer.hitl_more["reminder_at"][0]
    await peer.advance("reminder", reminder_at=reminder)
    await peer.advance("opened")
    await peer.advance("pending")
    assert [await first.says() for _ in range(4)] == ["pending", "told True", "opened", "pending"]
    await first.killed()
    second = await start(folder, peer)
    resumed = await peer.saw("events", 2)
    assert resumed.headers["last-event-id"] in ("3", "4"), "the last one it may not have written down yet"
    assert resumed.headers["authorization"] == "Bearer secret-key"
    await peer.advance("reminder", reminder_at=reminder)
    await peer.complete("submit", {"pin": "1234"})
    said, _ = await second.process.communicate()
    assert said.decode().split("\n")[-2] == "1234"
    assert "told" not in said.decode(), "neither of the case nor of its reminder again"
    assert saved_waits(folder) == []
    assert peer.count("create") == 1


async def test_a_program_that_is_killed_before_it_told_tells_after(peer, folder):
    waiting_at(peer).save(folder)
    second = await start(folder, peer)
    assert await second.says() == "told False"
    await peer.complete("submit", {"pin": "1"})
    said, _ = await second.process.communicate()
    assert said.decode().split("\n")[-2] == "1"


async def test_the_file_is_for_its_owner_alone_and_goes_with_the_case(peer, folder):
    waiting = waiting_at(peer)
    path = waiting.save(folder)
    assert (path.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)
    await peer.complete("submit", {"pin": "1"})
    await waiting.decision()
    assert list(folder.iterdir()) == []


async def test_the_file_holds_what_polling_needs_and_no_credential(peer, folder):
    text = waiting_at(peer).save(folder).read_text()
    assert "secret-key" not in text
    assert "in-the-query" not in text
    assert json.loads(text)["poll_url"] == f"{peer.url}/api/reviews/{CASE_ID}/status"


async def test_the_credential_is_kept_where_asked_and_used_again(peer, folder):
    path = waiting_at(peer).save(folder, with_credential=True)
    await peer.complete("submit", {"pin": "1"})
    decision = await Waiting.resume(path, tell=lambda case: None).decision()
    assert decision.data["pin"] == "1"
    assert "1" not in repr(decision.data), "what is sensitive is still known"
    assert {seen.headers["authorization"] for seen in peer.seen} == {"Bearer secret-key"}


async def test_a_credential_given_later_goes_only_where_the_first_call_went(peer, folder):
    async with Peer(streams=False) as other:
        other.created = peer.created
        case = case_at(peer, poll_url=f"{other.url}/{CASE_ID}/status", events_url=None)
        path = Waiting(case, Credential(peer.url), tell=lambda case: None).save(folder)
        await other.complete("submit", {"pin": "1"})
        await Waiting.resume(path, headers=KEY, tell=lambda case: None).decision()
        assert "authorization" not in other.seen[0].headers


def spelled(path) -> dict:
    return json.loads(path.read_text())


def saved(peer, **more) -> SavedWait:
    return SavedWait(case=case_at(peer, **more), credential=Credential(peer.url, KEY))


async def test_no_review_url_is_kept_longer_than_the_case_is_open(peer, folder):
    wait = saved(peer, expires_at=NOW)
    path = path_of(wait.case, folder)
    wait.write(path, now=NOW - timedelta(seconds=1))
    assert "token=t" in spelled(path)["review_url"]
    wait.write(path, now=NOW)
    assert spelled(path)["review_url"] is None


async def test_a_wait_that_nobody_went_on_with_loses_its_review_url_to_the_next(peer, folder):
    left = saved(peer, case_id="review_left", expires_at=NOW)
    path = path_of(left.case, folder)
    left.write(path, now=NOW - timedelta(hours=1))
    waiting_at(peer).save(folder)
    assert spelled(path)["review_url"] is None
    assert read_wait(path).case.poll_url == left.case.poll_url, "how it ended can still be asked"


async def test_what_a_killed_program_left_half_written_is_cleared_away(peer, folder):
    folder.mkdir(mode=0o700, parents=True)
    old, new = folder / ".a.json.1", folder / ".b.json.2"
    old.touch(mode=0o600)
    os.utime(old, (0.5, 0.5))
    new.touch(mode=0o600)
    waiting_at(peer).save(folder)
    assert (old.exists(), new.exists()) == (False, True)


async def test_what_was_left_half_written_goes_with_the_case(peer, folder):
    waiting = waiting_at(peer)
    path = waiting.save(folder)
    path.with_name(f".{path.name}.0123").touch(mode=0o600)
    await peer.complete("submit", {"pin": "1"})
    await waiting.decision()
    assert list(folder.iterdir()) == []


async def test_who_writes_while_another_sees_the_end_goes_on(peer, folder, monkeypatch):
    waiting = waiting_at(peer)
    path = waiting.save(folder)
    monkeypatch.setattr(os, "fsync", lambda file: forget(path))
    waiting.save(folder)
    assert list(folder.iterdir()) == []


async def test_a_wait_that_is_given_up_keeps_no_review_url(peer, folder):
    peer.streams = False
    wait = replace(saved(peer, expires_at=NOW), announced=True)
    path = path_of(wait.case, folder)
    wait.write(path, now=NOW - timedelta(seconds=1))
    with pytest.raises(StillOpen):
        await Waiting.resume(path).decision()
    assert spelled(path)["review_url"] is None


async def test_how_a_closed_case_ended_is_asked_without_telling_anybody(peer, folder):
    wait = saved(peer, expires_at=NOW)
    wait.write(path_of(wait.case, folder), now=datetime.now(UTC))
    await peer.advance("expired", default_action="skip")
    told = []
    decision = await Waiting.resume(path_of(wait.case, folder), tell=told.append).decision()
    assert (decision.default_action, told) == ("skip", [])


async def test_a_question_of_any_characters_is_kept(peer, folder):
    wait = saved(peer, prompt="\ud800 \u202e ü")
    wait.write(path_of(wait.case, folder), now=NOW)
    assert read_wait(path_of(wait.case, folder)).case.prompt == wait.case.prompt


async def test_a_wait_is_read_back_as_it_was_written(peer, folder):
    wait = SavedWait(
        case=case_at(peer, message="", reminder_at=(NOW, NOW + timedelta(hours=1)), default_action="abort"),
        credential=Credential(peer.url, KEY),
        with_credential=True,
        announced=True,
        last_event_id="7",
        told=frozenset({NOW}),
    )
    path = path_of(wait.case, folder)
    wait.write(path, now=NOW)
    read = read_wait(path)
    assert read.told == {NOW}
    assert (read.announced, read.last_event_id, dict(read.credential.headers)) == (True, "7", KEY)
    assert read.case.reminder_at == wait.case.reminder_at
    assert (read.case.default_action, read.case.review_url) == ("abort", wait.case.review_url)


@pytest.mark.parametrize("name", ["../../outside", "a/b", "\0", "x" * 5000])
async def test_a_case_id_names_no_file(peer, folder, name):
    assert path_of(case_at(peer, case_id=name), folder).parent == folder


async def test_a_folder_or_file_that_others_can_write_is_refused(peer, folder):
    folder.mkdir(parents=True, mode=0o700)
    path = waiting_at(peer).save(folder)
    path.chmod(0o644)
    with pytest.raises(SetupError, match="alone"):
        SyncWaiting.resume(path)
    folder.chmod(0o755)
    with pytest.raises(SetupError, match="alone"):
        waiting_at(peer).save(folder)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"v": 2}', '{"v": 1}', "\x00"])
async def test_a_file_that_is_no_saved_wait_is_refused(tmp_path, content):
    path = Path(tmp_path) / "x.json"
    path.touch(mode=0o600)
    path.write_text(content)
    with pytest.raises(SetupError, match="not a saved wait"):
        SyncWaiting.resume(path)


async def test_a_wait_whose_case_is_over_says_that_there_is_none(tmp_path):
    with pytest.raises(SetupError, match="may be over"):
        Waiting.resume(tmp_path / "gone.json")
