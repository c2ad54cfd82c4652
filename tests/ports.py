"""Ports that documents name, so that tests cannot choose others: for one test run at a time."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def reserved_ports() -> Iterator[None]:
    """Wait for whoever has the ports 3456 to 3459, in another process of this run perhaps."""
    path = Path(tempfile.gettempdir()) / f"openhitl-tests-ports-{os.getuid()}.lock"
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
