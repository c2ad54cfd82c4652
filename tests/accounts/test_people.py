"""What owners do with everybody's accounts, over real HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from openhitl.protocol.people import Role
from tests.accounts.visitors import Browser, Visitors, invitation, way_in
from tests.servers import RunningServer


@pytest.fixture(scope="module")
def owner(server: RunningServer) -> Iterator[Browser]:
    """The browser of the server's owner, who has been there from the first."""
    visitors = Visitors(server)
    yield visitors.joined("Olga", Role.OWNER)
    visitors.close()


def number_of(owner: Browser, name: str) -> str:
    """Read somebody's number off the list."""
    person = owner.get("/people").text.split(f"<bdi>{name}</bdi></b>")[1]
    found = re.search(r"/people/(\d+)/", person)
    assert found
    return found[1]


def link_in(page: httpx2.Response) -> str:
    """Read the link that a page shows once."""
    found = re.search(r'<code class="whole" tabindex="0">(http[^<]+)</code>', page.text)
    assert found, page.text
    return found[1]


def test_owners_see_everybody_and_members_nobody(owner: Browser, visitors: Visitors) -> None:
    member = visitors.joined("Anna")
    assert "Anna" in owner.get("/people").text
    refused = member.get("/people")
    assert refused.status_code == 403
    assert "This is for owners" in refused.text
    assert "Olga" not in refused.text


@pytest.mark.parametrize("role", list(Role))
def test_an_invitation_is_shown_once_and_makes_an_account_of_its_role(
    owner: Browser, visitors: Visitors, role: Role
) -> None:
    link = link_in(owner.submit("/people/invite", role=role))
    invited = visitors.browser()
    name = f"Invited {role}"
    assert invited.join(link, name).status_code == 303
    assert invited.get("/people").status_code == (200 if role is Role.OWNER else 403)
    owner.submit(f"/people/{number_of(owner, name)}/disable")


@pytest.mark.parametrize("role", ["", "admin", "OWNER"])
def test_no_other_role_is_given(owner: Browser, role: str) -> None:
    assert owner.submit("/people/invite", role=role).status_code == 422


def test_members_change_nobody(owner: Browser, visitors: Visitors) -> None:
    mallory = visitors.joined("Mallory")
    olga = number_of_first(owner)
    for path in ("invite", f"{olga}/link", f"{olga}/role", f"{olga}/disable", f"{olga}/enable"):
        assert mallory.submit(f"/people/{path}", role="member").status_code == 403, path
    assert owner.get("/people").status_code == 200


def number_of_first(owner: Browser) -> str:
    """Olga's own number: she was the first."""
    answer = owner.client.get("/api/v1/sessions/current").json()
    return str(answer["person"]["id"]).removeprefix("person:")


def test_who_lost_their_way_in_gets_a_link(owner: Browser, visitors: Visitors) -> None:
    visitors.joined("Bruno")
    link = link_in(owner.submit(f"/people/{number_of(owner, 'Bruno')}/link"))
    browser = visitors.browser()
    browser.post(link)
    assert browser.who() == "Bruno"


def test_who_is_disabled_is_out_at_once_everywhere(
    owner: Browser, server: RunningServer, visitors: Visitors
) -> None:
    browser = visitors.joined("Cora")
    terminal = server.anyone.post("/api/v1/sessions", json={"link_token": way_in(server, "Cora")}).json()
    headers = {"authorization": f"Bearer {terminal['token']}"}
    number = number_of(owner, "Cora")
    later = way_in(server, "Cora")
    answer = owner.submit(f"/people/{number}/disable")
    assert "The account was disabled" in owner.get(answer.headers["location"]).text
    assert browser.who() is None
    assert browser.get("/account").headers["location"].startswith("/sign-in?")
    assert server.anyone.get("/api/v1/sessions/current", headers=headers).status_code == 401
    there = visitors.browser()
    assert there.sign_in("Cora").status_code == 401
    assert there.get(later).status_code == 401
    assert there.post(later).status_code == 401
    owner.submit(f"/people/{number}/enable")
    assert browser.who() is None, "sessions that were ended stay so"
    assert there.sign_in("Cora").status_code == 303


def test_links_end_with_the_right_to_make_them(owner: Browser, visitors: Visitors) -> None:
    """Who is no owner any more does not come back by what they prepared."""
    second = visitors.joined("Doris", Role.OWNER)
    visitors.joined("Emma")
    invitation_link = link_in(second.submit("/people/invite", role="owner"))
    as_emma = link_in(second.submit(f"/people/{number_of(second, 'Emma')}/link"))
    number = number_of(owner, "Doris")
    owner.submit(f"/people/{number}/role", role="member")
    own = visitors.browser()
    page = second.submit("/account/link")
    for link in (invitation_link, as_emma):
        assert visitors.browser().get(link).status_code == 401
        assert visitors.browser().join(link, "Doris again").status_code == 401
    own.post(re.findall(r"(http\S+token=hitli_[\w-]+)", page.text)[0])
    assert own.who() == "Doris", "a member makes links for herself"


def test_somebody_stays_the_owner(owner: Browser) -> None:
    number = number_of_first(owner)
    for path, fields in (("disable", {}), ("role", {"role": "member"})):
        refused = owner.submit(f"/people/{number}/{path}", **fields)
        assert refused.status_code == 409
        assert "Somebody has to stay the owner" in refused.text
    assert owner.get("/people").status_code == 200


def test_two_owners_cannot_throw_each_other_out_at_once(owner: Browser, visitors: Visitors) -> None:
    second = visitors.joined("Frieda", Role.OWNER)
    first_number, second_number = number_of_first(owner), number_of(owner, "Frieda")
    with ThreadPoolExecutor(2) as pool:
        answers = [
            pool.submit(second.submit, f"/people/{first_number}/role", role="member"),
            pool.submit(owner.submit, f"/people/{second_number}/role", role="member"),
        ]
        codes = sorted(answer.result().status_code for answer in answers)
    assert codes[0] == 303
    assert codes[1] in (403, 409)
    if owner.get("/people").status_code == 403:
        second.submit(f"/people/{first_number}/role", role="owner")
    assert owner.get("/people").status_code == 200


@pytest.mark.parametrize("number", ["999999", "0", "x", "-1", "٣", "9" * 40, "1.0"])
@pytest.mark.parametrize("what", ["link", "role", "disable", "enable"])
def test_who_is_not_there_is_not_found(owner: Browser, number: str, what: str) -> None:
    assert owner.submit(f"/people/{number}/{what}", role="member").status_code == 404


def test_one_link_makes_one_account_however_many_press_at_once(
    server: RunningServer, visitors: Visitors
) -> None:
    link = invitation(server)
    browsers = [visitors.browser() for _ in range(10)]
    with ThreadPoolExecutor(10) as pool:
        joins = [pool.submit(one.join, link, f"Racer {place}") for place, one in enumerate(browsers)]
        codes = sorted(join.result().status_code for join in joins)
    assert codes == [303] + [401] * 9
    assert sum(one.who() is not None for one in browsers) == 1


def test_one_link_signs_in_one_however_many_press_at_once(server: RunningServer, visitors: Visitors) -> None:
    visitors.joined("Gina")
    link = way_in(server, "Gina")
    browsers = [visitors.browser() for _ in range(10)]
    with ThreadPoolExecutor(10) as pool:
        codes = sorted(one.result().status_code for one in [pool.submit(b.post, link) for b in browsers])
    assert codes == [303] + [401] * 9
    assert sum(one.who() is not None for one in browsers) == 1
