"""Decisions reach the service's handler, whatever happens to processes; on both databases."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg
import pytest

from openhitl.errors import SetupError, StoreError, WrongSecret
from openhitl.keyring import Keyring
from openhitl.protocol.lifecycle import Effect
from openhitl.service import CaseDecision, Outcome, Reviews, approval
from openhitl.store import Store
from tests.service.hosts import SECRET
from tests.store.desk import CHANGED

BASE_URL = "http://localhost:1"


def refuse(decision: CaseDecision) -> None:
    raise ValueError("not now")


async def ask_and_cancel(reviews: Reviews) -> str:
    accepted = await reviews.ask(approval("Go?", metadata={"order": 7}))
    await reviews.cancel(accepted.case_id, "No longer needed.")
    await reviews.close()
    return accepted.case_id


async def handed_over(database_url: str) -> CaseDecision:
    """Open the cases with a handler; return the first decision that it gets."""
    reviews = Reviews(database_url, SECRET, base_url=BASE_URL)
    got: asyncio.Queue[CaseDecision] = asyncio.Queue()

    @reviews.on_decision
    async def decided(decision: CaseDecision) -> None:
        await got.put(decision)

    await reviews.ask(approval("Something else?"))
    async with asyncio.timeout(20):
        decision = await got.get()
    await reviews.close()
    return decision


def test_a_decision_outlives_a_process_whose_handler_fails(database_url):
    reviews = Reviews(database_url, SECRET, base_url=BASE_URL)
    reviews.on_decision(refuse)
    case_id = asyncio.run(ask_and_cancel(reviews))
    decision = asyncio.run(handed_over(database_url))
    assert (decision.case_id, decision.outcome, decision.metadata) == (
        case_id,
        Outcome.CANCELLED,
        {"order": 7},
    )


def test_a_process_without_the_handler_leaves_the_decision_to_others(database_url):
    asked_here = Reviews(database_url, SECRET, base_url=BASE_URL)
    asked_here.on_decision(refuse)
    decided_there = Reviews(database_url, SECRET, base_url=BASE_URL)

    async def pass_on() -> str:
        accepted = await asked_here.ask(approval("Go?"))
        await asked_here.close()
        await decided_there.cancel(accepted.case_id)
        assert (await decided_there.decision(accepted.case_id)).outcome is Outcome.CANCELLED
        await decided_there.close()
        return accepted.case_id

    case_id = asyncio.run(pass_on())
    assert asyncio.run(handed_over(database_url)).case_id == case_id


def test_nothing_is_handed_over_where_nobody_wants_it(database_url):
    reviews = Reviews(database_url, SECRET, base_url=BASE_URL)
    asyncio.run(ask_and_cancel(reviews))
    store = Store.open(database_url, Keyring(bytes.fromhex(SECRET)))
    assert store.list_jobs(dead=None, after=0, limit=10) == []
    store.close()


def test_one_decision_wakes_the_callback_and_the_handler(database_url):
    reviews = Reviews(database_url, SECRET, base_url=BASE_URL)
    reviews.on_decision(refuse)
    hook = "https://192.0.2.1/hook"

    async def use() -> None:
        accepted = await reviews.ask(approval("Go?"), asked_by="alice", callback_url=hook)
        await reviews.cancel(accepted.case_id)
        await reviews.close()

    asyncio.run(use())
    store = Store.open(database_url, Keyring(bytes.fromhex(SECRET)))
    kinds = {job.kind for job in store.list_jobs(dead=None, after=0, limit=10)}
    assert kinds == {Effect.CALL_BACK, Effect.HAND_OVER}
    store.close()


def test_processes_that_name_somebody_at_once_mean_the_same(database_url):
    keyring = Keyring(bytes.fromhex(SECRET))
    stores = [Store.open(database_url, keyring) for _ in range(4)]
    together = threading.Barrier(len(stores))

    def name(store: Store) -> int:
        together.wait()
        return store.agent_of("alice", **CHANGED).agent_id

    with ThreadPoolExecutor(len(stores)) as pool:
        assert len(set(pool.map(name, stores))) == 1
    for store in stores:
        store.close()


def test_a_schema_of_its_own_keeps_out_of_the_service_s_tables(postgres_server):
    with psycopg.connect(postgres_server("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE shop")
    with psycopg.connect(postgres_server("shop"), autocommit=True) as connection:
        connection.execute("CREATE TABLE public.cases (own text)")
        connection.execute("CREATE SCHEMA hitl")
    url = postgres_server("shop")
    url += ("&" if "?" in url else "?") + "options=-csearch_path%3Dhitl"
    asyncio.run(ask_and_cancel(Reviews(url, SECRET, base_url=BASE_URL)))
    with psycopg.connect(postgres_server("shop"), autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM hitl.cases").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM public.cases").fetchone() == (0,)


@pytest.mark.parametrize(
    "theirs",
    [
        "CREATE TABLE jobs (own text)",
        "CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('theirs')",
    ],
)
def test_tables_of_others_are_left_alone(tmp_path, theirs):
    with closing(sqlite3.connect(tmp_path / "shop.db")) as database:
        database.executescript(theirs)
        before = database.execute("SELECT name, sql FROM sqlite_master").fetchall()
        with pytest.raises(StoreError):
            asyncio.run(ask_and_cancel(Reviews(f"sqlite:///{tmp_path}/shop.db", SECRET, base_url=BASE_URL)))
        assert database.execute("SELECT name, sql FROM sqlite_master").fetchall() == before


def test_another_secret_is_refused(database_url):
    asyncio.run(ask_and_cancel(Reviews(database_url, SECRET, base_url=BASE_URL)))
    other = Reviews(database_url, "6b" * 32, base_url=BASE_URL)
    with pytest.raises(WrongSecret):
        asyncio.run(ask_and_cancel(other))


@pytest.mark.parametrize(
    "wrong",
    [
        {"base_url": ""},
        {"base_url": "http://shop.example"},
        {"prefix": "hitl"},
        {"prefix": "/hitl/"},
        {"poll_rate": -1},
    ],
)
def test_what_could_not_work_is_refused_at_once(wrong):
    with pytest.raises(SetupError):
        Reviews("sqlite:///cases.db", SECRET, **{"base_url": BASE_URL, **wrong})


def test_there_is_one_handler():
    reviews = Reviews("sqlite:///cases.db", SECRET, base_url=BASE_URL)
    reviews.on_decision(refuse)
    with pytest.raises(SetupError):
        reviews.on_decision(refuse)


def test_waiting_on_the_loop_itself_is_refused(tmp_path):
    reviews = Reviews(f"sqlite:///{tmp_path}/cases.db", SECRET, base_url=BASE_URL)

    async def use() -> None:
        await reviews.ask(approval("Go?"))
        with pytest.raises(SetupError):
            reviews.ask_sync(approval("Go?"))
        await reviews.close()

    asyncio.run(use())
