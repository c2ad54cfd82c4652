"""Server processes: started on a core of their own, and what they cost."""

from __future__ import annotations

import os
import random
import resource
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

PORTS = (20_000, 30_000)
START_SECONDS = 30.0
STOP_SECONDS = 15.0
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_KIB = os.sysconf("SC_PAGE_SIZE") // 1024


class Server:
    """One server process, alone on its core. `port` is where it listens on 127.0.0.1."""

    def __init__(
        self, command: Sequence[str], *, core: int, port: int, env: Mapping[str, str], log: Path
    ) -> None:
        self.port = port
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command, env=env, stdout=output, stderr=output, stdin=subprocess.DEVNULL
            )
        os.sched_setaffinity(self._process.pid, {core})
        self._wait_until_it_listens()

    def _wait_until_it_listens(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"the server did not start:\n{self._log.read_text(errors='replace')[-2000:]}")

    def cpu_seconds(self) -> float:
        """Return the user and system time of all its threads so far, to 1/100 s."""
        # The name in parentheses may hold spaces; fields are counted after it. proc_pid_stat(5)
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND

    def memory_kib(self) -> int:
        """Return the resident memory."""
        return int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]) * _PAGE_KIB

    def stop(self) -> None:
        """End the process, by force if it does not go."""
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def free_port() -> int:
    """Return a port of 127.0.0.1 that was free a moment ago.

    Not one that the system gives out by itself: another program could be given it meanwhile.
    """
    while True:
        port = random.randrange(*PORTS)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def share_cores() -> int:
    """Keep this process, which makes the load, to one core, and return another one for the servers.

    Raises: RuntimeError if there is only one.
    """
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise RuntimeError("the benchmark needs two cores: one for the server, one for the load")
    os.sched_setaffinity(0, {cores[1]})
    return cores[0]


def raise_file_limit() -> int:
    """Allow this process and its children as many open files as the system lets them; say how many."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
