"""Somebody else on this machine listens where our server would. Design: the trust boundary is the OS user."""

from __future__ import annotations

import pytest

from openhitl import SyncHITL
from openhitl.errors import ServerUnreachable
from tests.cli.programs import Programs
from tests.outbound.origin import serving


@pytest.mark.anyio
@pytest.mark.parametrize("command", [["request", "--prompt", "Deploy?", "--no-open"], ["list"]])
async def test_no_command_tells_a_stranger_on_the_port_anything(tmp_path, command):
    with serving() as stranger:
        programs = Programs(tmp_path, {"HITL_PORT": str(stranger.port)})
        made = await programs.run("admin", "new-key", "crawler")
        assert made.code == 0
        done = await programs.run(*command)
        assert done.code == 1
        assert f"Cannot listen on 127.0.0.1:{stranger.port}" in done.err
    assert stranger.seen == []


def test_the_sdk_tells_a_stranger_on_the_port_nothing(tmp_path, monkeypatch):
    (tmp_path / "local.key").write_text("hitla_" + "x" * 43)
    with serving() as stranger:
        for name, value in (("HITL_PORT", str(stranger.port)), ("HITL_DATA_DIR", str(tmp_path))):
            monkeypatch.setenv(name, value)
        for name in ("HITL_SERVER_URL", "HITL_API_KEY"):
            monkeypatch.delenv(name, raising=False)
        with SyncHITL() as hitl, pytest.raises(ServerUnreachable):
            hitl.look_up("review_x")
    assert stranger.seen == []
