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

from openhitl.client.kept_file import VERSION, KeptFile, place_of
from openhitl.client.vaults import system_vault
from openhitl.errors import SetupError

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class PrivateKeys:
    """Two private keys of 32 bytes. It prints neither."""

    box: bytes = field(repr=False)
    sign: bytes = field(repr=False)


class DeviceKeys:
    """The keys for one server. Every method raises SetupError if they cannot be used."""

    def __init__(self, folder: Path, server_url: str) -> None:
        place = place_of(server_url)
        self._file = KeptFile(
            folder / f"device-{place}.json",
            wrong="These are not the keys of a device",
            hint="Restore them, or delete them for new ones.",
        )
        self._name = f"device {place}"

    def find(self) -> PrivateKeys | None:
        """Return the keys; None if this terminal has none."""
        record = self._file.read()
        if record is None:
            return None
        if record.get("kept") == "keyring":
            vault = system_vault()
            text = vault.get(self._name) if vault else None
            if text is None:
                raise SetupError(
                    "This terminal's keys lie in this system's keyring, which does not have them now.",
                    hint=f"Unlock it; or delete {self._file.path} to begin with new keys.",
                )
            return self._keys(json.loads(text))
        return self._keys(record)

    def make(self) -> PrivateKeys:
        """Return the keys; drawn, if there are none yet."""
        found = self.find()
        if found is not None:
            return found
        with self._file.changing():
            return self.find() or self._keep(_drawn())  # another process may have been faster

    def forget(self) -> bool:
        """Delete the keys, for good; tell whether there were any."""
        record = self._file.read()
        vault = system_vault() if record is not None and record.get("kept") == "keyring" else None
        if vault is not None:
            vault.drop(self._name)
        self._file.path.unlink(missing_ok=True)
        return record is not None

    def _keep(self, keys: PrivateKeys) -> PrivateKeys:
        spelt = {
            "box": base64.b64encode(keys.box).decode(),
            "sign": base64.b64encode(keys.sign).decode(),
        }
        self._file.write_secret(self._name, json.dumps({"v": VERSION, **spelt}), spelt)
        return keys

    def _keys(self, record: Mapping[str, Any]) -> PrivateKeys:
        try:
            box, sign = (base64.b64decode(str(record[name]), validate=True) for name in ("box", "sign"))
        except (KeyError, ValueError) as error:
            raise self._file.wrong() from error
        if len(box) != KEY_BYTES or len(sign) != KEY_BYTES:
            raise self._file.wrong()
        return PrivateKeys(box, sign)


def _drawn() -> PrivateKeys:
    return PrivateKeys(secrets.token_bytes(KEY_BYTES), secrets.token_bytes(KEY_BYTES))
