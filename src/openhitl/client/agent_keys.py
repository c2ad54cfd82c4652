"""The key (X25519) that this user's agents encrypt with. It is made when it is first needed.

It lies in the keyring of the operating system, or else in a file of mode 0600. Whoever comes from hitl-cli
keeps the key that that program has made.
"""

from __future__ import annotations

import base64
import secrets
from pathlib import Path

from openhitl.client.kept_file import KeptFile
from openhitl.client.vaults import Vault, system_vault
from openhitl.errors import SetupError

KEY_BYTES = 32
_NAME = "agent key"


class AgentKey:
    """The private key in a folder, or in the keyring. Every method raises SetupError.

    Args:
        older: the file in which hitl-cli keeps its key.
    """

    def __init__(self, folder: Path, *, older: Path | None = None) -> None:
        self._file = _kept(folder / "agent-key.json")
        older = older if older is not None else _home_of_hitl_cli()
        self._older = None if older is None else _kept(older)

    def load(self) -> bytes:
        """Return the 32 bytes; made, or taken over from hitl-cli, if there are none yet."""
        found = self._find()
        if found is not None:
            return found
        with self._file.changing():
            found = self._find()  # another process may have been faster
            return found if found is not None else self._begin()

    def _find(self) -> bytes | None:
        record = self._file.read()
        if record is None:
            return None
        if record.get("kept") == "keyring":
            text = _vault().get(_NAME)
            if text is None:
                path = self._file.path
                raise SetupError(
                    "The agent's key lies in this system's keyring, which does not have it any more.",
                    hint=f"Delete {path} to begin with a new key; people see that it is another one.",
                )
            return _key(text, self._file)
        return _key(record.get("private_key"), self._file)

    def _begin(self) -> bytes:
        """Keep a key, and return it: what the keyring has (for another folder), hitl-cli's, or a new one."""
        vault = system_vault()
        text = vault.get(_NAME) if vault is not None else None
        if text is None:
            text = base64.b64encode(self._taken_over() or secrets.token_bytes(KEY_BYTES)).decode()
        self._file.write_secret(_NAME, text, {"private_key": text})
        return _key(text, self._file)

    def _taken_over(self) -> bytes | None:
        record = self._older.read() if self._older is not None else None
        return None if record is None or self._older is None else _key(record.get("private_key"), self._older)


def _kept(path: Path) -> KeptFile:
    return KeptFile(path, wrong="This is not an agent's key", hint="Restore it, or delete it for a new key.")


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


def _key(text: object, file: KeptFile) -> bytes:
    try:
        key = base64.b64decode(str(text), validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise file.wrong()
    return key
