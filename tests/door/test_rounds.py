"""Chains of cases through the door, on both databases. HITL v0.8 §8 `next_case_id`, §15.3."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from openhitl.cases.casebook import MAX_ROUNDS
from openhitl.errors import InvalidRequest
from openhitl.jobs import Sweeper
from openhitl.protocol.submission import Submission
from tests.cases.books import LINK, MovableClock, ask, opened
from tests.door.bodies import APPROVAL, CONFIRMATION, SELECTION, SUBMITTED
from tests.door.test_flow import respond
from tests.servers import RunningServer, running, token_of

EDIT = {"action": "edit", "data": {"feedback": "Warmer, please."}}


@pytest.fixture
def either(tmp_path: Path, database_url: str) -> Iterator[RunningServer]:
    with running(tmp_path, database_url=database_url, secret_key="d4" * 32, poll_rate=0) as server:
        yield server


def test_a_chain_of_four_rounds_is_linked_both_ways_and_known_to_its_last_page(either):
    rounds = [either.ask(APPROVAL)]
    for number in range(3):
        wish = {**EDIT, "data": {"feedback": f"Wish {number}."}}
        assert respond(either, rounds[-1], wish).status_code == 200
        before = either.service.get(rounds[-1]["poll_url"])
        rounds.append(either.ask({**APPROVAL, "previous_case_id": rounds[-1]["case_id"]}))
        known = {"if-none-match": before.headers["etag"]}
        linked = either.service.get(rounds[-2]["poll_url"], headers=known)
        assert linked.status_code == 200  # the link is news, whatever was cached
        assert linked.headers["etag"] != before.headers["etag"]
        assert linked.json() == {**before.json(), "next_case_id": rounds[-1]["case_id"]}
    ids = [hitl["case_id"] for hitl in rounds]
    shown = [either.service.get(f"/api/v1/reviews/{case_id}").json() for case_id in ids]
    assert [case.get("next_case_id") for case in shown] == [*ids[1:], None]
    assert [case["previous_case_id"] for case in shown] == [None, *ids[:-1]]
    assert [hitl.get("previous_case_id") for hitl in rounds] == [None, *ids[:-1]]
    page = either.anyone.get(rounds[-1]["review_url"]).text
    assert "This is round 4." in page
    assert all(f"Wish {number}." in page for number in range(3))


def test_a_follow_up_of_a_withdrawn_round_takes_its_place(either):
    first = either.ask(APPROVAL)
    respond(either, first, EDIT)
    second = either.ask({**APPROVAL, "previous_case_id": first["case_id"]})
    third = either.ask({**APPROVAL, "previous_case_id": first["case_id"]})
    assert either.status(first)["next_case_id"] == second["case_id"]
    either.service.post(f"/api/v1/reviews/{second['case_id']}/cancel", json={})
    fourth = either.ask({**APPROVAL, "previous_case_id": first["case_id"]})
    assert either.status(first)["next_case_id"] == fourth["case_id"]
    assert third["previous_case_id"] == first["case_id"]


def test_rounds_may_be_of_different_types_and_whatever_came_of_them(either):
    """HITL v0.8 §15.1: after a selection, a confirmation; and a question that nobody has answered yet."""
    chosen = either.ask(SELECTION)
    open_still = either.ask({**CONFIRMATION, "previous_case_id": chosen["case_id"]})
    assert either.status(chosen)["next_case_id"] == open_still["case_id"]
    assert either.status(chosen)["status"] == "pending"
    assert "asked again about this" in either.anyone.get(chosen["review_url"]).text
    assert respond(either, chosen, {"action": "select", "data": {"selected": ["a"]}}).status_code == 200
    assert either.status(chosen)["next_case_id"] == open_still["case_id"]


@pytest.mark.parametrize("whose", ["foreign", "nobody's"])
def test_a_follow_up_of_no_case_of_ones_own_says_so(either, whose):
    """The same for both, so that nobody learns which cases there are."""
    foreign = either.ask(APPROVAL, as_service=False)["case_id"]
    previous = foreign if whose == "foreign" else "review_none"
    response = either.service.post("/api/v1/reviews", json={**APPROVAL, "previous_case_id": previous})
    assert response.status_code == 422
    message = "There is no such case of yours."
    assert response.json()["errors"] == [{"path": "previous_case_id", "message": message}]


def test_rounds_past_their_retention_are_gone_and_followed_by_none(database_url, tmp_path):
    """HITL v0.8 §13.6."""

    async def scenario():
        clock = MovableClock()
        async with opened(database_url, clock, tmp_path) as book:
            first = await ask(book, timeout="7d")
            await book.submit(first, Submission(action="confirm"), LINK)
            clock.move(days=25)
            second = await ask(book, timeout="7d", previous_case_id=first)
            third = await ask(book, timeout="7d", previous_case_id=second)
            ids = [one.case.case_id for one in await book.rounds_before(await book.files.load(third), None)]
            assert ids == [second, first]
            clock.move(days=6)
            assert await Sweeper(book, retention=timedelta(days=30)).purge() == 1
            stored = await book.files.load(third)
            [kept] = await book.rounds_before(stored, None)
            assert (kept.case.case_id, kept.case.previous_case_id) == (second, first)
            with pytest.raises(InvalidRequest):
                await ask(book, previous_case_id=first)

    asyncio.run(scenario())


def test_only_so_many_rounds_are_read(database_url, tmp_path):
    async def scenario():
        async with opened(database_url, MovableClock(), tmp_path) as book:
            case_id = await ask(book)
            for _ in range(MAX_ROUNDS + 2):
                case_id = await ask(book, previous_case_id=case_id)
            assert len(await book.rounds_before(await book.files.load(case_id), None)) == MAX_ROUNDS

    asyncio.run(scenario())


@pytest.mark.parametrize("way", ["page", "form", "inline"])
def test_every_answer_says_how_it_was_submitted(either, way):
    """HITL v0.8 §8 "Poll Field Definitions": `submission_context`."""
    hitl = either.ask(CONFIRMATION)
    assert "submission_context" not in either.status(hitl)
    address, token = f"/reviews/{hitl['case_id']}/respond", {"token": token_of(hitl["review_url"])}
    if way == "form":
        sent = either.anyone.post(address, params=token, data={"action": "cancel"}, follow_redirects=False)
        assert sent.status_code == 303
    elif way == "page":
        assert respond(either, hitl, {"action": "cancel"}).status_code == 200
    else:
        bearer = {"authorization": f"Bearer {hitl['submit_token']}"}
        body = {"action": "cancel", **SUBMITTED}
        assert either.anyone.post(hitl["submit_url"], headers=bearer, json=body).status_code == 200
    expected = {"mode": "browser_submit", "submitted_via": "page"}
    if way == "inline":
        expected = {"mode": "inline_submit", **SUBMITTED}
    assert either.status(hitl)["submission_context"] == expected
    shown = either.service.get(f"/api/v1/reviews/{hitl['case_id']}").json()
    assert shown["submission_context"] == expected
    again = respond(either, hitl, {"action": "confirm"})
    assert (again.status_code, again.json()["submission_context"]) == (409, expected)
