"""The examples of the documents: found as printed, run for real, with a human who answers them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tests.servers import RunningServer

CHECKOUT = Path(__file__).parent.parent
LIMIT_SECONDS = 60.0

_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_REVIEW_URL = re.compile(r"https?://\S+/review/(\w+)\?token=[\w-]+")
#: What the human answers to a field, by its type.
_WORDS: Mapping[str, Any] = {"date": "2026-05-31", "boolean": True}
#: What the human answers to a newsletter that is shown for the first time.
CHANGES = {"action": "edit", "data": {"feedback": "Warmer, please."}}

#: In a path with spaces scripts cannot be started by name; users have none, or a better place.
PRELUDE = f"""set -eu
hitl() {{ "{sys.executable}" -m openhitl.cli "$@"; }}
"""


@dataclass(frozen=True)
class Finished:
    """How an example ended. `output` is standard output and standard error as a terminal shows them."""

    code: int
    output: str

    @property
    def lines(self) -> list[str]:
        return self.output.splitlines()


def documents() -> list[Path]:
    """Find every document of the project."""
    return [*sorted(CHECKOUT.glob("*.md")), *sorted((CHECKOUT / "docs").rglob("*.md"))]


def blocks(document: str, language: str) -> list[str]:
    """Find the fenced blocks of a language in a document, in order."""
    text = (CHECKOUT / document).read_text(encoding="utf-8")
    return [block for name, block in _FENCE.findall(text) if name == language]


def run_python(example: str, server: RunningServer, folder: Path) -> Finished:
    """Run a Python example as a program of its own."""
    path = folder / "example.py"
    path.write_text(example, encoding="utf-8")
    return _run([sys.executable, str(path)], server, folder)


@contextmanager
def started(example: str, server: RunningServer, folder: Path, **more: str) -> Iterator[IO[str]]:
    """Run a Python example that has no end for as long as this is entered; give what it prints."""
    path = folder / "started.py"
    path.write_text(example, encoding="utf-8")
    environment = {**_environment(server, folder), **more}
    command = [sys.executable, str(path)]
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
        limit = threading.Timer(LIMIT_SECONDS, process.kill)
        limit.start()
        try:
            assert process.stdout is not None
            yield process.stdout
        finally:
            limit.cancel()
            process.kill()


def run_shell(examples: Sequence[str], server: RunningServer, folder: Path) -> Finished:
    """Run shell examples as one script, in their order."""
    return _run(["bash", "-c", PRELUDE + "\n".join(examples)], server, folder)


def _run(command: Sequence[str], server: RunningServer, folder: Path) -> Finished:
    with subprocess.Popen(
        command,
        cwd=folder,
        env=_environment(server, folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        limit = threading.Timer(LIMIT_SECONDS, process.kill)
        limit.start()
        try:
            output = "".join(_answered(process.stdout or [], server))
        finally:
            limit.cancel()
    return Finished(process.returncode, output)


def _environment(server: RunningServer, folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HITL_")}
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        kept.pop(name, None)
    return {
        **kept,
        "HITL_SERVER_URL": server.url,
        "HITL_API_KEY": server.agent_key,
        "SERVICE_KEY": server.service_key,
        "PYTHONUNBUFFERED": "1",
        "XDG_STATE_HOME": str(folder / "state"),
    }


def _answered(lines: Iterator[str] | list[str], server: RunningServer) -> Iterator[str]:
    """Pass lines on, and answer every case whose address appears in them."""
    seen = set()
    for line in lines:
        yield line
        for match in _REVIEW_URL.finditer(line):
            if match[1] not in seen:
                seen.add(match[1])
                _answer(match[0], match[1], server)


def _answer(review_url: str, case_id: str, server: RunningServer) -> None:
    view = server.agent.get(f"/api/v1/reviews/{case_id}").json()
    address = review_url.replace("/review/", "/reviews/").replace("?", "/respond?")
    is_draft = "Newsletter" in str(view["context"]) and view["previous_case_id"] is None
    answer = CHANGES if is_draft else _answer_to(view["type"], view["context"])
    response = server.anyone.post(address, json=answer)
    assert response.status_code == 200, response.text


def _answer_to(review_type: str, context: Mapping[str, Any]) -> dict[str, Any]:
    match review_type:
        case "selection":
            chosen = [item["id"] for item in context["items"]]
            return {"action": "select", "data": {"selected": chosen[: context.get("min", 1)]}}
        case "input":
            fields = context["form"]["fields"]
            data = {field["key"]: _WORDS.get(field["type"], "Heron") for field in fields}
            return {"action": "submit", "data": data}
        case _:
            yes = {"approval": "approve", "confirmation": "confirm", "escalation": "retry"}
            return {"action": yes[review_type], "data": {}}
