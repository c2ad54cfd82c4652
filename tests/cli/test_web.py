"""`hitl web`, as the program is started."""

from __future__ import annotations

import httpx2
import pytest

from openhitl.cli.gateway.serving import bind
from openhitl.review.pages.assets import asset_name
from tests.gateways import Answer, stand_in
from tests.servers import running

pytestmark = pytest.mark.anyio


async def test_the_inbox_of_a_server_is_shown_on_this_machine(alone, tmp_path):
    with running(tmp_path / "server") as server:
        async with alone.start("web", "--server", server.url, "--port", "0", "--no-open") as program:
            said = await program.says("Ctrl+C ends this")
            address = program.out.strip()
            assert address.startswith("http://127.0.0.1:")
            assert address.endswith("/inbox")
            site = address.removesuffix("/inbox")
            assert f"{site}/pair" in said
            assert f"with {site} in the place of {server.url}." in said
            assert "A passkey works at the server's own address only" in said
            async with httpx2.AsyncClient(trust_env=False) as browser:
                page = await browser.get(address, headers={"accept": "text/html"})
                assert page.headers["location"].startswith(f"{site}/sign-in?")
                style = await browser.get(f"{site}/static/{asset_name('page.css')}")
                assert style.status_code == 200
                gone = await browser.get(f"{site}/static/page.000000000000.css")
                assert gone.status_code == 404
            said = await program.says("another page than that of")
            assert "until both are of one version" in said
            program.interrupt()
            done = await program.ends()
    assert "Traceback" not in done.err


async def test_a_port_is_claimed_by_the_server_that_was_shown_there(alone):
    claims = alone.home / ".config" / "openhitl"
    with bind(0) as free:
        port = str(free.getsockname()[1])
    typo = await alone.run("web", "--server", f"http://127.0.0.1:{port}", "--port", "0", "--no-open")
    assert (typo.code, list(claims.glob("web-*"))) == (1, [])
    with stand_in() as server, stand_in() as other:
        for one in (server, other):
            one.answers["/sign-in"] = Answer(b"Sign in")
        async with alone.start("web", "--server", server.url, "--port", "0", "--no-open") as program:
            await program.says("Ctrl+C ends this")
            port = program.out.strip().removesuffix("/inbox").rpartition(":")[2]
            program.interrupt()
            await program.ends()
        (claim,) = claims.glob("web-*.json")
        assert claim.name == f"web-{port}.json"
        refused = await alone.run("web", "--server", other.url, "--port", port, "--no-open")
    assert refused.code == 1
    assert f"Port {port} has shown {server.url} before" in refused.err
    assert f"delete {claim}" in refused.err


async def test_a_server_of_another_version_is_said_at_the_start(alone):
    with stand_in() as server:
        server.answers["/sign-in"] = Answer(b'<link href="/static/page.000000000000.css">')
        server.answers["/openapi.json"] = Answer(b'{"info": {"version": "9.1.0"}}')
        done = await alone.run("web", "--server", server.url, "--port", "0", "--no-open")
    assert (done.code, done.out) == (1, "")
    assert "it runs 9.1.0, this is " in done.err
    assert "hint: Install its version here" in done.err


@pytest.mark.parametrize(
    ("options", "why"),
    [((), "No server was named"), (("--server", "http://192.0.2.1"), "the server needs https")],
)
async def test_what_is_no_server_of_yours_is_refused(alone, options, why):
    done = await alone.run("web", "--no-open", *options)
    assert done.code == 1
    assert why in done.err
