"""`hitl serve` as a process of its own, to be stopped by signals and read by its output."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE_SECONDS = 60


class ServerProcess:
    """A running `hitl serve`. `said` is what it has written to stderr so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._lines: list[str] = []
        self._grew = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.url = self.says("listens on").split("listens on ")[1].split()[0]

    def _read(self) -> None:
        for line in self._process.stderr:
            with self._grew:
                self._lines.append(line)
                self._grew.notify_all()
        with self._grew:
            self._grew.notify_all()

    @property
    def said(self) -> str:
        return "".join(self._lines)

    def says(self, words: str) -> str:
        """Wait for a line with these words and return it."""
        with self._grew:
            found = self._grew.wait_for(
                lambda: any(words in line for line in self._lines) or self._process.poll() is not None,
                PATIENCE_SECONDS,
            )
        line = next((line for line in self._lines if words in line), None)
        assert found, f"never said {words!r}: {self.said}"
        assert line is not None, f"ended without saying {words!r}: {self.said}"
        return line

    def limit_files(self, size_bytes: int) -> None:
        """Let no file of the process grow past a size, as on a disk that is full; -1 lets all grow again."""
        _, hard = resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (size_bytes, hard))

    def terminate(self) -> float:
        """Send SIGTERM; return when, on the monotonic clock."""
        self._process.send_signal(signal.SIGTERM)
        return time.monotonic()

    def kill(self) -> None:
        """Send SIGKILL, and wait until it is gone."""
        self._process.kill()
        self._process.wait(PATIENCE_SECONDS)

    def ends(self) -> int:
        """Wait for the end; return the exit code."""
        code = self._process.wait(PATIENCE_SECONDS)
        self._reader.join(PATIENCE_SECONDS)
        return code


@contextmanager
def serving(data_dir: Path, **environment: str) -> Iterator[ServerProcess]:
    """Run `hitl serve` on a free port with nothing else of this machine's settings."""
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("hitl")), "serve"],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env={
            "PATH": os.defpath,
            "HOME": str(data_dir),
            "HITL_DATA_DIR": str(data_dir),
            "HITL_PORT": "0",
            "HITL_AGENT_RATE": "0",
            **environment,
        },
    )
    try:
        yield ServerProcess(process)
    finally:
        process.kill()
        process.wait(PATIENCE_SECONDS)
        process.stderr.close()
