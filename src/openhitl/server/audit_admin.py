"""The audit log on the server's own machine: given out, signed, checked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from openhitl.cases.checkpoints import keep_checkpoint
from openhitl.cases.receipts import ReceiptDesk
from openhitl.errors import SetupError
from openhitl.protocol.audit_export import Header, end_line, lines_of
from openhitl.protocol.case import Json
from openhitl.protocol.checkpoints import Checkpoint
from openhitl.protocol.timestamps import timestamp
from openhitl.server.opening import open_store
from openhitl.settings import Settings
from openhitl.store import Store


@contextmanager
def audit_log(settings: Settings) -> Iterator[AuditLog]:
    """Open the audit log of the settings' database. Raises: SetupError, StoreError."""
    store, keyring = open_store(settings)
    try:
        yield AuditLog(store, ReceiptDesk(keyring, settings.public_url))
    finally:
        store.close()


class AuditLog:
    """The log of one database. Raises, in every method: StoreError."""

    def __init__(self, store: Store, receipts: ReceiptDesk) -> None:
        self._store = store
        self._receipts = receipts
        newest = store.newest_checkpoint()
        self._last_checkpoint = newest.position if newest is not None else 0
        self._end = store.log_end()  # read later, so that a checkpoint past it means that the log was cut

    @property
    def jwks(self) -> Json:
        """The public keys of this installation."""
        return self._receipts.jwks(self._end.generation)

    def checkpoint(self) -> str:
        """Return the newest checkpoint, made if need be. Raises: SetupError if the log is empty."""
        kept = keep_checkpoint(self._store, self._receipts, datetime.now(UTC))
        if kept is None:
            raise SetupError("The log is empty.")
        return kept.statement

    def export(self, since: int = 0) -> Iterator[bytes]:
        """Yield the lines of the log as a file, from behind a position to where it ended when this was made.

        Raises: SetupError if there is no such position.
        """
        end, now = self._end, timestamp(datetime.now(UTC))
        before = self._store.hash_at(since)
        if before is None or since > end.position:
            raise SetupError(f"The log has no position {since}: it ends at {end.position}.")
        header = Header(
            instance=self._store.instance_id,
            exported_at=now,
            jwks=self.jwks,
            after=since,
            after_hash=before,
        )
        digest = hashlib.sha256()
        checkpoints = self._store.checkpoints_between(since, self._last_checkpoint)
        entries = self._store.log_entries(after=since, until=end.position)
        for line in lines_of(header, entries, checkpoints):
            digest.update(line)
            yield line
        checkpoint = Checkpoint(
            instance=header.instance, position=end.position, hash=end.hash, at=now, file=digest.digest()
        )
        yield end_line(end.position, end.hash, self._receipts.checkpoint(checkpoint, end.generation))
