"""A JSON object in a file of mode 0600, and for secrets the keyring that is tried before it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from openhitl.client.origins import origin_of
from openhitl.client.private_files import locked, make_private, read_private, replace_private
from openhitl.client.vaults import system_vault
from openhitl.errors import SetupError

VERSION = 1


def place_of(server_url: str) -> str:
    """Spell a server's origin so that a file can be called by it."""
    scheme, host, port = origin_of(server_url)
    return quote(f"{scheme}-{host}-{port}", safe="")


class KeptFile:
    """One file. Every method raises SetupError if it cannot be used.

    Args:
        wrong: what to say of a file that holds something else; its path follows.
        hint: what to do about that.
    """

    def __init__(self, path: Path, *, wrong: str, hint: str) -> None:
        self.path = path
        self._wrong = wrong
        self._hint = hint

    def read(self) -> Mapping[str, Any] | None:
        """Return what is kept; None if there is no file."""
        try:
            if not self.path.is_file():
                return None
            record = json.loads(read_private(self.path))
        except OSError as error:
            raise self._unusable(error) from error
        except ValueError as error:
            raise self.wrong() from error
        if not isinstance(record, dict):
            raise self.wrong()
        return record

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Keep other processes out meanwhile; the folder is there then."""
        try:
            make_private(self.path.parent)
            with locked(self.path.with_suffix(".lock")):
                yield
        except OSError as error:
            raise self._unusable(error) from error

    def write(self, record: Mapping[str, Any], *, indent: int | None = None) -> None:
        """Keep this instead, while `changing`."""
        replace_private(self.path, json.dumps({"v": VERSION, **record}, indent=indent).encode())

    def write_secret(self, name: str, secret: str, record: Mapping[str, Any]) -> None:
        """Keep a secret in the keyring under a name, or else, as `record`, here; while `changing`."""
        vault = system_vault()
        is_in_keyring = vault is not None and vault.put(name, secret)
        self.write({"kept": "keyring"} if is_in_keyring else record)

    def wrong(self) -> SetupError:
        """Say that something else is kept than what should be."""
        return SetupError(f"{self._wrong}: {self.path}.", hint=self._hint)

    def _unusable(self, error: OSError) -> SetupError:
        return SetupError(
            f"{error.filename or self.path}: {error.strerror or error}.",
            hint="Set HITL_CONFIG_DIR to a folder of yours.",
        )
