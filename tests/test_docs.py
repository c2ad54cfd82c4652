"""The documents are true: complete, fresh, connected, and their examples run as printed."""

from __future__ import annotations

import re
import socket
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from scripts.reference import pages

from openhitl import errors
from openhitl.protocol.lifecycle import TRANSITIONS
from openhitl.server.openapi import openapi_document
from openhitl.settings import PREFIX, Settings
from tests.examples import CHECKOUT, blocks, documents, run_python, run_shell, started
from tests.servers import RunningServer, running

REFERENCE = CHECKOUT / "docs" / "reference"
FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
MAX_TARGETS = 10

PYTHON_EXAMPLES = [
    (document, index)
    for document in (
        "docs/tutorial.md",
        "docs/how-to/ask-from-python.md",
        "docs/how-to/teach-your-agent-hitl.md",
        "docs/how-to/ask-in-rounds.md",
        "docs/how-to/verify-a-receipt.md",
        "docs/how-to/move-from-hitl-cli.md",
    )
    for index in range(len(blocks(document, "python")))
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running(tmp_path_factory.mktemp("docs")) as server:
        yield server


def reference(name: str) -> str:
    return (REFERENCE / name).read_text(encoding="utf-8")


def test_the_reference_is_what_the_code_says_today() -> None:
    """If this fails, run `make docs`."""
    assert {path.name: path.read_text(encoding="utf-8") for path in REFERENCE.iterdir()} == pages()


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented(name: str) -> None:
    assert f"`{PREFIX}{name.upper()}`" in reference("settings.md")
    assert Settings.model_fields[name].description


@pytest.mark.parametrize("code", sorted({one.code for one in vars(errors).values() if isinstance(one, type)}))
def test_every_error_code_is_documented(code: str) -> None:
    assert f"`{code}`" in reference("errors.md")


def test_every_route_is_documented() -> None:
    paths = openapi_document("")["paths"]
    routes = [f"`{method.upper()} {path}`" for path, methods in paths.items() for method in methods]
    assert len(routes) > 10
    assert [route for route in routes if route not in reference("http.md")] == []


def test_every_transition_is_drawn() -> None:
    drawn = reference("lifecycle.md")
    missing = [edge for edge in TRANSITIONS if f"{edge[0]} --> {TRANSITIONS[edge]}: {edge[1]}\n" not in drawn]
    assert missing == []


@pytest.mark.parametrize("document", documents(), ids=lambda path: path.relative_to(CHECKOUT).as_posix())
def test_links_lead_somewhere(document: Path) -> None:
    prose = FENCED.sub("", document.read_text(encoding="utf-8"))
    dead = [target for target in LINK.findall(prose) if not leads_somewhere(document, target)]
    assert dead == []


def leads_somewhere(document: Path, target: str) -> bool:
    if target.startswith("https://"):
        return True
    name, _, anchor = target.partition("#")
    path = (document.parent / name) if name else document
    if not path.exists() or not path.resolve().is_relative_to(CHECKOUT.resolve()):
        return False
    return not anchor or anchor in anchors(path)


def anchors(path: Path) -> set[str]:
    """Spell headings as the addresses that Markdown viewers give them."""
    headings = HEADING.findall(FENCED.sub("", path.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_readme_example_runs_as_printed(server: RunningServer, tmp_path: Path) -> None:
    example, *_ = blocks("README.md", "python")  # the other one is a service: tests/service
    assert len(example.splitlines()) <= 10
    finished = run_python(example, server, tmp_path)
    assert (finished.code, finished.lines[-1]) == (0, "deploying"), finished.output


@pytest.mark.parametrize(("document", "index"), PYTHON_EXAMPLES)
def test_python_examples_run(document: str, index: int, server: RunningServer, tmp_path: Path) -> None:
    finished = run_python(blocks(document, "python")[index], server, tmp_path)
    assert finished.code == 0, finished.output


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("docs/tutorial.md", ["deploying"]),
        ("docs/how-to/ask-from-a-shell-script.md", ["deploying to Staging", "releasing Heron", "deleting"]),
        ("docs/how-to/verify-a-receipt.md", ["checked  action     confirm", "said     surface    page"]),
        ("docs/how-to/ask-in-rounds.md", ['"Warmer, please."', "true", "2"]),
        ("docs/how-to/ask-over-http.md", ['  "status": "completed",', "event: review.completed", "confirm"]),
    ],
)
def test_shell_examples_run(document: str, said: list[str], server: RunningServer, tmp_path: Path) -> None:
    finished = run_shell(blocks(document, "sh"), server, tmp_path)
    assert finished.code == 0, finished.output
    assert [line for line in said if line not in finished.lines] == [], finished.output


def test_a_passkey_is_asked_for_as_printed(tmp_path: Path) -> None:
    document = "docs/how-to/ask-for-a-passkey.md"
    linking, listing, asking = blocks(document, "sh")
    with running(tmp_path / "data") as server:
        here = f'export HITL_DATA_DIR="{tmp_path}/data"'
        linked = run_shell([here, linking], server, tmp_path)
        assert linked.lines[0].startswith(f"{server.url}/passkey?token=hitlk_"), linked.output
        asked = run_shell([asking], server, tmp_path)
        assert (asked.code, asked.lines) == (0, ["required"]), asked.output
        revoked = run_shell([here, listing], server, tmp_path)
        assert revoked.lines[0].startswith("There is no passkey yet."), revoked.output
        assert "There is no passkey 3" in revoked.output


def test_the_audit_log_is_verified_as_printed(tmp_path: Path) -> None:
    [exporting] = blocks("docs/how-to/verify-the-audit-log.md", "sh")
    with running(tmp_path / "data") as server:
        server.ask({"type": "confirmation", "prompt": "Go?"})
        finished = run_shell([f'export HITL_DATA_DIR="{tmp_path}/data"', exporting], server, tmp_path)
    assert finished.code == 0, finished.output
    whole, _, _, agrees = finished.lines[-4:]
    assert whole.startswith("whole    positions 1 to "), finished.output
    assert agrees.startswith("agrees   the checkpoint of "), finished.output


def test_the_callback_example_runs_as_printed(tmp_path: Path) -> None:
    document = "docs/how-to/be-called-back.md"
    (receiver,) = blocks(document, "python")
    asking, telling = blocks(document, "sh")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    with running(tmp_path / "data", private_networks="127.0.0.0/8") as server:
        secret = run_shell([telling], server, tmp_path).lines[-1]
        with started(receiver, server, tmp_path, PORT=port, CALLBACK_SECRET=secret) as told:
            asked = run_shell([f"CALLBACK_URL=http://127.0.0.1:{port}/hook", asking], server, tmp_path)
            assert asked.code == 0, asked.output
            assert told.readline().startswith("review.completed review_")


def test_the_makefile_is_short_and_continuous_integration_calls_nothing_else() -> None:
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    targets = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert targets
    assert len(targets[1].split()) <= MAX_TARGETS
    run = (CHECKOUT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert [line for line in run if re.search(r"\bmake\b|python|pytest", line)] == ["exec make test"]


def test_news_fragments_are_of_a_known_kind() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    kinds = {kind["directory"] for kind in project["tool"]["towncrier"]["type"]}
    name = re.compile(rf"\d+(-[a-z]+)?\.({'|'.join(kinds)})\.md")
    assert [path.name for path in (CHECKOUT / "changes").iterdir() if not name.fullmatch(path.name)] == []


def test_locks_name_no_index() -> None:
    for name in ("requirements.lock", "requirements-dev.lock", "tests/dropin/requirements.txt"):
        assert "://" not in (CHECKOUT / name).read_text(encoding="utf-8")
