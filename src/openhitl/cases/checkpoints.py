"""Checkpoints of the log, signed with the key of the receipts of their time."""

from __future__ import annotations

from datetime import datetime

from openhitl.cases.receipts import ReceiptDesk
from openhitl.errors import LogBroken
from openhitl.protocol.checkpoints import Checkpoint
from openhitl.protocol.timestamps import timestamp
from openhitl.store import Store
from openhitl.store.checkpoints import KeptCheckpoint


def keep_checkpoint(store: Store, receipts: ReceiptDesk, now: datetime) -> KeptCheckpoint | None:
    """Sign where the log ends, and keep that, unless the newest checkpoint says so already.

    What its entries say is not checked here. Several processes may do this at once. Returns: the newest
    checkpoint; None while the log is empty. Raises: LogBroken if the log does not go on from the newest
    checkpoint, since it was changed or cut; StoreError.
    """
    newest = store.newest_checkpoint()
    end = store.log_end()  # read later: what another process signed meanwhile is not past it
    if newest is None and not end.position:
        return None
    if newest is not None:
        if store.hash_at(newest.position) != newest.hash or newest.position > end.position:
            raise LogBroken(
                "The log is not the one that its newest checkpoint was signed for.", position=newest.position
            )
        if newest.position == end.position:
            return newest
    checkpoint = Checkpoint(
        instance=store.instance_id, position=end.position, hash=end.hash, at=timestamp(now)
    )
    kept = KeptCheckpoint(end.position, end.hash, receipts.checkpoint(checkpoint, end.generation))
    store.add_checkpoint(kept, at=now)
    return kept
