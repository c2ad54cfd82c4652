"""Wake-ups between processes: that something was written, never what.

They only shorten a wait: whoever reads asks the log by its cursor, so a lost wake-up delays and a
superfluous one costs one query.
"""

from __future__ import annotations

import os
import selectors
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from openhitl.store.engine import POSTGRESQL, Database, reason

#: Everything committed within this time is told by one notification.
COALESCE_SECONDS = 0.015
#: How often a SQLite file is asked whether somebody else has written to it.
WATCH_SECONDS = 0.05
#: How long to wait before connecting again.
RETRY_SECONDS = 1.0
CHANNEL = "openhitl"
_log = structlog.get_logger("openhitl.store")


class Announcer:
    """Tells other processes that this one has committed, outside its transactions."""

    def __init__(self, database: Database) -> None:
        #: The number of our session, by which our own notifications are known.
        self.pid: int | None = None
        self._database = database
        self._pending = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="announcer", daemon=True)
        self._thread.start()

    def announce(self) -> None:
        """Say soon that there is something new; returns at once."""
        self._pending.set()

    def stop(self, timeout_seconds: float) -> None:
        """Announce what there is, and nothing more; wait so long for the end of it."""
        self._stopped.set()
        self._pending.set()
        self._thread.join(timeout_seconds)

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                with _lent(self._database) as connection:
                    self.pid = connection.info.backend_pid
                    self._serve(connection)
            except (SQLAlchemyError, self._database.driver_error) as error:
                _log.warning("announcing_failed", message=reason(error))
                self._pending.set()
                self._stopped.wait(RETRY_SECONDS)

    def _serve(self, connection: Any) -> None:
        while True:
            self._pending.wait()
            # Cleared before the end is looked for: a stop that comes in between is not slept through.
            self._pending.clear()
            ending = self._stopped.wait(COALESCE_SECONDS)
            connection.execute(f"NOTIFY {CHANNEL}")
            if ending:
                return


@contextmanager
def _lent(database: Database) -> Iterator[Any]:
    """Lend a driver's connection, closed at the end: one that listens must not go back to the pool."""
    lent = database.read.raw_connection()
    try:
        yield lent.driver_connection
    finally:
        lent.invalidate()


class Listener:
    """Calls back, on a thread of its own, when somebody may have written to the database.

    `own_pid` says by which session we announce, if we do.
    """

    def __init__(
        self, database: Database, callback: Callable[[], None], *, own_pid: Callable[[], int | None]
    ) -> None:
        self._database = database
        self._callback = callback
        self._own_pid = own_pid
        self._stopped = threading.Event()
        self._interrupted, self._interrupt = os.pipe()
        self._thread = threading.Thread(target=self._run, name="listener", daemon=True)
        self._thread.start()

    def stop(self, timeout_seconds: float) -> None:
        """Call back no more; wait so long for the end of it."""
        self._stopped.set()
        os.write(self._interrupt, b"\0")
        self._thread.join(timeout_seconds)
        if not self._thread.is_alive():  # else it may still look at them
            os.close(self._interrupt)
            os.close(self._interrupted)

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                with _lent(self._database) as connection:
                    if self._database.kind == POSTGRESQL:
                        self._listen(connection)
                    else:
                        self._watch(connection)
            except (SQLAlchemyError, self._database.driver_error) as error:
                _log.warning("listening_failed", message=reason(error))
                self._stopped.wait(RETRY_SECONDS)

    def _listen(self, connection: Any) -> None:
        connection.execute(f"LISTEN {CHANNEL}")
        self._callback()  # nobody has heard what was announced before
        with selectors.DefaultSelector() as readable:
            readable.register(connection.fileno(), selectors.EVENT_READ)
            readable.register(self._interrupted, selectors.EVENT_READ)
            while not self._stopped.is_set():
                readable.select()
                self._hear(connection)

    def _hear(self, connection: Any) -> None:
        heard = list(connection.notifies(timeout=0))
        if any(notification.pid != self._own_pid() for notification in heard):
            self._callback()

    def _watch(self, connection: Any) -> None:
        [known] = connection.execute("PRAGMA data_version").fetchone()
        while not self._stopped.wait(WATCH_SECONDS):
            [version] = connection.execute("PRAGMA data_version").fetchone()
            if version != known:
                known = version
                self._callback()
