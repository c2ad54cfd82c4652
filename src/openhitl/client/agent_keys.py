"""The key (X25519) that this user's agents encrypt with. It is made when it is first needed.

It lies in the keyring of the operating system, or else in a file of mode 0600. Whoever comes from hitl-cli
keeps the key that that program has made.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from openhitl.client.private_files import locked, make_private, read_private, replace_private
from openhitl.client.vaults import Vault, system_vault
from openhitl.errors import SetupError

VERSION = 1
KEY_BYTES = 32
_NAME = "agent key"


class AgentKey:
    """The private key in a folder, or in the keyring. Every method raises SetupError.

    Args:
        older: the file in which hitl-cli keeps its key.
    """

    def __init__(self, folder: Path, *, older: Path | None = None) -> None:
        self._folder = folder
        self._path = folder / "agent-key.json"
        self._older = older if older is not None else _home_of_hitl_cli()

    def load(self) -> bytes:
        """Return the 32 bytes; made, or taken over from hitl-cli, if there are none yet."""
        found = self._find()
        if found is not None:
            return found
        try:
            make_private(self._folder)
            with locked(self._path.with_suffix(".lock")):
                found = self._find()  # another process may have been faster
                return found if found is not None else self._begin()
        except OSError as error:
            raise _unusable(self._path, error) from error

    def _find(self) -> bytes | None:
        record = _read(self._path)
        if record is None:
            return None
        if record.get("kept") == "keyring":
            text = _vault().get(_NAME)
            if text is None:
                raise SetupError(
                    "The agent's key lies in this system's keyring, which does not have it any more.",
                    hint=f"Delete {self._path} to begin with a new key; people see that it is another one.",
                )
            return _key(text, self._path)
        return _key(record.get("private_key"), self._path)

    def _begin(self) -> bytes:
        """Keep a key, and return it: what the keyring has (for another folder), hitl-cli's, or a new one."""
        vault = system_vault()
        text = vault.get(_NAME) if vault is not None else None
        if text is None:
            text = base64.b64encode(self._taken_over() or secrets.token_bytes(KEY_BYTES)).decode()
        record: dict[str, Any] = {"v": VERSION, "private_key": text}
        if vault is not None and vault.put(_NAME, text):
            record = {"v": VERSION, "kept": "keyring"}
        replace_private(self._path, json.dumps(record).encode())
        return _key(text, self._path)

    def _taken_over(self) -> bytes | None:
        record = _read(self._older) if self._older is not None else None
        return None if record is None or self._older is None else _key(record.get("private_key"), self._older)


def _home_of_hitl_cli() -> Path | None:
    try:
        return Path.home() / ".config" / "hitl-cli" / "agent.key"
    except RuntimeError:
        return None


def _vault() -> Vault:
    vault = system_vault()
    if vault is None:
        raise SetupError(
            "The agent's key lies in this system's keyring, which is not there now.", hint="Unlock it."
        )
    return vault


def _read(path: Path) -> Mapping[str, Any] | None:
    try:
        if not path.is_file():
            return None
        record = json.loads(read_private(path))
    except OSError as error:
        raise _unusable(path, error) from error
    except ValueError as error:
        raise _no_key(path) from error
    if not isinstance(record, dict):
        raise _no_key(path)
    return record


def _key(text: object, path: Path) -> bytes:
    try:
        key = base64.b64decode(str(text), validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise _no_key(path)
    return key


def _no_key(path: Path) -> SetupError:
    return SetupError(f"This is not an agent's key: {path}.", hint="Restore it, or delete it for a new key.")


def _unusable(path: Path, error: OSError) -> SetupError:
    return SetupError(
        f"{error.filename or path}: {error.strerror or error}.",
        hint="Set HITL_CONFIG_DIR to a folder of yours.",
    )
