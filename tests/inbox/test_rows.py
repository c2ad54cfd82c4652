"""What waits is listed, and what is small enough is answered in its row: there, and nowhere else."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.inbox.house import House
from tests.people import SignedInClient

BRIEF_CONTEXT = {"risk": "low"}


def listed(who: SignedInClient, query: str = "") -> list[str]:
    """Name the cases of somebody's inbox in the order in which they stand there."""
    page = who.http.get(f"/inbox{query}")
    assert page.status_code == 200, page.text
    return re.findall(r'id="row-(review_\w+)"', page.text)


def row(who: SignedInClient, case_id: str, query: str = "") -> str:
    """Return the HTML of one row."""
    found = re.search(rf'<li [^>]*id="row-{case_id}".*?</li>', who.http.get(f"/inbox{query}").text, re.DOTALL)
    assert found
    return found[0]


def test_what_waits_is_listed_by_deadline_and_then_by_risk(house: House) -> None:
    later = house.ask(timeout="5h", context={"risk": "low"})
    risky = house.ask(timeout="4h", context={"risk": "high"})
    plain = house.ask(timeout="4h", context={})
    soon = house.ask(timeout="10m")
    mine = [one for one in listed(house.ana) if one in (later, risky, plain, soon)]
    assert mine[0] == soon
    assert mine.index(risky) < mine.index(plain)
    assert later in mine
    assert not set(listed(house.bo)) & {later, risky, plain, soon}


def test_an_answer_in_a_row_counts_by_name_and_from_the_inbox(house: House) -> None:
    case_id = house.ask()
    answer = house.respond(house.ana, case_id)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/inbox?seen={case_id}")
    told = house.case(case_id)
    assert (told["status"], told["result"]["action"]) == ("completed", "approve")
    shown = row(house.ana, case_id, f"?seen={case_id}")
    assert "Approved" in shown
    assert "by you" in shown
    assert "<form" not in shown
    assert case_id not in listed(house.ana)


SIZES: dict[str, Any] = {
    "type": "selection",
    "prompt": "Which size?",
    "context": {
        "risk": "low",
        "items": [{"id": "s", "title": "Small"}, {"id": "l", "title": "Large"}],
        "min": 1,
        "max": 1,
    },
}


def test_one_of_a_few_is_chosen_in_its_row(house: House) -> None:
    case_id = house.ask(**SIZES)
    assert 'value="l" required' in row(house.ana, case_id)
    assert house.respond(house.ana, case_id, "select", selected="l").status_code == 303
    assert house.case(case_id)["result"]["data"] == {"selected": ["l"]}


@pytest.mark.parametrize("fields", [{"selected": "x"}, {"selected": ""}, {}])
def test_nothing_else_is_chosen_in_a_row(house: House, fields: dict[str, str]) -> None:
    case_id = house.ask(**SIZES)
    assert house.respond(house.ana, case_id, "select", **fields).status_code == 403
    assert house.respond(house.ana, case_id, "approve").status_code == 403
    for picked in ({}, {"action": "select", "selected": "s"}):
        assert house.ana.post("/inbox/batch", data={"case": case_id, **picked}).status_code == 403
    many = house.ask(**{**SIZES, "context": {**SIZES["context"], "max": 2}})
    assert house.respond(house.ana, many, "select", selected="s").status_code == 403
    assert house.case(case_id)["status"] == house.case(many)["status"] == "pending"


def test_who_has_no_passkey_is_told_where_to_add_one(house: House) -> None:
    case_id = house.ask(assurance="passkey")
    page = house.ana.http.get(f"/review/{case_id}").text
    assert 'You have no passkey yet: <a href="/account">add one to your account</a>' in page
    assert "Ask whoever runs this service" not in page


def test_a_button_pressed_twice_is_one_answer(house: House) -> None:
    case_id = house.ask()
    answers = [house.respond(house.ana, case_id, submission_id="once") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]


def test_whoever_comes_second_is_told_who_was_first(house: House) -> None:
    case_id = house.ask()
    house.respond(house.ana, case_id, "reject")
    assert house.respond(house.ana, case_id, "approve").status_code == 303
    assert house.case(case_id)["result"]["action"] == "reject"


@pytest.mark.parametrize(
    "fields",
    [
        {"context": {"risk": "medium"}},
        {"context": {}},
        {"context": {**BRIEF_CONTEXT, "facts": {"to": "production"}}},
        {"context": {**BRIEF_CONTEXT, "anything": True}},
        {"context": {"risk": {"level": "low", "reasons": ["one", "two"]}}},
        {"context": {"risk": {"level": "low", "reasons": ["x" * 81]}}},
        {"message": "There is more to say."},
        {"prompt": "x" * 141},
        {"prompt": "Approve\u202e this"},
        {"assurance": "passkey"},
        {"type": "confirmation", "context": {**BRIEF_CONTEXT, "irreversible": True}},
        {"type": "confirmation", "context": {**BRIEF_CONTEXT, "items": [{"id": "a", "title": "A"}]}},
        {"type": "escalation", "context": {"error": {"title": "It failed"}, "risk": "low"}},
    ],
)
def test_what_has_to_be_opened_is_refused_in_a_row(house: House, fields: dict[str, Any]) -> None:
    case_id = house.ask(**fields)
    assert "<form" not in row(house.ana, case_id)
    for action in ("approve", "confirm", "skip"):
        answer = house.respond(house.ana, case_id, action)
        assert (answer.status_code, answer.json()["error"]) == (403, "action_not_inline")
        assert answer.json()["review_url"].endswith(f"/review/{case_id}")
    assert house.case(case_id)["status"] == "pending"


def test_no_other_action_is_taken_in_a_row(house: House) -> None:
    case_id = house.ask()
    for action in ("edit", "confirm", ""):
        assert house.respond(house.ana, case_id, action).status_code == 403


def test_a_case_of_others_is_not_there(house: House) -> None:
    case_id = house.ask()
    assert house.respond(house.bo, case_id).status_code == 404
    assert house.ana.http.post(f"/inbox/{case_id}/respond", data={"action": "approve"}).status_code == 403
    assert house.case(case_id)["status"] == "pending"


def test_a_search_finds_prompts_and_agents(house: House) -> None:
    case_id = house.ask(prompt="Approve the zebra crossing")
    assert listed(house.ana, "?q=ZEBRA") == [case_id]
    assert case_id in listed(house.ana, "?q=under-test")
    assert listed(house.ana, "?q=nothing+like+it") == []


def test_others_never_see_how_a_case_ended(house: House) -> None:
    case_id = house.ask()
    house.respond(house.ana, case_id)
    assert listed(house.bo, f"?seen={case_id}") == []


def test_a_list_that_is_cut_says_so(house: House) -> None:
    cut, searched = "the 200 that are due first", "Searched among the 200 that are due first"
    assert cut not in house.ana.http.get("/inbox").text
    for number in range(201):
        house.ask(prompt=f"Approve number {number}")
    assert cut in house.ana.http.get("/inbox").text
    assert searched in house.ana.http.get("/inbox?q=nothing+like+it").text
