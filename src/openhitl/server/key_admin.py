"""API keys on the server's own machine: which are good, and revoking."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from openhitl.errors import SetupError
from openhitl.protocol.audit import OPERATOR
from openhitl.server.opening import open_store
from openhitl.settings import Settings
from openhitl.store.records import KeyListed


def list_keys(settings: Settings) -> Sequence[KeyListed]:
    """List all keys that are good, in the order in which they were made. Raises: SetupError, StoreError."""
    store, _ = open_store(settings)
    try:
        return store.keys_of()
    finally:
        store.close()


def revoke_key(settings: Settings, key_id: int) -> None:
    """Make a key useless at once. Raises: SetupError if there is none of this number; StoreError."""
    store, _ = open_store(settings)
    try:
        if not store.revoke_key(key_id, by=OPERATOR, now=datetime.now(UTC)):
            raise SetupError(
                f"There is no key {key_id} that could be revoked.", hint="`hitl admin keys` lists them."
            )
    finally:
        store.close()
