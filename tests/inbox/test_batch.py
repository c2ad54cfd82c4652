"""Several small questions at once: of one agent and type, listed before, each checked as if it were alone."""

from __future__ import annotations

import re

import httpx2

from tests.inbox.house import House
from tests.people import SignedInClient


def batch(who: SignedInClient, case_ids: list[str], **fields: str) -> httpx2.Response:
    return who.post("/inbox/batch", data={"case": case_ids, **fields})


def test_what_is_picked_is_listed_and_then_answered(house: House) -> None:
    ids = [house.ask(prompt=f"Approve letter {number}") for number in range(3)]
    listed = batch(house.ana, ids)
    assert listed.status_code == 200, listed.text
    for number, case_id in enumerate(ids):
        assert f"Approve letter {number}" in listed.text
        assert f'value="{case_id}"' in listed.text
        assert house.case(case_id)["status"] == "pending"
    answer = batch(house.ana, ids[:2], action="approve", submission_id="once")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/inbox?seen={'.'.join(ids[:2])}")
    assert [house.case(case_id)["status"] for case_id in ids] == ["completed", "completed", "pending"]
    assert batch(house.ana, ids[:2], action="approve", submission_id="once").status_code == 303


def test_the_list_offers_what_is_alike(house: House) -> None:
    ids = [house.ask(prompt=f"Approve invoice {number}") for number in range(2)]
    page = house.ana.http.get("/inbox?q=invoice").text
    form = re.search(
        r'<form method="post" action="/inbox/batch" class="together">(.*?)</form>', page, re.DOTALL
    )
    assert form
    assert re.findall(r'name="case" value="(\w+)"', form[1]) == ids


def test_whoever_was_first_stays_first(house: House) -> None:
    ids = [house.ask() for _ in range(2)]
    house.respond(house.ana, ids[0], "reject")
    assert batch(house.ana, ids, action="approve").status_code == 303
    assert [house.case(case_id)["result"]["action"] for case_id in ids] == ["reject", "approve"]
    assert batch(house.ana, ids).status_code == 303  # nothing is left to be listed


def test_a_mixture_is_refused_whole(house: House) -> None:
    approval, confirmation = house.ask(), house.ask(type="confirmation")
    service = house.server.ask({"type": "approval", "prompt": "Approve", "context": {"risk": "low"}})
    for others in ([confirmation], [str(service["case_id"])]):
        assert batch(house.ana, [approval, *others], action="approve").status_code == 422
    big = house.ask(context={"risk": "high"})
    refused = batch(house.ana, [approval, big], action="approve")
    assert (refused.status_code, refused.json()["error"]) == (403, "action_not_inline")
    assert batch(house.ana, [approval, big]).status_code == 403
    assert batch(house.ana, [approval], action="edit").status_code == 403
    assert house.case(approval)["status"] == "pending"


def test_what_is_not_theirs_is_not_there(house: House) -> None:
    ids = [house.ask() for _ in range(2)]
    assert batch(house.bo, ids, action="approve").status_code == 404
    assert (
        batch(house.ana, [ids[0], "review_0000000000000000000000000z"], action="approve").status_code == 404
    )
    assert house.case(ids[0])["status"] == "pending"


def test_nothing_and_too_much_are_refused(house: House) -> None:
    assert batch(house.ana, []).status_code == 422
    assert batch(house.ana, [f"review_{number}" for number in range(21)]).status_code == 422
