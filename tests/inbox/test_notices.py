"""What people were told: for whom it is, and what they have read of it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.inbox.house import House
from tests.people import SignedInClient


def tell(house: House, message: str) -> int:
    """Tell something as the agent; return its number."""
    made = house.server.agent.post("/api/v1/notices", json={"message": message})
    assert made.status_code == 201, made.text
    return int(made.json()["id"].removeprefix("notice_"))


def unread(who: SignedInClient) -> list[int]:
    """Number what somebody has not read, as their page says."""
    page = who.http.get("/inbox/notices").text
    return [int(number) for number in re.findall(r'id="row-notice_(\d+)" data-version="unread"', page)]


def counted(who: SignedInClient) -> str:
    found = re.search(r'data-live="count-notices">(\d*)<', who.http.get("/inbox").text)
    assert found
    return found[1]


def read_all(who: SignedInClient) -> None:
    newest = max(unread(who), default=0)
    assert who.post("/inbox/notices/read", data={"until": str(newest)}).status_code == 303


def test_a_notice_is_unread_until_its_reader_says_otherwise(house: House) -> None:
    read_all(house.ana)
    number = tell(house, "The backup is done.")
    assert unread(house.ana) == [number]
    assert counted(house.ana) == "1"
    assert "The backup is done." in house.ana.http.get("/inbox/notices").text
    assert unread(house.ana) == [number]  # to look is not to say that one has read it
    read_all(house.ana)
    assert (unread(house.ana), counted(house.ana)) == ([], "")
    read_all(house.ana)  # twice is once


def test_what_came_meanwhile_stays_unread(house: House) -> None:
    first = tell(house, "One.")
    second = tell(house, "Two.")
    assert house.ana.post("/inbox/notices/read", data={"until": str(first)}).status_code == 303
    assert unread(house.ana) == [second]


def test_others_are_not_told(house: House) -> None:
    number = tell(house, "Only for Ana.")
    assert "Only for Ana." not in house.bo.http.get("/inbox/notices").text
    house.bo.post("/inbox/notices/read", data={"until": str(number)})
    assert number in unread(house.ana)


def test_a_muted_agent_is_listed_and_not_counted(house: House) -> None:
    read_all(house.ana)
    agents = house.ana.http.get("/agents").text
    found = re.search(r"/agents/(\d+)", agents)
    assert found
    path = f"/agents/{found[1]}"
    assert house.ana.post(f"{path}/mute").status_code == 303
    number = tell(house, "Psst.")
    case_id = house.ask()
    assert (unread(house.ana), counted(house.ana)) == ([number], "")
    assert case_id in house.ana.http.get("/inbox").text
    assert "muted" in house.ana.http.get("/agents").text
    assert house.ana.post(f"{path}/unmute").status_code == 303
    assert counted(house.ana) == "1"


def test_older_ones_are_on_the_pages_after(house: House) -> None:
    first = tell(house, "The oldest of many.")
    for number in range(50):
        tell(house, f"Number {number}.")
    page = house.ana.http.get("/inbox/notices").text
    assert "The oldest of many." not in page
    older = re.search(r"\?before=(\d+)", page)
    assert older
    assert f"row-notice_{first}" in house.ana.http.get(f"/inbox/notices?before={older[1]}").text


def test_numbers_that_are_none_are_refused(house: House) -> None:
    for text in ("x", "-1", "1.5", ""):
        assert house.ana.http.get("/inbox/notices", params={"before": text}).status_code == 422
        assert house.ana.post("/inbox/notices/read", data={"until": text}).status_code == 422


def listed(who: SignedInClient, **query: object) -> dict[str, Any]:
    answer = who.http.get("/api/v1/inbox/notices", params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_programs_list_what_their_person_was_told(house: House) -> None:
    read_all(house.ana)
    first, second = tell(house, "First."), tell(house, "Second.")
    page = listed(house.ana, limit=1)
    (newest,) = page["notices"]
    assert (newest["id"], newest["message"], newest["kind"], newest["read"]) == (
        f"notice_{second}", "Second.", "info", False,
    )  # fmt: skip
    assert page["unread"] == 2
    following = listed(house.ana, limit=1, cursor=page["next_cursor"])
    assert following["notices"][0]["id"] == f"notice_{first}"
    assert listed(house.ana, cursor="notice_1")["next_cursor"] is None
    until = {"until": f"notice_{first}"}
    assert house.ana.post("/api/v1/inbox/notices/read", json=until).status_code == 204
    assert [one["read"] for one in listed(house.ana, limit=2)["notices"]] == [False, True]
    assert unread(house.ana) == [second]


def test_programs_of_others_are_not_told(house: House) -> None:
    number = tell(house, "Only for Ana's programs.")
    assert listed(house.bo)["notices"] == []
    until = {"until": f"notice_{number}"}
    assert house.bo.post("/api/v1/inbox/notices/read", json=until).status_code == 204
    assert number in unread(house.ana)
    for client in (house.server.anyone, house.server.agent, house.server.service):
        assert client.get("/api/v1/inbox/notices").status_code == 401
        assert client.post("/api/v1/inbox/notices/read", json=until).status_code == 401


def test_another_page_reads_nothing_in_somebody_s_name(house: House) -> None:
    tell(house, "Unread.")
    before = unread(house.ana)
    given = {"json": {"until": f"notice_{before[0]}"}}
    for headers in ({}, {"origin": "https://evil.example.com", "x-csrf-token": house.ana.csrf}):
        refused = house.ana.http.post("/api/v1/inbox/notices/read", headers=headers, **given)
        assert refused.status_code == 403
    assert unread(house.ana) == before


@pytest.mark.parametrize(
    "until", [None, 1, "", "1", "notice_", "notice_-1", "notice_01", "notice_9007199254740992", "x"]
)
def test_what_is_no_notice_is_refused(house: House, until: object) -> None:
    refused = house.ana.post("/api/v1/inbox/notices/read", json={"until": until})
    assert refused.status_code == 422
    if isinstance(until, str):
        assert house.ana.http.get("/api/v1/inbox/notices", params={"cursor": until}).status_code == 422
