"""Ports that documents name, so that tests cannot choose others: for one test run at a time."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def reserved_ports(whose: str = "services") -> Iterator[None]:
    """Wait for whoever has these ports, in another process of this run perhaps.

    `services` are 3456 to 3459, of the guides; `older client` is 8080, where hitl-cli 1.2.1 waits.
    """
    name = f"openhitl-tests-ports-{whose.replace(' ', '-')}-{os.getuid()}.lock"
    path = Path(tempfile.gettempdir()) / name
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
