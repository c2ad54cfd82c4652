"""Two servers on one database: what happens on one is seen on the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.door.bodies import ANSWERS, INPUT, SELECTION
from tests.door.test_events import draft, follow, opened
from tests.door.test_flow import respond
from tests.servers import RunningServer, running

SOON_SECONDS = 2.0
SECRET = "e5" * 32


@dataclass(frozen=True)
class Pair:
    """Servers A and B of one database; `seen_by_b` says an address of A's as one of B's."""

    a: RunningServer
    b: RunningServer

    def seen_by_b(self, hitl: dict[str, Any]) -> dict[str, Any]:
        return {
            name: value.replace(self.a.url, self.b.url) if isinstance(value, str) else value
            for name, value in hitl.items()
        }


@contextmanager
def paired(folder: Path, database_url: str) -> Iterator[Pair]:
    settings = {"database_url": database_url, "secret_key": SECRET, "poll_rate": 0}
    with running(folder / "a", **settings) as a, running(folder / "b", **settings) as b:
        yield Pair(a, b)


@pytest.fixture
def pair(tmp_path: Path, database_url: str) -> Iterator[Pair]:
    with paired(tmp_path, database_url) as both:
        yield both


def poll_until(server: RunningServer, hitl: dict[str, Any], good: Callable[[Any], bool], seconds: float):
    """Poll as fast as it goes; return how long it took and the polls before."""
    started = time.monotonic()
    seen = []
    while time.monotonic() - started < seconds:
        seen.append(server.status(hitl))
        if good(seen[-1]):
            return time.monotonic() - started, seen
    pytest.fail(f"not within {seconds} s, last seen {seen[-1]}")


def test_an_answer_on_one_server_is_polled_on_the_other_within_two_seconds(pair):
    hitl = pair.a.ask(SELECTION)
    there = pair.seen_by_b(hitl)
    assert pair.b.status(there)["status"] == "pending"  # B keeps it in memory from now on
    assert respond(pair.a, hitl, ANSWERS["selection"]).status_code == 200
    _, seen = poll_until(pair.b, there, lambda body: body["status"] == "completed", SOON_SECONDS)
    assert seen[-1]["result"]["data"] == {"selected": ["a", "c"]}
    statuses = [body["status"] for body in seen]
    assert statuses == sorted(statuses, reverse=True)  # pending, then completed, never back


def test_an_answer_on_one_server_ends_the_stream_on_the_other(pair):
    hitl = pair.a.ask(SELECTION)
    with follow(pair.b, pair.seen_by_b(hitl)) as reader:
        assert reader.next()[0] == "review.pending"
        opened(pair.a, hitl)
        assert reader.next()[0] == "review.opened"
        started = time.monotonic()
        respond(pair.a, hitl, ANSWERS["selection"])
        kind, data, number = reader.next()
        assert (kind, number) == ("review.completed", "3")
        assert data["result"]["data"] == {"selected": ["a", "c"]}
        assert reader.next() is None
        assert time.monotonic() - started < SOON_SECONDS


def test_progress_on_one_server_is_polled_on_the_other_within_two_seconds(pair):
    """HITL v0.8 §10.3.4; a second draft leaves no event behind."""
    hitl = pair.a.ask(INPUT)
    there = pair.seen_by_b(hitl)
    draft(pair.a, hitl, values={"street": "1 Harbour Rd"})
    poll_until(pair.b, there, lambda body: body["status"] == "in_progress", SOON_SECONDS)
    draft(pair.a, hitl, values={"street": "1 Harbour Rd", "floor": 2})
    poll_until(pair.b, there, lambda body: body["progress"]["completed_fields"] == 2, SOON_SECONDS)


@pytest.mark.parametrize("end", ["completed", "cancelled"])
def test_a_follow_up_on_one_server_is_polled_on_the_other_within_two_seconds(pair, end):
    """HITL v0.8 §8 `next_case_id`: the link is no event; nor is another follow-up in place of the first."""
    first = pair.a.ask(SELECTION)
    there = pair.seen_by_b(first)
    if end == "completed":
        respond(pair.a, first, ANSWERS["selection"])
    else:
        pair.a.service.post(f"/api/v1/reviews/{first['case_id']}/cancel", json={})
    poll_until(pair.b, there, lambda body: body["status"] == end, SOON_SECONDS)
    known = pair.b.service.get(there["poll_url"]).headers["etag"]
    for _ in range(2):
        following = pair.a.ask({**SELECTION, "previous_case_id": first["case_id"]})
        named = following["case_id"]
        poll_until(
            pair.b, there, lambda body, named=named: body.get("next_case_id") == named, 2 * SOON_SECONDS
        )
        etag = pair.b.service.get(there["poll_url"]).headers["etag"]
        assert etag != known
        known = etag
        pair.a.service.post(f"/api/v1/reviews/{named}/cancel", json={})


def test_progress_on_one_server_reaches_the_streams_of_the_other(pair):
    """HITL v0.8 §10.3.4, §8.5: each progress once, whoever saved the draft."""
    hitl = pair.a.ask(INPUT)
    with follow(pair.b, pair.seen_by_b(hitl)) as reader:
        assert reader.next()[0] == "review.pending"
        draft(pair.a, hitl, values={"street": "1 Harbour Rd"})
        assert reader.next()[1]["progress"]["completed_fields"] == 1
        draft(pair.a, hitl, values={"street": "1 Harbour Rd", "floor": 2})
        kind, data, number = reader.next()
        assert (kind, data["progress"]["completed_fields"], number) == ("review.in_progress", 2, None)
        draft(pair.b, pair.seen_by_b(hitl), values={"street": "", "floor": ""})
        assert reader.next()[1]["progress"]["completed_fields"] == 0
        respond(pair.a, hitl, ANSWERS["input"])
        assert reader.next()[0] == "review.completed"
        assert reader.next() is None


def test_a_stream_is_resumed_on_any_server(pair):
    hitl = pair.a.ask(SELECTION)
    opened(pair.a, hitl)
    respond(pair.b, hitl, ANSWERS["selection"])
    with follow(pair.b, pair.seen_by_b(hitl), last_event_id="1") as reader:
        assert [reader.next()[0], reader.next()[0]] == ["review.opened", "review.completed"]
        assert reader.next() is None


def test_only_one_of_two_answers_on_two_servers_counts(pair):
    """HITL v0.8 §13.2."""
    hitl = pair.a.ask(SELECTION)
    first = respond(pair.a, hitl, {"action": "select", "data": {"selected": ["a"]}})
    second = respond(pair.b, hitl, {"action": "select", "data": {"selected": ["b"]}})
    assert (first.status_code, second.status_code) == (200, 409)
    assert second.json()["error"] == "duplicate_submission"


def test_a_lost_connection_to_the_database_heals(tmp_path, database_url_of):
    """Every session is ended at once, those that listen and announce too."""
    database_url = database_url_of("postgresql")
    with paired(tmp_path, database_url) as pair:
        hitl = pair.a.ask(SELECTION)
        there = pair.seen_by_b(hitl)
        with follow(pair.b, there) as reader:
            assert reader.next()[0] == "review.pending"
            with psycopg.connect(database_url, autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            respond_until_taken(pair.a, hitl)
            assert reader.next()[0] == "review.completed"
        poll_until(pair.b, there, lambda body: body["status"] == "completed", 5.0)


def respond_until_taken(server: RunningServer, hitl: dict[str, Any]) -> None:
    """Answer; a server that finds its connections dead may say 503 and be asked again."""
    answer = {**ANSWERS["selection"], "submission_id": "the-one"}
    for _ in range(20):
        response = respond(server, hitl, answer)
        if response.status_code == 200:
            return
        assert response.status_code == 503, response.text
    pytest.fail("no answer was taken")
