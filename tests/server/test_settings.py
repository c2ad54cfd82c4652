"""Settings: flag before environment before default; what is wrong is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from openhitl.errors import SetupError
from openhitl.settings import Settings, load_settings

SECRET = "0f" * 32


@pytest.fixture(autouse=True)
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


def test_a_flag_wins_over_the_environment_and_that_over_the_default(monkeypatch):
    assert load_settings().port == 4485
    monkeypatch.setenv("HITL_PORT", "5000")
    assert load_settings({"port": None}).port == 5000
    assert load_settings({"port": 6000}).port == 6000


def test_the_defaults_are_those_of_a_laptop(tmp_path):
    settings = load_settings()
    assert settings.public_url == "http://localhost:4485"
    assert settings.store_url == f"sqlite:///{tmp_path}/openhitl/openhitl.db"
    assert (settings.host, settings.demo, settings.allow_default_approve) == ("127.0.0.1", False, False)


def test_lists_may_have_spaces_and_origins_a_slash_at_their_end():
    settings = Settings(default_ref_origins=" https://API.example.com/ ,http://localhost:99,")
    assert settings.ref_origins == {"https://api.example.com", "http://localhost:99"}
    assert Settings(private_networks="10.0.0.0/8, fd00::/8,").networks == ["10.0.0.0/8", "fd00::/8"]
    assert Settings(trusted_proxies="127.0.0.1, fd00::/8,").proxies == ["127.0.0.1", "fd00::/8"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HITL_PORT", "eighty"),
        ("HITL_PORT", "65536"),
        ("HITL_PORT", "-1"),
        ("HITL_DEMO", "perhaps"),
        ("HITL_AGENT_RATE", "-5"),
        ("HITL_RETENTION_DAYS", "a month"),
        ("HITL_RETENTION_DAYS", "999999999"),
        ("HITL_DEFAULT_REF_ORIGINS", "api.example.com"),
        ("HITL_DEFAULT_REF_ORIGINS", "https://api.example.com, https://example.com/path"),
        ("HITL_DEFAULT_REF_ORIGINS", "https://alice@api.example.com"),
        ("HITL_TRUSTED_PROXIES", "proxy.example.com"),
        ("HITL_BASE_URL", "hitl.example.com"),
        ("HITL_BASE_URL", "http://hitl.example.com"),
        ("HITL_BASE_URL", "http://localhost.example.com"),
        ("HITL_BASE_URL", "http://localhost@example.com"),
        ("HITL_BASE_URL", "https://"),
        ("HITL_BASE_URL", "https://alice:secret@hitl.example.com"),
        ("HITL_BASE_URL", "https://hitl.example.com:99999"),
        ("HITL_BASE_URL", "https://hitl.example.com/?x=1"),
        ("HITL_BASE_URL", "https://hitl.example.com/#top"),
        ("HITL_BASE_URL", "https://hitl.example.com/a b"),
        ("HITL_BASE_URL", 'https://hitl.example.com/"onload='),
        ("HITL_BASE_URL", "ftp://localhost"),
        ("HITL_BASE_URL", "https://[::1"),
        ("HITL_WORLD_ID_RP_ID", "rp_../../v1"),
        ("HITL_WORLD_ID_ENVIRONMENT", "test"),
        ("HITL_WORLD_ID_API", "http://developer.world.org"),
        ("HITL_WORLD_ID_API", "https://developer.world.org/api"),
        ("HITL_WORLD_ID_API", "https://alice@developer.world.org"),
        ("HITL_WORLD_ID_API", "developer.world.org"),
    ],
)
def test_a_value_that_is_not_usable_is_named(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(SetupError) as caught:
        load_settings()
    assert caught.value.message.startswith(f"{name}: ")
    assert "secret" not in caught.value.message


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ("https://hitl.example.com/", "https://hitl.example.com"),
        ("https://hitl.example.com/team/hitl/", "https://hitl.example.com/team/hitl"),
        ("https://hitl.example.com:8443", "https://hitl.example.com:8443"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://127.0.0.1:8080/x", "http://127.0.0.1:8080/x"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_a_base_url_is_https_or_of_this_machine(monkeypatch, given, seen):
    """HITL v0.8 §13.3."""
    monkeypatch.setenv("HITL_BASE_URL", given)
    assert load_settings().public_url == seen


def test_everything_that_is_wrong_is_said_at_once(monkeypatch):
    monkeypatch.setenv("HITL_PORT", "eighty")
    monkeypatch.setenv("HITL_DEMO", "perhaps")
    with pytest.raises(SetupError, match=r"HITL_PORT: .*; HITL_DEMO: "):
        load_settings()


def test_a_misspelled_variable_is_refused_and_anothers_is_not_ours(monkeypatch):
    """Otherwise a server would quietly use another database than the one that was meant."""
    for name in ("HITL_SERVER_URL", "HITL_API_KEY", "HITL_API_KEY_FILE", "HITL_SERVICE_HOST"):
        monkeypatch.setenv(name, "x")
    load_settings()
    monkeypatch.setenv("HITL_DATABSE_URL", "postgresql://db.example/hitl")
    with pytest.raises(SetupError, match=r"HITL_DATABSE_URL: .*HITL_DATABASE_URL"):
        load_settings()


def test_a_setting_that_does_not_exist_is_refused():
    with pytest.raises(SetupError, match="HITL_COLOUR"):
        load_settings({"colour": "blue"})


def test_postgresql_needs_a_secret_of_its_own(monkeypatch):
    monkeypatch.setenv("HITL_DATABASE_URL", "postgresql://hitl:hunter2@db.example/hitl")
    with pytest.raises(SetupError, match="HITL_SECRET_KEY") as caught:
        load_settings()
    assert "hunter2" not in caught.value.message
    monkeypatch.setenv("HITL_SECRET_KEY", SECRET)
    assert load_settings().store_url == "postgresql://hitl:hunter2@db.example/hitl"


def test_any_variable_may_be_the_name_of_a_file(monkeypatch, tmp_path):
    for name, value in (("SECRET_KEY", SECRET), ("PORT", "5001"), ("DEMO", "true")):
        (tmp_path / name).write_text(f"{value}\n")
        monkeypatch.setenv(f"HITL_{name}_FILE", str(tmp_path / name))
    settings = load_settings()
    assert settings.secret_key.get_secret_value() == SECRET
    assert (settings.port, settings.demo) == (5001, True)
    monkeypatch.setenv("HITL_PORT", "5002")  # said twice: the nearer one counts
    assert load_settings().port == 5002
    assert load_settings({"port": 5003}).port == 5003


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_named(monkeypatch, tmp_path, content):
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("HITL_SECRET_KEY_FILE", str(path))
    with pytest.raises(SetupError, match="HITL_SECRET_KEY_FILE"):
        load_settings()


def test_a_secret_does_not_show_when_settings_are_printed():
    assert SECRET not in repr(Settings(secret_key=SECRET))


def test_settings_do_not_change():
    with pytest.raises(ValidationError):
        load_settings().port = 1


def test_world_id_is_set_up_by_its_rp_id(monkeypatch):
    with pytest.raises(SetupError, match="HITL_WORLD_ID_RP_ID is required"):
        load_settings({"world_id_app_id": "app_1"})
    monkeypatch.setenv("HITL_WORLD_ID_RP_ID", "rp_1")
    monkeypatch.setenv("HITL_WORLD_ID_SIGNING_KEY", "0x" + SECRET)
    settings = load_settings({"world_id_api": "http://localhost:99/"})
    assert settings.world_id_api == "http://localhost:99"
    assert SECRET not in repr(settings)


def test_a_signing_key_of_another_form_is_not_repeated(monkeypatch):
    monkeypatch.setenv("HITL_WORLD_ID_SIGNING_KEY", "canary")
    with pytest.raises(SetupError, match="HITL_WORLD_ID_SIGNING_KEY: must be 64") as refused:
        load_settings({"world_id_rp_id": "rp_1"})
    assert "canary" not in str(refused.value)


def test_single_sign_on_is_set_up_by_its_issuer():
    for alone in ({"oidc_client_id": "x"}, {"oidc_allow": "*"}, {"oidc_name": "Example ID"}):
        with pytest.raises(SetupError, match="HITL_OIDC_ISSUER"):
            load_settings(alone)
    with pytest.raises(SetupError, match="HITL_OIDC_CLIENT_ID"):
        load_settings({"oidc_issuer": "https://id.example.org"})
    given = {"oidc_issuer": "https://id.example.org/realms/a/", "oidc_client_id": "x"}
    settings = load_settings({**given, "oidc_allow": " Ada@example.org, example.net ,"})
    assert settings.oidc_issuer == "https://id.example.org/realms/a/", "exactly as it was spelt"
    assert settings.oidc_allowed == ["Ada@example.org", "example.net"]
    assert settings.oidc_label == "id.example.org"
    assert load_settings({**given, "oidc_name": "Example ID"}).oidc_label == "Example ID"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("oidc_issuer", "http://id.example.org"),
        ("oidc_issuer", "id.example.org"),
        ("oidc_issuer", "https://id.example.org?x"),
        ("oidc_issuer", "https://user@id.example.org"),
        ("oidc_allow", "**"),
        ("oidc_allow", "@example.org"),
        ("oidc_allow", "ada@"),
        ("oidc_allow", "a@b@example.org"),
        ("oidc_allow", "exämple.org"),
        ("oidc_name", "x" * 61),
    ],
)
def test_what_cannot_be_meant_of_single_sign_on_is_refused(name, value):
    given = {"oidc_issuer": "https://id.example.org", "oidc_client_id": "x", name: value}
    with pytest.raises(SetupError, match=f"HITL_{name.upper()}"):
        load_settings(given)
