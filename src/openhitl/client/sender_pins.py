"""Whose encrypted questions this terminal has read: agents' keys, so that a server cannot swap them.

One file of mode 0600 for each server. It holds no secrets, but whoever could write it could ask as anybody.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from openhitl.client.origins import origin_of
from openhitl.client.private_files import locked, make_private, read_private, replace_private
from openhitl.errors import SetupError

VERSION = 1


class SenderPins:
    """The agents of one server. Every method raises SetupError if the file cannot be used."""

    def __init__(self, folder: Path, server_url: str) -> None:
        scheme, host, port = origin_of(server_url)
        self._folder = folder
        self._path = folder / f"senders-{quote(f'{scheme}-{host}-{port}', safe='')}.json"

    def keys_of(self, agent_id: str) -> Sequence[str]:
        """Return the keys (base64url) under which an agent is known; none if it never asked before."""
        return self._agents().get(agent_id, ())

    def keep(self, agent_id: str, key: str) -> None:
        """Take a key for one of an agent's."""
        try:
            make_private(self._folder)
            with locked(self._path.with_suffix(".lock")):
                agents = {name: list(keys) for name, keys in self._agents().items()}
                known = agents.setdefault(agent_id, [])
                if key not in known:
                    known.append(key)
                record = {"v": VERSION, "agents": agents}
                replace_private(self._path, json.dumps(record, indent=1).encode())
        except OSError as error:
            raise _unusable(self._path, error) from error

    def _agents(self) -> Mapping[str, Sequence[str]]:
        try:
            if not self._path.is_file():
                return {}
            agents = json.loads(read_private(self._path))["agents"]
            return {str(name): [str(key) for key in keys] for name, keys in agents.items()}
        except OSError as error:
            raise _unusable(self._path, error) from error
        except (AttributeError, ValueError, KeyError, TypeError) as error:
            raise SetupError(
                f"This does not say whose questions were read here: {self._path}.",
                hint="Delete it; then every agent is new here.",
            ) from error


def _unusable(path: Path, error: OSError) -> SetupError:
    return SetupError(
        f"{error.filename or path}: {error.strerror or error}.",
        hint="Set HITL_CONFIG_DIR to a folder of yours.",
    )
