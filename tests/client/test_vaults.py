"""Logins in the keyring of the operating system."""

import os
import subprocess
import sys

import keyring
import pytest

from openhitl.client.logins import Identity, Login, Logins
from openhitl.client.vaults import system_vault
from openhitl.errors import SetupError
from tests.client.folder_keyring import FolderKeyring

SERVER = "https://hitl.example.com"
LOGIN = Login(server_url=SERVER, identity=Identity.AGENT, name="ci", access_token="very-secret")
#: What a program of this user loads to find the login.
FINDING = """
import sys
from openhitl.client.config import load_config
print(load_config().login.access_token, "keyring" in sys.modules)
"""


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
def logins(tmp_path):
    return Logins(tmp_path / "openhitl")


def test_a_system_without_a_keyring_has_none(monkeypatch):
    before = keyring.get_keyring()
    keyring.set_keyring(keyring.backends.fail.Keyring())
    assert system_vault() is None
    keyring.set_keyring(before)


def test_tokens_lie_in_the_keyring_and_in_no_file(ring, logins):
    logins.save(LOGIN)
    assert logins.find(SERVER, Identity.AGENT) == LOGIN
    assert logins.where(SERVER, Identity.AGENT) == "keyring"
    files = [path.read_text() for path in logins.folder.iterdir()]
    assert files
    assert not any("very-secret" in text for text in files)
    assert "very-secret" in (ring / f"openhitl agent at {SERVER}:443".replace("/", "|")).read_text()


def test_forgetting_empties_both(ring, logins):
    logins.save(LOGIN)
    logins.forget(SERVER, Identity.AGENT)
    assert list(ring.iterdir()) == []
    assert logins.find(SERVER, Identity.AGENT) is None
    logins.forget(SERVER, Identity.AGENT)


def test_a_keyring_that_takes_nothing_leaves_the_file(ring, logins):
    (ring / "locked").touch()
    path = logins.save(LOGIN)
    assert path == str(logins.folder / "agent-https-hitl.example.com-443.json")
    assert logins.find(SERVER, Identity.AGENT) == LOGIN


def test_a_locked_keyring_says_what_to_do(ring, logins):
    logins.save(LOGIN)
    (ring / "locked").touch()
    with pytest.raises(SetupError, match="Nobody unlocked it") as caught:
        logins.find(SERVER, Identity.AGENT)
    assert "HITL_API_KEY" in caught.value.hint


def test_what_is_no_login_in_the_keyring_says_so(ring, logins):
    logins.save(LOGIN)
    for path in ring.iterdir():
        path.write_text("{")
    with pytest.raises(SetupError, match="is no login"):
        logins.find(SERVER, Identity.AGENT)


def test_a_keyring_that_is_gone_says_what_to_do(ring, logins):
    logins.save(LOGIN)
    keyring.set_keyring(keyring.backends.fail.Keyring())
    with pytest.raises(SetupError) as caught:
        logins.find(SERVER, Identity.AGENT)
    assert "hitl login" in caught.value.hint


def test_a_program_loads_the_keyring_only_if_the_login_lies_there(ring, logins, tmp_path):
    environ = {**os.environ, "HITL_CONFIG_DIR": str(logins.folder), "HITL_SERVER_URL": SERVER}
    environ["PYTHON_KEYRING_BACKEND"] = "tests.client.folder_keyring.FolderKeyring"

    def found() -> str:
        run = subprocess.run([sys.executable, "-c", FINDING], env=environ, capture_output=True, text=True)
        return run.stdout or run.stderr

    logins.save(LOGIN)
    assert found() == "very-secret True\n"
    (ring / "locked").touch()
    logins.save(LOGIN)
    assert found() == "very-secret False\n"
