"""Where a client finds its server and its key."""

import threading

import pytest

from openhitl.client.config import data_dir, load_config, load_person
from openhitl.client.logins import Identity, Login, Logins
from openhitl.errors import ServerUnreachable, SetupError
from openhitl.server.lock import ServerLock


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "local.key").write_text("hitla_local\n")
    return tmp_path


def test_without_anything_it_is_the_server_of_this_machine_without_a_key(tmp_path):
    config = load_config(environ={"HITL_DATA_DIR": str(tmp_path)})
    assert config.server_url == "http://localhost:4485"
    assert config.api_key is None
    assert not config.configured


def test_the_local_key_file_opens_the_server_of_this_machine(folder):
    config = load_config(environ={"HITL_DATA_DIR": str(folder)})
    assert config.api_key == "hitla_local"
    assert config.key_source == str(folder / "local.key")


def test_the_local_key_goes_to_no_other_machine(folder):
    environ = {"HITL_DATA_DIR": str(folder), "HITL_SERVER_URL": "https://hitl.example.com/"}
    config = load_config(environ=environ)
    assert config.server_url == "https://hitl.example.com"
    assert config.api_key is None
    assert config.configured


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_a_configured_server_of_this_machine_takes_the_local_key(folder, host):
    environ = {"HITL_DATA_DIR": str(folder), "HITL_SERVER_URL": f"http://{host}:9000"}
    assert load_config(environ=environ).api_key == "hitla_local"


def test_the_environment_wins_over_the_key_file_and_arguments_over_both(folder):
    environ = {"HITL_DATA_DIR": str(folder), "HITL_API_KEY": "hitla_env"}
    assert load_config(environ=environ).api_key == "hitla_env"
    assert load_config(None, "hitla_arg", environ=environ).api_key == "hitla_arg"


def test_a_key_may_be_named_by_file(tmp_path):
    (tmp_path / "key").write_text("hitla_file\n")
    environ = {"HITL_API_KEY_FILE": str(tmp_path / "key"), "HITL_DATA_DIR": str(tmp_path)}
    assert load_config(environ=environ).api_key == "hitla_file"


def test_a_named_key_file_that_is_missing_is_an_error(tmp_path):
    with pytest.raises(SetupError, match="HITL_API_KEY_FILE"):
        load_config(environ={"HITL_API_KEY_FILE": str(tmp_path / "none")})


def test_the_port_setting_moves_the_local_server(tmp_path):
    environ = {"HITL_PORT": "5000", "HITL_DATA_DIR": str(tmp_path)}
    assert load_config(environ=environ).server_url == "http://localhost:5000"


@pytest.mark.parametrize(
    "url", ["hitl.example.com", "ftp://x", "https://", "https://x?y", "https://u:p@x", "http://x:port"]
)
def test_what_is_not_a_server_address_is_refused(url):
    with pytest.raises(SetupError):
        load_config(url, environ={})


def test_the_data_folder_is_that_of_xdg(tmp_path):
    assert data_dir({"XDG_DATA_HOME": str(tmp_path)}) == tmp_path / "openhitl"


def test_a_key_is_never_part_of_what_is_printed():
    assert "secret" not in repr(load_config("https://x.example", "hitla_secret"))


def test_a_server_that_nobody_named_is_trusted_while_its_lock_is_held(folder):
    """Design: the trust boundary on one machine is the OS user; anybody may listen on the port."""
    config = load_config(environ={"HITL_DATA_DIR": str(folder)})
    assert not config.is_trusted
    with ServerLock(folder, "http://localhost:4485") as lock:
        assert lock.held
        assert config.is_trusted
    assert not config.is_trusted


@pytest.mark.parametrize("named", [{"HITL_SERVER_URL": "http://localhost:9000"}, {"HITL_API_KEY": "hitla_k"}])
def test_whoever_names_the_server_or_brings_a_key_means_it(folder, named):
    assert load_config(environ={"HITL_DATA_DIR": str(folder), **named}).is_trusted


def test_looking_keeps_no_server_from_its_lock(folder):
    config = load_config(environ={"HITL_DATA_DIR": str(folder)})
    looking = threading.Event()

    def look():
        while not looking.is_set():
            config.is_trusted  # noqa: B018

    thread = threading.Thread(target=look)
    thread.start()
    try:
        for _ in range(50):
            with ServerLock(folder, "http://localhost:4485") as lock:
                assert lock.held
    finally:
        looking.set()
        thread.join()


THERE = "https://hitl.example.com"


def logged_in(folder, server_url=THERE, identity=Identity.AGENT, *, named=True) -> dict[str, str]:
    """Store a login; return the environment of a program that may find it."""
    logins = Logins(folder / "logins")
    login = Login(server_url=server_url, identity=identity, name="ci", access_token=f"{identity}-token")
    logins.save(login)
    if named:
        logins.remember_server(server_url, identity)
    return {"HITL_CONFIG_DIR": str(logins.folder), "HITL_DATA_DIR": str(folder)}


def bearer(config) -> str:
    return config.credential.headers_for(config.server_url)["Authorization"]


def test_the_server_of_the_last_login_is_meant_when_none_is_named(tmp_path):
    config = load_config(environ=logged_in(tmp_path))
    assert (config.server_url, config.configured, config.server_source) == (THERE, True, "login")
    assert bearer(config) == "Bearer agent-token"
    assert (
        config.key_source == f"login of ci, in {config.logins.folder}/agent-https-hitl.example.com-443.json"
    )


def test_a_named_server_wins_over_the_one_of_the_login_which_does_not_open_it(tmp_path):
    environ = logged_in(tmp_path) | {"HITL_SERVER_URL": "https://other.example.com"}
    config = load_config(environ=environ)
    assert config.server_url == "https://other.example.com"
    assert not config.has_credential


def test_a_key_wins_over_a_login(tmp_path):
    environ = logged_in(tmp_path)
    assert bearer(load_config(environ=environ | {"HITL_API_KEY": "hitla_env"})) == "Bearer hitla_env"
    assert bearer(load_config(None, "hitla_arg", environ=environ)) == "Bearer hitla_arg"


def test_a_login_wins_over_the_key_of_this_machines_user(folder):
    environ = logged_in(folder, "http://localhost:4485", named=False) | {
        "HITL_SERVER_URL": "http://localhost:4485"
    }
    assert bearer(load_config(environ=environ)) == "Bearer agent-token"


def test_without_a_login_the_key_of_this_machines_user_stays(folder):
    environ = logged_in(folder, named=False)
    assert load_config(environ=environ).api_key == "hitla_local"


def test_a_login_at_the_usual_port_goes_to_nobody_else_who_listens_there(folder):
    environ = logged_in(folder, "http://localhost:4485", named=False)
    config = load_config(environ=environ)
    assert config.login is not None
    with pytest.raises(ServerUnreachable):
        config.credential.headers_for(config.server_url)
    with pytest.raises(ServerUnreachable):
        config.credential.renewal_for(config.server_url)


def test_a_persons_sign_in_never_asks_and_an_agents_login_never_answers(tmp_path):
    environ = logged_in(tmp_path, identity=Identity.PERSON)
    assert not load_config(environ=environ).has_credential
    assert bearer(load_person(environ=environ)) == "Bearer person-token"
    assert not load_person(environ=logged_in(tmp_path / "b")).has_credential


def test_no_key_of_an_agent_is_a_persons(folder):
    environ = {"HITL_DATA_DIR": str(folder), "HITL_CONFIG_DIR": str(folder), "HITL_API_KEY": "hitla_env"}
    assert not load_person(environ=environ).has_credential
