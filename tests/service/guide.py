"""The examples of the documents, run as they are printed and started as they say."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx2

from tests.door.test_curl_lines import shell
from tests.service.hosts import SECRET, free_port

#: The programs that the documents start, and how to tell them a port.
PROGRAMS: Mapping[str, tuple[str, str]] = {
    "uvicorn": ("uvicorn", "--port={}"),
    "gunicorn": ("gunicorn", "--bind=localhost:{}"),
    "waitress-serve": ("waitress", "--listen=localhost:{}"),
}


@dataclass(frozen=True)
class Started:
    """A program under test: a client, and what it prints."""

    client: httpx2.Client
    output: IO[str]


@contextmanager
def started(example: str, command: str, folder: Path, **more: str) -> Iterator[Started]:
    """Write an example to shop.py and run a document's command, as long as this is entered."""
    (folder / "shop.py").write_text(example, encoding="utf-8")
    port = free_port()
    name, *arguments = command.split()
    module, listening = PROGRAMS[name]
    base_url = f"http://localhost:{port}"
    environment = {
        "BASE_URL": base_url,
        "HITL_SECRET": SECRET,
        "HOME": str(folder),
        "PATH": "/bin:/usr/bin",
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(folder),
        **more,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", module, listening.format(port), *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        shell(f"curl -s --retry 60 --retry-delay 1 --retry-connrefused {base_url}/hitl/.well-known/hitl.json")
        with httpx2.Client(base_url=base_url, timeout=20, trust_env=False) as client:
            assert process.stdout is not None
            yield Started(client, process.stdout)
    finally:
        process.terminate()
        process.communicate(timeout=30)
