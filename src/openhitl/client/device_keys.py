"""This terminal's keys as a device of its person: X25519 to read with, Ed25519 to sign device lists with.

They lie in the keyring of the operating system, or else in a file of mode 0600, one for each server.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from openhitl.client.origins import origin_of
from openhitl.client.private_files import locked, make_private, read_private, replace_private
from openhitl.client.vaults import system_vault
from openhitl.errors import SetupError

VERSION = 1
KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class PrivateKeys:
    """Two private keys of 32 bytes. It prints neither."""

    box: bytes = field(repr=False)
    sign: bytes = field(repr=False)


class DeviceKeys:
    """The keys for one server. Every method raises SetupError if they cannot be used."""

    def __init__(self, folder: Path, server_url: str) -> None:
        scheme, host, port = origin_of(server_url)
        place = quote(f"{scheme}-{host}-{port}", safe="")
        self._folder = folder
        self._path = folder / f"device-{place}.json"
        self._name = f"device {place}"

    def find(self) -> PrivateKeys | None:
        """Return the keys; None if this terminal has none."""
        record = self._read()
        if record is None:
            return None
        if record.get("kept") == "keyring":
            vault = system_vault()
            text = vault.get(self._name) if vault else None
            if text is None:
                raise SetupError(
                    "This terminal's keys lie in this system's keyring, which does not have them now.",
                    hint=f"Unlock it; or delete {self._path} to begin with new keys.",
                )
            return self._keys(json.loads(text))
        return self._keys(record)

    def make(self) -> PrivateKeys:
        """Return the keys; drawn, if there are none yet."""
        found = self.find()
        if found is not None:
            return found
        try:
            make_private(self._folder)
            with locked(self._path.with_suffix(".lock")):
                return self.find() or self._keep(_drawn())  # another process may have been faster
        except OSError as error:
            raise _unusable(self._path, error) from error

    def forget(self) -> None:
        """Delete the keys: for good."""
        record = self._read()
        vault = system_vault() if record is not None and record.get("kept") == "keyring" else None
        if vault is not None:
            vault.drop(self._name)
        self._path.unlink(missing_ok=True)

    def _keep(self, keys: PrivateKeys) -> PrivateKeys:
        spelt = {
            "v": VERSION,
            "box": base64.b64encode(keys.box).decode(),
            "sign": base64.b64encode(keys.sign).decode(),
        }
        vault = system_vault()
        if vault is not None and vault.put(self._name, json.dumps(spelt)):
            replace_private(self._path, json.dumps({"v": VERSION, "kept": "keyring"}).encode())
        else:
            replace_private(self._path, json.dumps(spelt).encode())
        return keys

    def _read(self) -> Mapping[str, Any] | None:
        try:
            if not self._path.is_file():
                return None
            record = json.loads(read_private(self._path))
        except OSError as error:
            raise _unusable(self._path, error) from error
        except ValueError as error:
            raise self._no_keys() from error
        if not isinstance(record, dict):
            raise self._no_keys()
        return record

    def _keys(self, record: Mapping[str, Any]) -> PrivateKeys:
        try:
            box, sign = (base64.b64decode(str(record[name]), validate=True) for name in ("box", "sign"))
        except (KeyError, ValueError) as error:
            raise self._no_keys() from error
        if len(box) != KEY_BYTES or len(sign) != KEY_BYTES:
            raise self._no_keys()
        return PrivateKeys(box, sign)

    def _no_keys(self) -> SetupError:
        return SetupError(
            f"These are not the keys of a device: {self._path}.",
            hint="Restore them, or delete them for new ones.",
        )


def _drawn() -> PrivateKeys:
    return PrivateKeys(secrets.token_bytes(KEY_BYTES), secrets.token_bytes(KEY_BYTES))


def _unusable(path: Path, error: OSError) -> SetupError:
    return SetupError(
        f"{error.filename or path}: {error.strerror or error}.",
        hint="Set HITL_CONFIG_DIR to a folder of yours.",
    )
