"""Where logins lie: one for each server and identity, for their owner's eyes alone."""

import json
import os
import stat
from datetime import UTC, datetime, timedelta

import pytest

from openhitl.client.logins import MARGIN, Identity, Login, Logins, config_dir
from openhitl.errors import SetupError

HERE = "http://localhost:4485"
THERE = "https://hitl.example.com"
NOW = datetime(2026, 2, 20, 10, tzinfo=UTC)


def login(server_url=THERE, identity=Identity.AGENT, **more) -> Login:
    given = {"name": "ci", "access_token": "access", "refresh_token": "refresh", "expires_at": NOW}
    return Login(server_url=server_url, identity=identity, **(given | more))


@pytest.fixture
def logins(tmp_path):
    return Logins(tmp_path / "openhitl")


def test_what_is_kept_is_found_again(logins):
    kept = login(client_id="c", token_url=f"{THERE}/token", revocation_url=f"{THERE}/revoke")
    where = logins.save(kept)
    assert logins.find(THERE, Identity.AGENT) == kept
    assert logins.where(THERE, Identity.AGENT) == where


def test_a_login_is_for_its_server_alone(logins):
    logins.save(login())
    for other in (HERE, "http://hitl.example.com", f"{THERE}:8443", "https://example.com"):
        assert logins.find(other, Identity.AGENT) is None


def test_the_names_of_this_machine_are_one_server(logins):
    logins.save(login(HERE))
    assert logins.find("http://127.0.0.1:4485", Identity.AGENT) is not None


def test_who_asks_and_who_answers_are_two_records(logins):
    logins.save(login(name="ci"))
    logins.save(login(identity=Identity.PERSON, name="alice", access_token="hitlu_x"))
    assert logins.find(THERE, Identity.AGENT).name == "ci"
    assert logins.find(THERE, Identity.PERSON).name == "alice"
    logins.forget(THERE, Identity.PERSON)
    assert logins.find(THERE, Identity.PERSON) is None
    assert logins.find(THERE, Identity.AGENT) is not None


def test_a_file_that_was_renamed_sends_no_token_to_another_server(logins):
    path = logins.save(login())
    os.rename(path, path.replace("hitl.example.com", "evil.example.com"))
    assert logins.find("https://evil.example.com", Identity.AGENT) is None


def test_one_identitys_file_under_the_others_name_is_not_taken(logins):
    path = logins.save(login())
    os.rename(path, path.replace("agent-", "person-"))
    assert logins.find(THERE, Identity.PERSON) is None


def test_folder_and_file_are_for_their_owner_alone(logins):
    path = logins.save(login())
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert stat.S_IMODE(logins.folder.stat().st_mode) == 0o700
    assert not list(logins.folder.glob(".*"))


def test_a_file_that_others_can_read_is_refused_with_what_to_do(logins):
    path = logins.save(login())
    os.chmod(path, 0o640)
    with pytest.raises(SetupError) as caught:
        logins.find(THERE, Identity.AGENT)
    assert caught.value.hint == f"chmod go= {path}"


def test_a_folder_that_others_can_open_gets_no_login(logins):
    logins.folder.mkdir(mode=0o755)
    logins.folder.chmod(0o755)
    with pytest.raises(SetupError, match="belong to you alone"):
        logins.save(login())


def test_links_are_not_followed(logins, tmp_path):
    path = logins.save(login())
    os.rename(path, tmp_path / "elsewhere")
    os.symlink(tmp_path / "elsewhere", path)
    with pytest.raises(SetupError, match="no link"):
        logins.find(THERE, Identity.AGENT)


def test_writing_over_a_link_leaves_what_it_leads_to(logins, tmp_path):
    path = logins.save(login())
    os.unlink(path)
    (tmp_path / "precious").write_text("precious")
    os.symlink(tmp_path / "precious", path)
    logins.save(login(name="new"))
    assert (tmp_path / "precious").read_text() == "precious"
    assert logins.find(THERE, Identity.AGENT).name == "new"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"v": 2}', b'{"v": 1}'])
def test_what_is_no_login_says_so(logins, content):
    path = logins.save(login())
    with open(path, "wb") as file:
        file.write(content)
    with pytest.raises(SetupError, match="login"):
        logins.find(THERE, Identity.AGENT)


def test_a_folder_that_cannot_be_made_says_what_to_do(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupError) as caught:
        Logins(tmp_path / "file" / "openhitl").save(login())
    assert "HITL_CONFIG_DIR" in caught.value.hint


def test_a_home_that_is_out_of_reach_holds_no_login(tmp_path):
    (tmp_path / "file").write_text("")
    unreachable = Logins(tmp_path / "file" / "openhitl")
    assert unreachable.find(THERE, Identity.AGENT) is None
    assert unreachable.server(Identity.AGENT) is None


def test_a_token_that_nearly_ends_is_due_if_another_can_be_had():
    assert login(expires_at=NOW + MARGIN).is_due(now=NOW)
    assert not login(expires_at=NOW + MARGIN + timedelta(seconds=1)).is_due(now=NOW)
    assert not login(expires_at=NOW, refresh_token=None).is_due(now=NOW)
    assert not login(expires_at=None).is_due(now=NOW)


def test_tokens_are_never_part_of_what_is_printed():
    assert "hidden" not in repr(login(access_token="hidden", refresh_token="hidden too"))


def test_the_client_id_is_remembered_for_its_server(logins):
    assert logins.registered(THERE) is None
    logins.remember_client(THERE, "client-1")
    assert logins.registered(THERE) == "client-1"
    assert logins.registered(HERE) is None


def test_the_server_of_the_last_login_is_remembered_until_it_is_left(logins):
    assert logins.server(Identity.AGENT) is None
    logins.remember_server(THERE, Identity.AGENT)
    logins.remember_server(HERE, Identity.PERSON)
    logins.forget_server(HERE, Identity.AGENT)
    assert logins.server(Identity.AGENT) == THERE
    logins.forget_server(THERE, Identity.AGENT)
    assert logins.server(Identity.AGENT) is None
    assert logins.server(Identity.PERSON) == HERE


def test_the_folder_is_that_of_xdg_unless_named(tmp_path):
    assert config_dir({"XDG_CONFIG_HOME": str(tmp_path)}) == tmp_path / "openhitl"
    assert config_dir({"HITL_CONFIG_DIR": str(tmp_path / "x")}) == tmp_path / "x"


def test_what_lies_in_the_file_is_what_a_person_can_look_at(logins):
    with open(logins.save(login())) as file:
        assert json.load(file)["server_url"] == THERE
