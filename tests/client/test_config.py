"""Where a client finds its server and its key."""

import threading

import pytest

from openhitl.client.config import data_dir, load_config
from openhitl.errors import SetupError
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
