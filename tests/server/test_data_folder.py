"""The data folder of a machine: who serves it, and the key of the local user's own agent."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys

import pytest

from openhitl.client import config
from openhitl.errors import AlreadyServed, SetupError
from openhitl.protocol.case import ActorKind
from openhitl.protocol.tokens import Purpose, checked_hash
from openhitl.server.embedded import EmbeddedServer
from openhitl.server.local import KEY_NAME, LOCAL_AGENT, ensure_local_key, new_key
from openhitl.server.lock import LOCK_NAME, ServerLock
from openhitl.server.opening import open_store
from openhitl.settings import Settings
from tests.store.desk import CHANGED

URL = "http://localhost:4485"
#: Holds the lock until it is killed.
HOLD = """
import sys
from pathlib import Path
from openhitl.server.lock import ServerLock
with ServerLock(Path(sys.argv[1]), "http://localhost:1"):
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_one_holds_a_folder_and_says_where_it_serves(tmp_path):
    folder = tmp_path / "new"
    with ServerLock(folder, URL) as first:
        assert first.held
        with ServerLock(folder, "http://localhost:1") as second:
            assert not second.held
            assert second.holder() == URL
        assert first.holder() == URL
        first.announce("http://localhost:9")
        assert second.holder() == "http://localhost:9"
        assert json.loads((folder / LOCK_NAME).read_text())["pid"] == os.getpid()
    assert first.holder() is None
    with ServerLock(folder, "http://localhost:1") as third:
        assert third.held


