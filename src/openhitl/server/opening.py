"""Opening a store as the settings say."""

from __future__ import annotations

from openhitl.keyring import Keyring, parse_root, private_folder, root_in_folder
from openhitl.settings import Settings
from openhitl.store import Store


def keyring_of(settings: Settings) -> Keyring:
    """Return the keyring of the root secret; it is made on first use in the data folder."""
    if settings.secret_key is not None:
        return Keyring(parse_root(settings.secret_key.get_secret_value()))
    return Keyring(root_in_folder(settings.data_dir))


def open_store(settings: Settings) -> tuple[Store, Keyring]:
    """Open the database, made or migrated if need be.

    Raises: SetupError, WrongSecret, SchemaTooNew, StoreError.
    """
    keyring = keyring_of(settings)
    if not settings.database_url:
        private_folder(settings.data_dir)
    return Store.open(settings.store_url, keyring), keyring
