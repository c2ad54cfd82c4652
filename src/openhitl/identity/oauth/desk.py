"""What every part of the authorization server works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from openhitl.identity.rates import RateLimits
from openhitl.keyring import Keyring
from openhitl.store import Store
from openhitl.store.runner import Runner


@dataclass(frozen=True, slots=True)
class Desk:
    """The store, the keyring and the clock.

    Args:
        public_url: the issuer.
        run: runs what asks the store beside the event loop.
    """

    store: Store
    keyring: Keyring
    public_url: str
    run: Runner
    clock: Callable[[], datetime]

    async def take(self, bucket: str, *, every: timedelta, burst: int) -> None:
        """Do something once more, if it may be. Raises: RateLimited."""
        limits = RateLimits(self.store, run=self.run, clock=self.clock)
        await limits.take(bucket, every=every, burst=burst)
