"""Files for their owner alone, which appear as a whole or not at all."""

from __future__ import annotations

import os
import secrets
import shlex
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from openhitl.errors import SetupError

if sys.platform != "win32":
    import fcntl

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_private(folder: Path) -> None:
    """Make a folder for its owner alone, if it is not there. Raises: SetupError if it is open to others."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    check_private(folder)


def check_private(path: Path) -> None:
    """Refuse what others can read, or could have put there; a link too, wherever it leads.

    Raises: SetupError; FileNotFoundError.
    """
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode):
        raise SetupError(f"This must be no link: {path}.", hint="Move what it leads to here.")
    if os.name == "posix" and (found.st_uid != os.geteuid() or found.st_mode & _OTHERS):
        raise SetupError(
            f"This must belong to you alone: {path}.", hint=f"chmod go= {shlex.quote(str(path))}"
        )


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other processes of this user out meanwhile. Raises: OSError."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        if sys.platform != "win32":
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def read_private(path: Path) -> bytes:
    """Read a file of its owner alone. Raises: SetupError, OSError."""
    check_private(path)
    with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb") as file:
        return file.read()


def replace_private(path: Path, content: bytes) -> None:
    """Write a file so that it is there as a whole or as it was, whatever happens. Raises: OSError."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileNotFoundError):  # somebody deleted what we wanted to replace, and cleared up
            os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