def test_a_folder_is_free_again_however_its_holder_ends(tmp_path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout.readline() == "held\n"
        with ServerLock(tmp_path, URL) as lock:
            assert not lock.held
            assert lock.holder() == "http://localhost:1"
        holder.send_signal(signal.SIGKILL)
        holder.wait(60)
    assert "http://localhost:1" in (tmp_path / LOCK_NAME).read_text()
    assert ServerLock(tmp_path, URL).holder() is None
    with ServerLock(tmp_path, URL) as lock:
        assert lock.held
        assert lock.holder() == URL


@pytest.mark.parametrize("written", ["", "{", "[]", "null", '{"pid": 1}', "\xff"])
def test_a_lock_file_that_says_nothing_names_no_holder(tmp_path, written):
    (tmp_path / LOCK_NAME).write_text(written, encoding="latin-1")
    assert ServerLock(tmp_path, URL).holder() is None


def test_a_second_embedded_server_is_told_where_the_first_one_is(tmp_path):
    settings = Settings(data_dir=tmp_path, port=0)
    with EmbeddedServer(settings) as first:
        with pytest.raises(AlreadyServed) as caught, EmbeddedServer(settings):
            pytest.fail("two serve one folder")
        assert caught.value.url == first.url
    with EmbeddedServer(settings) as third:
        assert third.api_key == first.api_key


def test_an_embedded_server_that_cannot_start_leaves_the_folder_free(tmp_path):
    with EmbeddedServer(Settings(data_dir=tmp_path / "other", port=0)) as other:
        taken = int(other.url.rpartition(":")[2])
        with (
            pytest.raises(SetupError, match="Cannot listen") as caught,
            EmbeddedServer(Settings(data_dir=tmp_path, port=taken)),
        ):
            pytest.fail("two listen on one port")
        hint = "Choose another port with HITL_PORT, or `hitl serve --port`."
        assert str(caught.value.hint).startswith(hint)
    with ServerLock(tmp_path, URL) as lock:
        assert lock.held


def test_the_local_key_is_made_once_and_for_its_owner_alone(tmp_path):
    settings = Settings(data_dir=tmp_path)
    key = ensure_local_key(settings)
    path = tmp_path / KEY_NAME
    assert path.read_text() == key + "\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert ensure_local_key(settings) == key
    store, _ = open_store(settings)
    row = store.find_key(checked_hash(Purpose.AGENT, key))
    store.close()
    assert (row.agent_name, row.kind) == (LOCAL_AGENT, ActorKind.AGENT)
    assert {path.name for path in tmp_path.iterdir() if path.name.startswith(".")} == set()


@pytest.mark.parametrize("written", [None, "", "nonsense", "hitla_" + "x" * 43, "hitlv_" + "x" * 43, "é"])
def test_a_local_key_that_is_not_of_this_store_is_made_anew(tmp_path, written):
    settings = Settings(data_dir=tmp_path)
    first = ensure_local_key(settings)
    path = tmp_path / KEY_NAME
    path.chmod(0o644)
    if written is None:
        path.unlink()
    else:
        path.write_text(written)
    second = ensure_local_key(settings)
    assert second != first
    assert path.read_text().strip() == second == ensure_local_key(settings)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_revoked_local_key_is_made_anew(tmp_path):
    settings = Settings(data_dir=tmp_path)
    first = ensure_local_key(settings)
    store, _ = open_store(settings)
    store.revoke_key(store.find_key(checked_hash(Purpose.AGENT, first)).key_id, **CHANGED)
    store.close()
    assert ensure_local_key(settings) != first


@pytest.mark.parametrize("name", ["", " ", " padded", "x" * 101, "line\nbreak", "\u202ereversed", "\x00"])
def test_a_key_is_made_for_a_name_that_can_be_shown(tmp_path, name):
    with pytest.raises(SetupError, match="printable"):
        new_key(Settings(data_dir=tmp_path), name, ActorKind.AGENT)


def test_keys_of_one_name_belong_to_one_agent(tmp_path):
    settings = Settings(data_dir=tmp_path)
    keys = [new_key(settings, "crawler ü", kind) for kind in (ActorKind.AGENT, ActorKind.SERVICE)]
    store, _ = open_store(settings)
    rows = [
        store.find_key(checked_hash(purpose, key))
        for purpose, key in zip((Purpose.AGENT, Purpose.SERVICE), keys, strict=True)
    ]
    store.close()
    assert rows[0].agent_id == rows[1].agent_id
    assert [row.kind for row in rows] == [ActorKind.AGENT, ActorKind.SERVICE]


def test_a_client_looks_where_the_server_writes(tmp_path, monkeypatch):
    """The client reads no settings model: what both need to know is written down in both."""
    monkeypatch.delenv("HITL_DATA_DIR", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert config.data_dir() == Settings().data_dir
    monkeypatch.delenv("XDG_DATA_HOME")
    assert config.data_dir() == Settings().data_dir
    assert Settings.model_fields["port"].default == config.DEFAULT_PORT
    assert (config.LOCAL_KEY_NAME, config.LOCK_NAME) == (KEY_NAME, LOCK_NAME)


@pytest.mark.parametrize("name", ["a b", "a?b", "a#b", "a%20b", "file:x?mode=ro", ":memory:", "ü&", "a\nb"])
def test_a_folder_may_have_any_name(tmp_path, name):
    folder = tmp_path / name
    key = ensure_local_key(Settings(data_dir=folder))
    assert {path.name for path in folder.iterdir()} == {"openhitl.db", "secret.key", KEY_NAME}
    assert list(tmp_path.iterdir()) == [folder]
    assert ensure_local_key(Settings(data_dir=folder)) == key


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    taken = tmp_path / "taken"
    taken.touch()
    for folder in (taken, taken / "below"):
        with pytest.raises(SetupError, match="Not a directory"), ServerLock(folder, URL):
            pytest.fail("a file is no folder")
        with pytest.raises(SetupError, match="Not a directory"):
            ensure_local_key(Settings(data_dir=folder))
        with pytest.raises(SetupError, match="Not a directory"):
            new_key(Settings(data_dir=folder, secret_key="0f" * 32), "crawler", ActorKind.AGENT)


def test_neither_lock_nor_key_is_written_through_a_link(tmp_path):
    folder, precious = tmp_path / "data", tmp_path / "precious"
    precious.write_text("precious")
    folder.mkdir()
    for name in (LOCK_NAME, KEY_NAME):
        (folder / name).symlink_to(precious)
    with pytest.raises(SetupError, match="cannot be used"), ServerLock(folder, URL):
        pytest.fail("the lock is somebody else's file")
    key = ensure_local_key(Settings(data_dir=folder))
    assert (folder / KEY_NAME).read_text() == key + "\n"
    assert precious.read_text() == "precious"


def test_a_database_whose_secret_is_gone_gets_no_new_one(tmp_path):
    settings = Settings(data_dir=tmp_path)
    new_key(settings, "crawler", ActorKind.AGENT)
    secret = tmp_path / "secret.key"
    kept = secret.read_text()
    secret.unlink()
    with pytest.raises(SetupError, match=r"secret\.key is missing") as refused:
        new_key(settings, "crawler", ActorKind.AGENT)
    assert "backup" in refused.value.hint
    assert not secret.exists()
    secret.write_text(kept)
    new_key(settings, "crawler", ActorKind.AGENT)
