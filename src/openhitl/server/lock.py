"""Who serves a data folder: a lock that the kernel releases, however the process ends."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from types import TracebackType

LOCK_NAME = "server.lock"


class ServerLock:
    """Holds `server.lock` of a data folder while it is entered, if nobody else does.

    The file says `{"url": …, "pid": …}` of the holder. `held` tells whether it is us.
    """

    def __init__(self, data_dir: Path, url: str) -> None:
        self._path = data_dir / LOCK_NAME
        self._url = url
        self._descriptor = -1
        self.held = False

    def __enter__(self) -> ServerLock:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return self
        self.held = True
        self.announce(self._url)
        return self

    def announce(self, url: str) -> None:
        """Write where this process serves."""
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, json.dumps({"url": url, "pid": os.getpid()}).encode(), 0)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.held:
            os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)

    def holder(self) -> str | None:
        """Return the URL that the holder has written; None while it has not."""
        try:
            written = json.loads(self._path.read_text())
            return str(written["url"])
        except (OSError, ValueError, TypeError, KeyError):
            return None
