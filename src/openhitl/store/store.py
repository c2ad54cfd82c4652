"""The store: everything that is kept, by intention."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from openhitl.keyring import Keyring
from openhitl.store.agents import Agents
from openhitl.store.assignees import Assignees
from openhitl.store.checkpoints import Checkpoints
from openhitl.store.device_codes import DeviceCodes
from openhitl.store.device_lists import DeviceLists
from openhitl.store.devices import Devices
from openhitl.store.engine import POSTGRESQL, Database, open_database
from openhitl.store.handed_keys import HandedKeys
from openhitl.store.history import History
from openhitl.store.jobs import Jobs
from openhitl.store.keys import Keys
from openhitl.store.log import first_broken
from openhitl.store.migration import claim, migrate
from openhitl.store.mutes import Mutes
from openhitl.store.notice_reads import NoticeReads
from openhitl.store.notices import Notices
from openhitl.store.oauth_clients import OAuthClients
from openhitl.store.oauth_grants import OAuthGrants
from openhitl.store.pairings import Pairings
from openhitl.store.passkeys import Passkeys
from openhitl.store.people import People
from openhitl.store.person_settings import PersonSettings
from openhitl.store.public_keys import PublicKeys
from openhitl.store.purge import purge
from openhitl.store.pushes import Pushes
from openhitl.store.rates import Rates
from openhitl.store.reads import Reads
from openhitl.store.recipients import Recipients
from openhitl.store.records import Committed
from openhitl.store.request_keys import RequestKeys
from openhitl.store.sessions import Sessions
from openhitl.store.settings_record import SettingsRecord
from openhitl.store.subjects import Subjects
from openhitl.store.transactions import Transactions
from openhitl.store.waiting import Waiting
from openhitl.store.wakeups import Announcer, Listener
from openhitl.store.writer import CAPACITY, Settled, Writer

#: How long closing waits for everything that still runs, together.
CLOSE_SECONDS = 5.0


class Store(
    Reads,
    Agents,
    Assignees,
    Waiting,
    History,
    Mutes,
    NoticeReads,
    Keys,
    Jobs,
    Passkeys,
    People,
    PersonSettings,
    PublicKeys,
    Recipients,
    Sessions,
    Devices,
    DeviceLists,
    HandedKeys,
    Pairings,
    OAuthClients,
    OAuthGrants,
    DeviceCodes,
    Subjects,
    Rates,
    Checkpoints,
    SettingsRecord,
    RequestKeys,
    Notices,
    Pushes,
):
    """One database. Every method may be called from any thread.

    What is read is in `Reads`; each other base keeps what its name says. What is decided goes through
    `writer`.
    """

    def __init__(self, database: Database, keyring: Keyring, instance_id: str) -> None:
        Reads.__init__(self, database, keyring)
        #: Names this installation; drawn when the database was made.
        self.instance_id = instance_id
        self._announcer: Announcer | None = None
        self._listeners: list[Listener] = []
        self._writers: list[Writer] = []

    @classmethod
    def open(cls, url: str, keyring: Keyring) -> Store:
        """Open `sqlite:///<path>` or `postgresql://…`; make or migrate the schema if need be.

        Raises: SetupError, SchemaTooNew, WrongSecret, StoreError.
        """
        database = open_database(url)
        with ExitStack() as unless_opened:
            unless_opened.callback(database.close)
            migrate(database)
            store = cls(database, keyring, claim(database, keyring))
            unless_opened.pop_all()
            return store

    @property
    def file(self) -> Path | None:
        """The file of a SQLite database; None for PostgreSQL."""
        return self._database.file.path if self._database.file is not None else None

    def writer(
        self,
        *,
        clock: Callable[[], datetime],
        on_commit: Callable[[Sequence[Committed]], None],
        settle: Callable[[Settled], None],
        capacity: int = CAPACITY,
    ) -> Writer:
        """Start a writer. See `Writer` for what it calls back; `clock` gives whole milliseconds, UTC."""
        if self._database.kind == POSTGRESQL and self._announcer is None:
            self._announcer = Announcer(self._database)
        announcer = self._announcer

        def committed(batch: Sequence[Committed]) -> None:
            on_commit(batch)
            if announcer is not None:
                announcer.announce()

        transactions = Transactions(self._database, self._keyring, self, clock=clock)
        writer = Writer(transactions, on_commit=committed, settle=settle, capacity=capacity)
        self._writers.append(writer)
        return writer

    def listen(self, callback: Callable[[], None]) -> None:
        """Call back, on a thread of the store's, whenever another process may have written.

        On a SQLite file our own commits count too.
        """
        listener = Listener(self._database, callback, own_pid=self._announcing_pid)
        self._listeners.append(listener)

    def _announcing_pid(self) -> int | None:
        return None if self._announcer is None else self._announcer.pid

    def purge(self, before: datetime, limit: int) -> int:
        """Delete what belongs to cases that ended before an instant; see `purge.purge`."""
        return purge(self._database, before, limit)

    def forget(self, now: datetime, limit: int) -> int:
        """Delete what is too old to mean anything: sessions, codes, tokens, unused programs, counts.

        Returns: how many rows, of each kind at most `limit`.
        """
        forgetting = (
            self.forget_subscriptions,
            self.forget_pairings,
            self.forget_sessions,
            self.forget_codes,
            self.forget_devices,
            self.forget_clients,
            self.forget_rates,
        )
        return sum(forget(now, limit) for forget in forgetting)

    def verify_log(self) -> int | None:
        """Check the whole log; return the first position that is wrong, None if none is."""
        return first_broken(self._database)

    def close(self, timeout_seconds: float = CLOSE_SECONDS) -> None:
        """End the writers and listeners, and close every connection.

        What does not end in time is left to end with the process: a database may hang for long.
        """
        deadline = time.monotonic() + timeout_seconds
        for writer in self._writers:
            writer.drain(_left(deadline))
        for listener in self._listeners:
            listener.stop(_left(deadline))
        if self._announcer is not None:
            self._announcer.stop(_left(deadline))
        self._database.close()


def _left(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic())
