"""Callbacks on the server's own machine: an agent's secret, and what could not be delivered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from openhitl.errors import SetupError
from openhitl.identity.callbacks import callback_secret
from openhitl.protocol.audit import OPERATOR
from openhitl.server.opening import open_store
from openhitl.settings import Settings
from openhitl.store import Store
from openhitl.store.jobs import Job

PAGE = 500


def secret_of(settings: Settings, agent_name: str, *, rotate: bool) -> str:
    """Return the secret that callbacks to an agent are signed with; a new one if it is to be rotated.

    Raises: SetupError if there is no such agent; StoreError.
    """
    store, keyring = open_store(settings)
    try:
        agent = store.agent_named(agent_name)
        if agent is None:
            raise SetupError(
                f"There is no agent named {agent_name}.", hint="Make one with `hitl admin new-key NAME`."
            )
        now = datetime.now(UTC)
        if rotate:
            store.rotate_callbacks(agent.agent_id, by=OPERATOR, now=now)
        newest = store.callback_generations(agent.agent_id, now)[-1]
        return callback_secret(keyring, agent.agent_id, newest)
    finally:
        store.close()


@contextmanager
def deliveries(settings: Settings) -> Iterator[Deliveries]:
    """Open what is still to be delivered. Raises: SetupError, StoreError."""
    store, _ = open_store(settings)
    try:
        yield Deliveries(store)
    finally:
        store.close()


class Deliveries:
    """What is due, and what was given up."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def all(self, *, dead: bool | None) -> Iterator[Job]:
        """Yield them in the order in which they were made; `dead` only those given up, or not."""
        after = 0
        while page := self._store.list_jobs(dead=dead, after=after, limit=PAGE):
            yield from page
            after = page[-1].job_id

    def replay(self, job_ids: Sequence[int] | None) -> int:
        """Have what was given up (None: all of it) delivered again; return how many.

        Raises: SetupError if none of those that are named was given up.
        """
        count = self._store.replay_jobs(job_ids, datetime.now(UTC))
        if job_ids and not count:
            raise SetupError(
                f"No delivery {', '.join(str(job_id) for job_id in job_ids)} was given up.",
                hint="`hitl admin deliveries --dead` lists those that were.",
            )
        return count
