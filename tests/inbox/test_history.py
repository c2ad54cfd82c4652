"""What has ended: found again by who, where, how, what and when; taken away as JSON and as a table."""

from __future__ import annotations

import asyncio
import csv
import html
import io
import re
from typing import Any

import pytest

from openhitl.cases import EndedAt, HistoryPage
from openhitl.review.inbox.export import gathered
from tests.inbox.house import House
from tests.pages.leaves import page_text
from tests.pages.samples import NOW, made
from tests.people import SignedInClient
from tests.servers import token_of


def found(who: SignedInClient, /, **query: str) -> list[str]:
    """Name the cases on a page of somebody's history."""
    page = who.http.get("/inbox/history", params=query)
    assert page.status_code == 200, page.text
    return re.findall(r'href="/review/(review_\w+)"', page.text)


def taken(who: SignedInClient, /, **query: str) -> list[dict[str, Any]]:
    answer = who.http.get("/inbox/history/export", params=query)
    assert answer.status_code == 200, answer.text
    cases: list[dict[str, Any]] = answer.json()["cases"]
    return cases


@pytest.fixture(scope="module")
def past(house: House) -> dict[str, str]:
    """One case of each way to end, by name, oldest first."""
    ids = {"inbox": house.ask(prompt="=HYPERLINK(0)")}
    house.respond(house.ana, ids["inbox"])
    hitl = house.server.ask({"type": "approval", "prompt": "By link?"})
    ids["link"] = hitl["case_id"]
    token = {"token": token_of(hitl["review_url"])}
    answer = house.server.anyone.post(
        f"/reviews/{ids['link']}/respond", params=token, json={"action": "approve"}
    )
    assert answer.status_code == 200
    ids["page"] = house.ask(type="confirmation", prompt="On its page?", context={})
    posted = house.ana.post(f"/reviews/{ids['page']}/respond", json={"action": "confirm"})
    assert posted.status_code == 200, posted.text
    ids["withdrawn"] = house.ask(prompt="Never mind?")
    gone = house.server.agent.post(f"/api/v1/reviews/{ids['withdrawn']}/cancel", json={"reason": "no"})
    assert gone.status_code == 200
    return ids


def test_what_has_ended_is_there_the_last_first(house: House, past: dict[str, str]) -> None:
    assert found(house.ana) == list(reversed(past.values()))
    assert house.ask() not in found(house.ana)
    # What belongs to nobody is for owners to answer, and Bo is none.
    assert found(house.bo) == []


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"who": "me"}, ["page", "inbox"]),
        ({"who": "others"}, ["withdrawn", "link"]),
        ({"status": "cancelled"}, ["withdrawn"]),
        ({"status": "completed", "type": "confirmation"}, ["page"]),
        ({"where": "inbox"}, ["inbox"]),
        ({"where": "page"}, ["page", "link"]),
        ({"where": "notification"}, []),
        ({"how": "signed_in"}, ["page", "inbox"]),
        ({"how": "link"}, ["link"]),
        ({"how": "passkey"}, []),
        ({"since": "2999-01-01"}, []),
        ({"since": "2020-01-01"}, ["withdrawn", "page", "link", "inbox"]),
    ],
)
def test_it_is_narrowed_down(
    house: House, past: dict[str, str], query: dict[str, str], names: list[str]
) -> None:
    assert found(house.ana, **query) == [past[name] for name in names]
    assert [one["case_id"] for one in taken(house.ana, **query)] == [past[name] for name in names]


def test_it_says_who_where_how_and_what_was_shown(house: House, past: dict[str, str]) -> None:
    one = next(one for one in taken(house.ana) if one["case_id"] == past["inbox"])
    assert one["action"] == "approve"
    assert (one["name"], one["surface"], one["assurance"]) == ("Ana", "inbox", "signed_in")
    page = house.ana.http.get("/inbox/history").text
    assert one["shown_digest"] in page
    assert "by you" in page
    assert "in the inbox" in html.unescape(page)
    opened = house.ana.http.get(f"/review/{past['inbox']}").text
    assert "by Ana · in the inbox" in page_text(opened)


def test_a_table_calculates_nothing(house: House, past: dict[str, str]) -> None:
    answer = house.ana.http.get("/inbox/history/export?format=csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="history.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["case_id"] for row in rows] == list(reversed(past.values()))
    assert rows[-1]["prompt"] == "'=HYPERLINK(0)"
    assert rows[-1]["data"] == "{}"


def test_what_is_taken_away_says_whether_that_was_all(house: House, past: dict[str, str]) -> None:
    for kind in ("json", "csv"):
        answer = house.ana.http.get("/inbox/history/export", params={"format": kind})
        assert answer.headers["x-complete"] == "true"
    assert house.ana.http.get("/inbox/history/export").json()["complete"] is True
    assert "Take it away, the last 10,000 at most" in page_text(house.ana.http.get("/inbox/history").text)


@pytest.mark.parametrize(("most", "is_complete"), [(3, False), (4, True), (5, True)])
def test_a_history_that_is_cut_says_so(most: int, is_complete: bool) -> None:
    ended = made("approval", "Over", {})
    pages = [HistoryPage([ended] * 2, EndedAt(NOW, "review_1")), HistoryPage([ended] * 2, None)]

    async def find(*, after: EndedAt | None, limit: int) -> HistoryPage:
        return pages[0] if after is None else pages[1]

    taken = asyncio.run(gathered(find, most=most))
    assert (len(taken.cases), taken.is_complete) == (min(most, 4), is_complete)


def test_pages_go_on_where_the_one_before_ended(house: House, past: dict[str, str]) -> None:
    more = [house.ask(prompt=f"Approve number {number}") for number in range(31)]
    for case_id in more:
        house.respond(house.ana, case_id)
    first = house.ana.http.get("/inbox/history").text
    following = re.search(r'href="(/inbox/history\?[^"]*after=[^"]*)"', first)
    assert following
    second = house.ana.http.get(html.unescape(following[1])).text
    pages = [re.findall(r'href="/review/(review_\w+)"', page) for page in (first, second)]
    assert pages[0] + pages[1] == [*reversed(more), *reversed(past.values())]


def test_what_cannot_be_looked_for_is_refused(house: House) -> None:
    wrong = [
        {"who": "x"},
        {"status": "pending"},
        {"type": "x-y"},
        {"how": "x"},
        {"since": "soon"},
        {"after": "1"},
    ]
    for query in wrong:
        assert house.ana.http.get("/inbox/history", params=query).status_code == 422
    assert house.ana.http.get("/inbox/history/export?format=xml").status_code == 422
