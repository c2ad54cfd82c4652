"""Logins that nobody answers, and what is said on a terminal meanwhile."""

import io
from datetime import timedelta

import pytest

from openhitl.cli.logging_in import Wish, log_in, say_code
from openhitl.cli.terminal import Terminal
from openhitl.client.config import find_server
from openhitl.client.oauth import DeviceCode
from openhitl.errors import LoginRefused
from tests.client.authority import authority


class Tty(io.StringIO):
    """What a program takes for a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def server():
    with authority() as server:
        yield server


@pytest.mark.parametrize(("device", "other"), [(False, "hitl login --device"), (True, "hitl login")])
def test_a_login_that_nobody_answers_ends_with_another_way(server, tmp_path, device, other):
    config = find_server(server.url, environ={"HITL_CONFIG_DIR": str(tmp_path / "logins")})
    wish = Wish(agent_name="ci", device=device, opens=False, wait=timedelta(0))
    with pytest.raises(LoginRefused, match="Nobody said yes") as caught:
        log_in(config, wish, Terminal(io.StringIO()))
    assert f"`{other}`" in caught.value.hint
    assert server.count("/token") == 0


@pytest.mark.parametrize(
    ("site", "draws"), [("https://hitl.example.com", True), ("http://localhost:4485", False)]
)
def test_a_qr_code_is_drawn_where_a_phone_gets_there(site, draws):
    screen = Tty()
    code = DeviceCode(
        device_code="d",
        user_code="WDJB-\x1bMJHT",
        verification_url=f"{site}/device",
        complete_url=f"{site}/device?user_code=WDJB-MJHT",
        interval_seconds=5,
        lifetime=timedelta(minutes=10),
    )
    say_code(Terminal(screen, {"TERM": "xterm"}), code)
    assert f"\n  {site}/device\n" in screen.getvalue()
    assert "\x1bMJHT" not in screen.getvalue()
    assert ("█" in screen.getvalue()) is draws
