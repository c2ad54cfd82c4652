"""An operating system's keyring, for machines that have none: a folder, and a file that says it is locked."""

from __future__ import annotations

import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError


class FolderKeyring(KeyringBackend):
    """Keeps each text in a file of the folder that KEYRING_FOLDER names, as long as that is open."""

    priority = 5  # type: ignore[assignment]  # the library computes it for some

    @property
    def _folder(self) -> Path:
        folder = Path(os.environ["KEYRING_FOLDER"])
        if (folder / "locked").exists():
            raise KeyringLocked("Nobody unlocked it")
        return folder

    def get_password(self, service: str, username: str) -> str | None:
        path = self._path(service, username)
        return path.read_text() if path.exists() else None

    def set_password(self, service: str, username: str, password: str) -> None:
        self._path(service, username).write_text(password)

    def delete_password(self, service: str, username: str) -> None:
        path = self._path(service, username)
        if not path.exists():
            raise PasswordDeleteError("There is none")
        path.unlink()

    def _path(self, service: str, username: str) -> Path:
        return self._folder / f"{service} {username}".replace("/", "|")
