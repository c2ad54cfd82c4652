"""The event stream. HITL v0.8 §8.5."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2

from tests.door.bodies import CONFIRMATION, INPUT, SELECTION
from tests.door.test_flow import respond
from tests.servers import token_of

BOUND_SECONDS = 10


class Reader:
    """Reads one stream event by event; a read that takes too long fails the test."""

    def __init__(self, response: httpx2.Response) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self._lines = response.iter_lines()

    def next(self) -> tuple[str, dict, str | None] | None:
        """Return kind, data and id of the next event; None at the end of the stream."""
        fields: dict[str, str] = {}
        for line in self._lines:
            if line:
                name, _, value = line.partition(":")
                fields[name] = value.removeprefix(" ")
            elif "event" in fields:
                return fields["event"], json.loads(fields["data"]), fields.get("id")
            else:
                fields = {}
        return None


@contextmanager
def follow(server, hitl, last_event_id=None) -> Iterator[Reader]:
    headers = {"last-event-id": last_event_id} if last_event_id is not None else {}
    timeout = httpx2.Timeout(BOUND_SECONDS)
    with server.service.stream("GET", hitl["events_url"], headers=headers, timeout=timeout) as response:
        yield Reader(response)


def opened(server, hitl):
    token = {"token": token_of(hitl["review_url"])}
    assert server.anyone.post(f"/reviews/{hitl['case_id']}/opened", params=token).status_code == 204


def draft(server, hitl, **body):
    token = {"token": token_of(hitl["review_url"])}
    return server.anyone.put(f"/reviews/{hitl['case_id']}/draft", params=token, json=body)


def test_a_stream_tells_the_whole_life_of_a_case(server):
    hitl = server.ask(INPUT)
    with follow(server, hitl) as reader:
        assert reader.status == 200
        assert reader.headers["content-type"].startswith("text/event-stream")
        kind, data, number = reader.next()
        assert (kind, data["case_id"], number) == ("review.pending", hitl["case_id"], "1")
        opened(server, hitl)
        kind, data, number = reader.next()
        assert (kind, number) == ("review.opened", "2")
        assert set(data) == {"case_id", "opened_at"}
        assert draft(server, hitl, values={"street": "1 Harbour Rd"}).status_code == 204
        kind, data, number = reader.next()
        assert (kind, number) == ("review.in_progress", "3")
        assert data["progress"]["completed_fields"] == 1
        respond(server, hitl, {"action": "submit", "data": {"street": "2 Harbour Rd"}})
        kind, data, number = reader.next()
        assert (kind, number) == ("review.completed", "4")
        assert data["result"] == {"action": "submit", "data": {"street": "2 Harbour Rd"}}
        assert reader.next() is None


def test_the_first_event_is_the_present_state(server):
    hitl = server.ask(SELECTION)
    opened(server, hitl)
    with follow(server, hitl) as reader:
        assert reader.next()[0] == "review.opened"


def test_a_resumed_stream_gets_what_it_missed_and_nothing_twice(server):
    hitl = server.ask(SELECTION)
    opened(server, hitl)
    draft(server, hitl, values={"note": "hm"})
    respond(server, hitl, {"action": "select", "data": {"selected": ["a"]}})
    with follow(server, hitl, last_event_id="2") as reader:
        assert [reader.next()[0], reader.next()[0]] == ["review.in_progress", "review.completed"]
        assert reader.next() is None


def test_reconnecting_past_the_end_is_204(server):
    hitl = server.ask(CONFIRMATION)
    respond(server, hitl, {"action": "cancel", "data": {}})
    response = server.service.get(hitl["events_url"], headers={"last-event-id": "2"})
    assert (response.status_code, response.content) == (204, b"")


def test_an_id_that_was_never_given_is_served_as_a_new_stream(server):
    hitl = server.ask(CONFIRMATION)
    for strange in ("99", "-1", "x", "1e3", "٣"):
        with follow(server, hitl, last_event_id=strange.encode()) as reader:
            assert reader.next()[0] == "review.pending"


def test_a_finished_case_is_told_and_the_stream_closed(server):
    hitl = server.ask(CONFIRMATION)
    server.service.post(f"/api/v1/reviews/{hitl['case_id']}/cancel", json={"reason": "Changed my mind"})
    with follow(server, hitl) as reader:
        kind, data, _ = reader.next()
        assert (kind, data["reason"]) == ("review.cancelled", "Changed my mind")
        assert reader.next() is None


def test_a_stream_takes_only_its_creators_credential(server):
    hitl = server.ask(CONFIRMATION)
    assert server.anyone.get(hitl["events_url"]).status_code == 401
    assert server.agent.get(hitl["events_url"]).status_code == 404
    token = token_of(hitl["review_url"])
    assert server.anyone.get(hitl["events_url"], params={"token": token}).status_code == 401


def test_progress_of_a_wizard_reaches_the_stream_and_the_poll(server):
    """HITL v0.8 §10.3.4."""
    hitl = server.ask(INPUT)
    with follow(server, hitl) as reader:
        reader.next()
        draft(server, hitl, values={"street": "1 Harbour Rd"})
        assert reader.next()[1]["progress"]["completed_fields"] == 1
        draft(server, hitl, values={"street": "1 Harbour Rd", "floor": 2})
        kind, data, number = reader.next()
        assert (kind, number) == ("review.in_progress", None)
        assert data["progress"]["completed_fields"] == 2
    progress = server.status(hitl)["progress"]
    assert (progress["completed_fields"], progress["total_steps"]) == (2, 1)
