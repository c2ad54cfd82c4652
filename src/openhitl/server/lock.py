"""Who serves a data folder: a lock that the kernel releases, however the process ends."""

from __future__ import annotations

import fcntl
import json
import os
import time
from pathlib import Path
from types import TracebackType
from typing import IO

from openhitl.keyring import private_folder, unusable

LOCK_NAME = "server.lock"
#: For how long a lock is asked for again that others may only be looking at.
LOOKING_SECONDS = 0.5
PAUSE_SECONDS = 0.005


class ServerLock:
    """Holds `server.lock` of a data folder while it is entered, if nobody else does.

    The file says `{"url": …, "pid": …}` of the holder. `held` tells whether it is us.
    Raises on entering: SetupError for a folder that cannot be used.
    """

    def __init__(self, data_dir: Path, url: str) -> None:
        self._path = data_dir / LOCK_NAME
        self._url = url
        self._descriptor = -1
        self.held = False

    def __enter__(self) -> ServerLock:
        private_folder(self._path.parent)
        try:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise unusable(self._path.parent, error) from error
        self.held = self._take()
        if self.held:
            self.announce(self._url)
        return self

    def _take(self) -> bool:
        # Clients look whether it is held by asking for a share of it, for a moment.
        deadline = time.monotonic() + LOOKING_SECONDS
        while True:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    return False
                time.sleep(PAUSE_SECONDS)
            else:
                return True

    def announce(self, url: str) -> None:
        """Write where this process serves. Raises: SetupError, on a disk that is full."""
        try:
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, json.dumps({"url": url, "pid": os.getpid()}).encode(), 0)
        except OSError as error:
            raise unusable(self._path.parent, error) from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.held:
            os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)

    def holder(self) -> str | None:
        """Return the URL that the holder has written; None while it has not, and if there is no holder."""
        try:
            with self._path.open() as file:
                # One that was killed has left its URL behind, but not the lock.
                return str(json.loads(file.read())["url"]) if _is_held(file) else None
        except (OSError, ValueError, TypeError, KeyError):
            return None


def _is_held(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False
