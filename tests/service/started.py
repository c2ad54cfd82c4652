"""The example services, started as their readers start them."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from examples.services.__main__ import PORTS

from tests.door.test_curl_lines import shell
from tests.examples import CHECKOUT
from tests.ports import reserved_ports


@contextmanager
def example_services(*names: str) -> Iterator[None]:
    """Run them, by the one command, for as long as this is entered."""
    with reserved_ports():
        process = subprocess.Popen([sys.executable, "-m", "examples.services", *names], cwd=CHECKOUT)
        try:
            for name in names:
                well_known = f"http://localhost:{PORTS[name]}/.well-known/hitl.json"
                shell(f"curl -s --retry 60 --retry-delay 1 --retry-connrefused {well_known}")
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
