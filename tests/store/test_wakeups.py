"""Wake-ups: whoever listens hears that another process has written."""

from __future__ import annotations

import threading

from openhitl.store.engine import open_database
from tests.store.desk import WAIT_SECONDS, opened
from tests.store.test_failures import kill_connections


class Bell:
    """Counts how often it was rung, and can be waited for."""

    def __init__(self):
        self.rung = threading.Semaphore(0)

    def __call__(self):
        self.rung.release()

    def wait(self):
        assert self.rung.acquire(timeout=WAIT_SECONDS)


def test_a_commit_of_another_process_is_heard(database_url):
    with opened(database_url) as ours, opened(database_url) as theirs:
        bell = Bell()
        ours.store.listen(bell)
        seen = 0
        theirs.ask()
        while not (seen := ours.store.head()):
            bell.wait()
        theirs.ask()
        while ours.store.head() == seen:
            bell.wait()


def test_our_own_commits_are_not_announced_to_ourselves(database_url_of):
    url = database_url_of("postgresql")
    with opened(url) as ours:
        bell, others = Bell(), Bell()
        ours.store.listen(bell)
        bell.wait()  # once it listens
        with opened(url) as theirs:
            theirs.store.listen(others)
            others.wait()
            for _ in range(3):
                ours.ask()
                others.wait()
            assert not bell.rung.acquire(blocking=False)
            theirs.ask()
            bell.wait()


def test_whoever_listens_goes_on_after_a_lost_connection(database_url_of):
    url = database_url_of("postgresql")
    with opened(url) as ours, opened(url) as theirs:
        bell = Bell()
        ours.store.listen(bell)
        bell.wait()
        kill_connections(url)
        bell.wait()  # it listens again
        theirs.ask()
        bell.wait()


def test_closing_ends_every_thread_and_connection(database_url):
    before = set(threading.enumerate())
    with opened(database_url) as desk:
        desk.store.listen(lambda: None)
        desk.ask()
    assert set(threading.enumerate()) <= before
    if database_url.startswith("postgresql"):
        database = open_database(database_url)
        with database.reading() as connection:
            others = connection.exec_driver_sql(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND backend_type = 'client backend'"
            ).scalar()
        database.close()
        assert others == 0
