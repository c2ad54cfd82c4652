"""The keyring of the operating system, loaded when somebody's login lies in it or shall."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any, Protocol

from openhitl.errors import SetupError

SERVICE = "openhitl"


class Vault(Protocol):
    """Keeps short secret texts by name."""

    @property
    def title(self) -> str:
        """What people call it."""
        ...

    def get(self, name: str) -> str | None:
        """Return a text; None if there is none. Raises: SetupError if it stays locked."""
        ...

    def put(self, name: str, text: str) -> bool:
        """Keep a text; False if that cannot be."""
        ...

    def drop(self, name: str) -> None:
        """Forget a text, if it is there. Raises: SetupError if it stays locked."""
        ...


def system_vault() -> Vault | None:
    """Return the keyring that this system has; None without one.

    One that its own makers do not recommend, such as a plain file, is none.
    """
    library = import_module("keyring")
    core = import_module("keyring.core")
    found = library.get_keyring()
    return _Keyring(library, found) if core.recommended(found) else None


class _Keyring:
    def __init__(self, library: ModuleType, keyring: Any) -> None:
        self._library = library
        self._keyring = keyring

    @property
    def title(self) -> str:
        return {"darwin": "the macOS keychain", "win32": "Windows' credential manager"}.get(
            sys.platform, "your desktop's keyring"
        )

    def get(self, name: str) -> str | None:
        try:
            text = self._keyring.get_password(SERVICE, name)
        except self._library.errors.KeyringError as error:
            raise _locked(error) from error
        return None if text is None else str(text)

    def put(self, name: str, text: str) -> bool:
        try:
            self._keyring.set_password(SERVICE, name, text)
        except self._library.errors.KeyringError:
            return False
        return True

    def drop(self, name: str) -> None:
        try:
            self._keyring.delete_password(SERVICE, name)
        except self._library.errors.PasswordDeleteError:
            return
        except self._library.errors.KeyringError as error:
            raise _locked(error) from error


def _locked(error: Exception) -> SetupError:
    return SetupError(
        f"This system's keyring does not open: {error}.",
        hint="Unlock it; or set HITL_API_KEY for this command.",
    )
