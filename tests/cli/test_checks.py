"""What `hitl doctor` finds."""

import socket
import sqlite3

import pytest

from openhitl import EmbeddedServer, SyncHITL
from openhitl.cli.checks import Finding, Level, check_all
from openhitl.client.config import ClientConfig
from openhitl.protocol.case import ActorKind
from openhitl.server.local import new_key
from openhitl.settings import Settings


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    return folder


def finding(name: str, folder, *, api_key=None, **settings) -> Finding:
    given = Settings(**{"data_dir": folder, "port": 0, **settings})
    client = ClientConfig(
        server_url="http://localhost:1", api_key=api_key, configured=False, key_source="HITL_API_KEY"
    )
    return next(found for found in check_all(given, client) if found.name == name)


def test_a_fresh_machine_is_fine(tmp_path):
    settings = Settings(data_dir=tmp_path / "none", port=0)
    findings = check_all(settings, ClientConfig(server_url="http://localhost:1", configured=False))
    assert {found.level for found in findings if found.name != "terminal"} == {Level.OK}
    assert not (tmp_path / "none").exists(), "looking changes nothing"


def test_a_data_folder_that_others_can_enter_is_a_warning(folder):
    folder.chmod(0o755)
    found = finding("data folder", folder)
    assert found.level is Level.WARN
    assert found.hint == f"chmod 700 {folder}"


def test_a_command_that_mends_a_folder_can_be_pasted(tmp_path):
    folder = tmp_path / "a b"
    folder.mkdir(mode=0o755)
    assert finding("data folder", folder).hint == f"chmod 700 '{folder}'"


def test_a_data_folder_that_is_a_file_is_a_failure(tmp_path):
    (tmp_path / "file").write_text("")
    assert finding("data folder", tmp_path / "file").level is Level.FAIL


def test_a_secret_that_others_can_read_is_a_failure(folder):
    path = folder / "secret.key"
    path.write_text("ab" * 32)
    path.chmod(0o644)
    assert finding("secret", folder).level is Level.FAIL
    path.chmod(0o600)
    assert finding("secret", folder).level is Level.OK


def test_a_secret_that_is_none_is_a_failure(folder):
    (folder / "secret.key").write_text("hello")
    assert finding("secret", folder).level is Level.FAIL
    assert finding("secret", folder, secret_key="short").level is Level.FAIL


def test_the_database_is_looked_at_and_left_alone(folder):
    assert "will be made" in finding("database", folder).message
    new_key(Settings(data_dir=folder), "crawler", ActorKind.AGENT)
    assert "current" in finding("database", folder).message
    with sqlite3.connect(folder / "openhitl.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert finding("database", folder).level is Level.FAIL


def test_a_database_without_its_secret_is_a_failure(folder):
    new_key(Settings(data_dir=folder), "crawler", ActorKind.AGENT)
    (folder / "secret.key").unlink()
    assert finding("database", folder).level is Level.FAIL
    assert not (folder / "secret.key").exists(), "looking makes no new one"


def test_a_database_of_another_secret_is_a_failure(folder):
    new_key(Settings(data_dir=folder), "crawler", ActorKind.AGENT)
    found = finding("database", folder, secret_key="cd" * 32)
    assert found.level is Level.FAIL
    assert "secret" in found.message


def test_a_database_that_is_not_there_is_a_failure(folder):
    url = "postgresql://hitl:hunter2@localhost:1/hitl"
    found = finding("database", folder, database_url=url, secret_key="cd" * 32)
    assert found.level is Level.FAIL
    assert "hunter2" not in found.message


def test_a_log_that_was_written_to_past_the_server_is_a_failure(folder):
    assert finding("log", folder).level is Level.OK
    with EmbeddedServer(Settings(data_dir=folder, port=0)) as server:
        question = {"type": "approval", "context": {}}
        with SyncHITL(server_url=server.url, api_key=server.api_key) as hitl:
            for _ in range(3):
                hitl.create("Deploy?", question)
    assert finding("log", folder).level is Level.OK
    with sqlite3.connect(folder / "openhitl.db") as connection:
        connection.execute("UPDATE log SET at = at + 1 WHERE position = 2")
    connection.close()
    found = finding("log", folder)
    assert found.level is Level.FAIL
    assert "Entry 2 " in found.message


def test_a_log_that_cannot_be_read_is_a_warning(folder):
    new_key(Settings(data_dir=folder), "crawler", ActorKind.AGENT)
    with sqlite3.connect(folder / "openhitl.db") as connection:
        connection.execute("DROP TABLE log_head")
    connection.close()
    assert finding("log", folder).level is Level.WARN


def test_a_port_that_something_else_holds_is_a_failure(folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        found = finding("port", folder, port=taken.getsockname()[1])
    assert found.level is Level.FAIL


def test_a_server_to_ask_that_does_not_answer_or_take_the_key_is_a_failure(folder):
    settings = Settings(data_dir=folder, port=0)
    gone = check_all(settings, ClientConfig(server_url="http://localhost:1"))
    assert next(found for found in gone if found.name == "where to ask").level is Level.FAIL
    key = new_key(settings, "crawler", ActorKind.AGENT)
    with EmbeddedServer(settings) as server:
        for api_key, level in ((key, Level.OK), ("hitla_wrong", Level.FAIL), (None, Level.FAIL)):
            found = check_all(settings, ClientConfig(server_url=server.url, api_key=api_key))
            assert next(one for one in found if one.name == "where to ask").level is level


def test_a_key_that_goes_out_in_the_clear_is_a_warning(folder):
    settings = Settings(data_dir=folder, host="127.0.0.2", port=0)
    key = new_key(settings, "crawler", ActorKind.AGENT)
    with EmbeddedServer(settings) as server:
        there = server.url.replace("localhost", "127.0.0.2")
        found = check_all(settings, ClientConfig(server_url=there, api_key=key))
    asking = next(one for one in found if one.name == "where to ask")
    assert (asking.level, "in the clear" in asking.message) == (Level.WARN, True)


def test_an_agents_credential_and_the_data_folder_in_one_hand_is_a_warning(folder):
    found = finding("who asks, who answers", folder, api_key="hitla_x")
    assert found.level is Level.WARN
    assert "HITL_API_KEY" in found.message
    assert finding("who asks, who answers", folder).level is Level.OK
