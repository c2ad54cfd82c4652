"""`hitl serve`, `demo`, `admin`, `config`, `doctor`, `--version`: the programs around the server."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from openhitl import __version__
from openhitl.settings import Settings
from tests.cli.people import answer, review_urls

pytestmark = pytest.mark.anyio

#: In the order in which the demo asks.
ANSWERS = {
    "approval": ("approve", {}),
    "selection": ("select", {"selected": ["job_001"]}),
    "input": (
        "submit",
        {"salary_expectation": 98000, "start_date": "2026-05-01", "work_authorization": "citizen"},
    ),
    "confirmation": ("confirm", {}),
    "escalation": ("retry", {}),
}


def test_version_loads_no_library():
    program = (
        "import sys\n"
        "from openhitl.cli.__main__ import main\n"
        "sys.argv[:] = ['hitl', '--version']\n"
        "try: main()\n"
        "except SystemExit: print({'typer', 'httpx2', 'pydantic'} & set(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout == f"hitl {__version__}\nset()\n"


async def test_version_costs_at_most_twice_what_typer_does(alone):
    assert (await alone.run("--version")).out == f"hitl {__version__}\n"
    hitl = [str(Path(sys.executable).with_name("hitl")), "--version"]
    typer = [sys.executable, "-c", "import typer"]
    assert fastest(hitl) <= 2 * fastest(typer)


def fastest(command: list[str]) -> float:
    """Return the seconds of the fastest of a few runs: what it costs, not what else runs here."""
    times = []
    for _ in range(7):
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, env=dict(os.environ))
        times.append(time.perf_counter() - started)
    return min(times)


async def test_help_names_every_command(alone):
    done = await alone.run("--help")
    assert done.code == 0
    for name in ("admin", "config", "demo", "doctor", "list", "request", "serve", "show", "status"):
        assert f"\n  {name} " in done.out


async def test_serve_has_a_flag_for_every_setting(alone):
    done = await alone.run("serve", "--help")
    for name in Settings.model_fields:
        assert f"--{name.replace('_', '-')}" in done.out


async def test_serve_serves_until_it_is_interrupted(alone):
    async with alone.start("serve", "--port", "0", "--demo") as server:
        url = (await server.says("listens on")).split("listens on ")[1].split()[0]
        asking = {"HITL_SERVER_URL": url}
        async with alone.start("request", "--prompt", "Go?", "--type", "approval", **asking) as running:
            [page] = review_urls(await running.says("/review/"))
            await answer(page, "approve")
            assert (await running.ends()).out == "approve\n"
        server.interrupt()
        assert (await server.ends()).out == ""


async def test_a_key_from_admin_opens_the_server_and_stands_alone_on_stdout(alone):
    async with alone.start("serve", "--port", "0") as server:
        url = (await server.says("listens on")).split("listens on ")[1].split()[0]
        made = await alone.run("admin", "new-key", "crawler", "--kind", "service")
        assert made.code == 0
        assert made.out.startswith("hitlv_")
        asking = {"HITL_SERVER_URL": url, "HITL_API_KEY": made.out.strip()}
        assert (await alone.run("list", "--json", **asking)).out == "[]\n"
        refused = await alone.run("list", **{**asking, "HITL_API_KEY": "hitla_" + "x" * 43})
        assert refused.code == 1
        assert refused.err.startswith("error: ")
        assert "hint: `hitl login`" in refused.err
        assert "HITL_API_KEY" in refused.err


async def test_the_demo_asks_five_questions_and_prints_each_answer_at_once(alone):
    async with alone.start("demo", "--no-open", "--json") as running:
        printed = await running.says("/review/", times=5)
        for review_type, url in zip(ANSWERS, review_urls(printed), strict=True):
            action, data = ANSWERS[review_type]
            response = await answer(url, action, data)
            assert response.status_code == 200, response.text
            await running.says(f'"type": "{review_type}"', on="out")
        done = await running.ends()
    assert done.code == 0
    answers = [json.loads(line) for line in done.out.splitlines()]
    assert {one["type"]: one["action"] for one in answers} == {
        review_type: action for review_type, (action, _) in ANSWERS.items()
    }


async def test_the_demo_shows_no_sensitive_value_on_the_screen(alone):
    async with alone.start("demo", "--no-open") as running:
        form = review_urls(await running.says("/review/", times=5))[2]
        assert (await answer(form, *ANSWERS["input"])).status_code == 200
        printed = await running.says("input: submit", on="out")
        running.interrupt()
        assert (await running.ends()).code == 130
    assert "98000" not in printed
    assert "2026-05-01" in printed


@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_the_demo_takes_its_folder_along_however_it_is_ended(alone, tmp_path, way):
    folder = tmp_path / "temporary"
    folder.mkdir()
    async with alone.start("demo", "--no-open", TMPDIR=str(folder)) as running:
        await running.says("/review/", times=5)
        assert len(list(folder.glob("openhitl-demo-*"))) == 1
        running.interrupt(way)
        assert (await running.ends()).code == 130
    assert list(folder.glob("openhitl-demo-*")) == []


async def test_config_masks_secrets(alone):
    secrets = {
        "HITL_SECRET_KEY": "ab" * 32,
        "HITL_API_KEY": "hitla_mine",
        "HITL_DATABASE_URL": "postgresql://hitl:hunter2@db.example/hitl",
    }
    done = await alone.run("config", **secrets)
    assert done.code == 0
    for secret in ("ab" * 32, "hitla_mine", "hunter2"):
        assert secret not in done.out
    lines = {line["name"]: line for line in json.loads((await alone.run("config", "--json", **secrets)).out)}
    assert lines["HITL_PORT"] == {"name": "HITL_PORT", "value": 0, "source": "environment"}
    assert lines["HITL_HOST"] == {"name": "HITL_HOST", "value": "127.0.0.1", "source": "default"}


async def test_a_wrong_setting_is_named(alone):
    done = await alone.run("serve", HITL_BASE_URL="http://hitl.example.com")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: HITL_BASE_URL")
