"""Whose encrypted questions this terminal has read: agents' keys, so that a server cannot swap them.

One file of mode 0600 for each server. It holds no secrets, but whoever could write it could ask as anybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from openhitl.client.kept_file import KeptFile, place_of


class SenderPins:
    """The agents of one server. Every method raises SetupError if the file cannot be used."""

    def __init__(self, folder: Path, server_url: str) -> None:
        self._file = KeptFile(
            folder / f"senders-{place_of(server_url)}.json",
            wrong="This does not say whose questions were read here",
            hint="Delete it; then every agent is new here.",
        )

    def keys_of(self, agent_id: str) -> Sequence[str]:
        """Return the keys (base64url) under which an agent is known; none if it never asked before."""
        return self._agents().get(agent_id, ())

    def all_keys(self) -> Sequence[str]:
        """Return the keys of all agents that are known."""
        return [key for keys in self._agents().values() for key in keys]

    def keep(self, agent_id: str, key: str) -> None:
        """Take a key for one of an agent's."""
        with self._file.changing():
            agents = {name: list(keys) for name, keys in self._agents().items()}
            known = agents.setdefault(agent_id, [])
            if key not in known:
                known.append(key)
            self._file.write({"agents": agents}, indent=1)

    def _agents(self) -> Mapping[str, Sequence[str]]:
        record = self._file.read()
        if record is None:
            return {}
        try:
            return {str(name): [str(key) for key in keys] for name, keys in record["agents"].items()}
        except (AttributeError, KeyError, TypeError) as error:
            raise self._file.wrong() from error
