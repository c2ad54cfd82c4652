"""Opening a store as the settings say."""

from __future__ import annotations

from openhitl.errors import SetupError
from openhitl.keyring import Keyring, parse_root, private_folder, root_in_folder, secret_path
from openhitl.settings import Settings
from openhitl.store import Store


def keyring_of(settings: Settings) -> Keyring:
    """Return the keyring of the root secret; it is made on first use in the data folder.

    Raises: SetupError, also where the folder has a database already but its secret is gone: a new one would
    open nothing.
    """
    if settings.secret_key is not None:
        return Keyring(parse_root(settings.secret_key.get_secret_value()))
    path = secret_path(settings.data_dir)
    if not settings.database_url and settings.database_file.exists() and not path.exists():
        raise SetupError(
            f"{path} is missing: the database beside it needs that very secret.",
            hint="Restore it from a backup, or set HITL_SECRET_KEY.",
        )
    return Keyring(root_in_folder(settings.data_dir))


def open_store(settings: Settings) -> tuple[Store, Keyring]:
    """Open the database, made or migrated if need be.

    Raises: SetupError, WrongSecret, SchemaTooNew, StoreError.
    """
    keyring = keyring_of(settings)
    if not settings.database_url:
        private_folder(settings.data_dir)
    return Store.open(settings.store_url, keyring), keyring
