"""Passkeys on the server's own machine: links to register them at, which there are, and revoking."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from openhitl.errors import SetupError
from openhitl.identity.passkeys import make_link
from openhitl.protocol.audit import OPERATOR
from openhitl.protocol.passkeys import Passkey, PasskeyHolder
from openhitl.server.lock import ServerLock
from openhitl.server.opening import open_store
from openhitl.settings import Settings


def passkey_link(settings: Settings, name: str) -> str:
    """Make a link at which somebody registers one passkey within a quarter of an hour.

    It is for the person of this name; where nobody has it the name is a label.

    Raises: InvalidRequest for a name that is empty, too long or unprintable; SetupError, StoreError.
    """
    store, _ = open_store(settings)
    try:
        person = store.person_named(name)
        holder = PasskeyHolder(person.name, person.person_id) if person else PasskeyHolder(name)
        return make_link(store, people_address(settings), holder, by=OPERATOR, now=datetime.now(UTC))
    finally:
        store.close()


def people_address(settings: Settings) -> str:
    """Say where people find the server: a running one may have been told otherwise than we are."""
    served = ServerLock(settings.data_dir, settings.public_url).holder()
    return settings.base_url or served or settings.public_url


def list_passkeys(settings: Settings) -> Sequence[Passkey]:
    """List all passkeys, revoked ones too. Raises: SetupError, StoreError."""
    store, _ = open_store(settings)
    try:
        return store.list_passkeys()
    finally:
        store.close()


def revoke_passkey(settings: Settings, passkey_id: int) -> None:
    """Make a passkey useless at once. Raises: SetupError if there is none of this number; StoreError."""
    store, _ = open_store(settings)
    try:
        if not store.revoke_passkey(passkey_id, by=OPERATOR, now=datetime.now(UTC)):
            raise SetupError(
                f"There is no passkey {passkey_id} that could be revoked.",
                hint="`hitl admin passkeys` lists them.",
            )
    finally:
        store.close()
