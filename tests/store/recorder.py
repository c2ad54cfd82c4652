"""A process that answers cases and changes keys, each in a thread of its own, and then ends."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

from tests.store.desk import CHANGED, Desk, opened, submitting


def main(url: str, changes: int, *case_ids: str) -> None:
    with opened(url) as desk, ThreadPoolExecutor(1) as threads:
        recorded = threads.submit(record, desk, changes)
        for future in [desk.put(submitting(case_id)) for case_id in case_ids]:
            assert future.result().decision.refusal is None
        recorded.result()


def record(desk: Desk, changes: int) -> None:
    """Append so many records, one after another."""
    for _ in range(changes):
        desk.store.rotate_receipts(**CHANGED)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
