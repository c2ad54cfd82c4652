"""The key that an agent encrypts with: made once, kept private, taken over from hitl-cli."""

from __future__ import annotations

import base64
import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keyring
import pytest

from openhitl.client.agent_keys import KEY_BYTES, AgentKey
from openhitl.errors import SetupError
from tests.client.folder_keyring import FolderKeyring


@pytest.fixture
def ring(tmp_path, monkeypatch):
    """The folder of this system's keyring."""
    folder = tmp_path / "ring"
    folder.mkdir()
    before = keyring.get_keyring()
    monkeypatch.setenv("KEYRING_FOLDER", str(folder))
    keyring.set_keyring(FolderKeyring())
    yield folder
    keyring.set_keyring(before)


@pytest.fixture
def no_ring():
    before = keyring.get_keyring()
    keyring.set_keyring(keyring.backends.fail.Keyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "openhitl"


def key_in(folder, older=None) -> bytes:
    return AgentKey(folder, older=older or folder / "none").load()


def test_a_key_is_made_once_and_only_its_owner_reads_it(folder, no_ring):
    key = key_in(folder)
    assert len(key) == KEY_BYTES
    assert key_in(folder) == key
    assert stat.S_IMODE((folder / "agent-key.json").stat().st_mode) == 0o600


def test_all_who_need_it_at_once_get_the_same(folder, no_ring):
    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(lambda _: key_in(folder), range(8)))) == 1


def test_it_lies_in_the_keyring_and_in_no_file(folder, ring):
    key = key_in(folder)
    assert key_in(folder) == key
    assert json.loads((folder / "agent-key.json").read_text()) == {"v": 1, "kept": "keyring"}
    # Another folder of the same user has the same key: else each would take the other's away.
    assert key_in(folder.with_name("other")) == key
    (ring / "locked").touch()
    with pytest.raises(SetupError, match="does not open"):
        key_in(folder)


def test_a_key_that_the_keyring_has_lost_is_not_replaced_unasked(folder, ring):
    key_in(folder)
    for kept in ring.iterdir():
        kept.unlink()
    with pytest.raises(SetupError, match="does not have it any more"):
        key_in(folder)
    keyring.set_keyring(keyring.backends.fail.Keyring())
    with pytest.raises(SetupError, match="not there now"):
        key_in(folder)


def test_the_key_of_the_older_program_is_taken_over(folder, tmp_path, no_ring):
    older = tmp_path / "agent.key"
    key = os.urandom(KEY_BYTES)
    older.write_text(json.dumps({"public_key": "", "private_key": base64.b64encode(key).decode()}))
    older.chmod(0o600)
    assert key_in(folder, older) == key
    older.unlink()
    assert key_in(folder, older) == key


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"private_key": 7}', '{"private_key": "AAAA"}'])
def test_what_is_no_key_is_neither_used_nor_replaced(folder, no_ring, text):
    folder.mkdir(mode=0o700)
    path = folder / "agent-key.json"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(SetupError, match="not an agent's key"):
        key_in(folder)
    assert path.read_text() == text


def test_a_key_that_others_can_read_is_refused(folder, no_ring):
    key_in(folder)
    (folder / "agent-key.json").chmod(0o644)
    with pytest.raises(SetupError, match="belong to you alone"):
        key_in(folder)


def test_a_folder_that_cannot_be_made_is_said(no_ring):
    with pytest.raises(SetupError) as refused:
        key_in(Path(os.devnull) / "openhitl")
    assert "HITL_CONFIG_DIR" in refused.value.hint
