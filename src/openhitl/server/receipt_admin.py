"""The key that signs receipts, changed on the server's own machine."""

from __future__ import annotations

from datetime import UTC, datetime

from openhitl.cases.receipts import ReceiptDesk
from openhitl.protocol.audit import OPERATOR
from openhitl.server.opening import open_store
from openhitl.settings import Settings


def rotate_receipt_key(settings: Settings) -> str:
    """Begin a new key for receipts; return its `kid`. The old public keys stay in the JWKS.

    Raises: SetupError, StoreError.
    """
    store, keyring = open_store(settings)
    try:
        generation = store.rotate_receipts(by=OPERATOR, now=datetime.now(UTC))
        return ReceiptDesk(keyring, settings.public_url).key_id(generation)
    finally:
        store.close()
