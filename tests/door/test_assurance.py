"""Cases that want a signed-in person: who may see them, who may answer, and that no agent can.

docs/how-to/say-who-may-answer.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from openhitl.protocol.case import ActorKind, Assurance
from openhitl.protocol.people import Role, SessionKind
from openhitl.server.local import new_key
from openhitl.server.opening import open_store
from tests.databases import KINDS, TEMPLATE, administer
from tests.people import SignedInClient, owned_agent, sign_in
from tests.servers import APPROVAL, RunningServer, running, token_of
from tests.store.desk import CHANGED

APPROVE = {"action": "approve"}


@dataclass(frozen=True)
class House:
    """A server with people: Ana owns it and the agent, Bo is a member."""

    server: RunningServer
    ana: SignedInClient
    bo: SignedInClient

    def ask(self, **fields):
        return self.server.ask({**APPROVAL, **fields}, as_service=False)

    def page(self, who, hitl, *, token=True):
        params = {"token": token_of(hitl["review_url"])} if token else {}
        return who.get(f"/review/{hitl['case_id']}", params=params, headers={"accept": "text/html"})


def address(hitl, verb="respond"):
    return f"/reviews/{hitl['case_id']}/{verb}?token={token_of(hitl['review_url'])}"


@pytest.fixture(scope="module", params=KINDS)
def house(request, tmp_path_factory) -> Iterator[House]:
    settings = {}
    if request.param == "postgresql":
        make = request.getfixturevalue("postgres_template")
        administer(make, f"CREATE DATABASE assurance TEMPLATE {TEMPLATE}")
        settings = {"database_url": make("assurance"), "secret_key": "d0" * 32}
    with running(tmp_path_factory.mktemp("assurance"), **settings) as server:
        ana, bo = sign_in(server, "Ana"), sign_in(server, "Bo", Role.MEMBER)
        owned_agent(server, ana)
        yield House(server, ana, bo)


def test_once_there_are_people_an_agents_case_wants_one_who_is_signed_in(house):
    hitl = house.ask()
    assert "submit_token" not in hitl
    refused = house.server.anyone.post(address(hitl), json=APPROVE)
    assert (refused.status_code, refused.json()["error"]) == (401, "sign_in_required")
    done = house.ana.post(address(hitl), json=APPROVE)
    assert (done.status_code, done.json()["result"]["action"]) == (200, "approve")
    polled = house.server.status(hitl, as_service=False)
    assert polled["responded_by"] == {"name": "Ana"}


def test_without_a_session_there_is_nothing_to_see(house):
    hitl = house.ask(prompt="Wipe the archive?")
    page = house.page(house.server.anyone, hitl)
    assert (page.status_code, "Wipe the archive?" in page.text) == (200, False)
    assert "To see this question and answer it, sign in." in page.text
    fetched = house.server.agent.get(hitl["review_url"])  # as an agent would, without asking for a page
    assert (fetched.status_code, 'name="password"' in fetched.text) == (200, True)
    for verb, body in (("opened", None), ("draft", {"values": {}}), ("cancel", {}), ("challenge", APPROVE)):
        refused = house.server.anyone.post(address(hitl, verb), json=body)
        assert (refused.status_code, refused.json()["error"]) == (401, "sign_in_required"), verb
    assert house.server.status(hitl, as_service=False)["status"] == "pending"


def test_somebody_else_is_refused_and_told_so(house):
    hitl = house.ask()
    page = house.page(house.bo.http, hitl)
    assert (page.status_code, APPROVAL["prompt"] in page.text) == (403, False)
    assert "Somebody else has been asked" in page.text
    refused = house.bo.post(address(hitl), json=APPROVE)
    assert (refused.status_code, refused.json()["error"]) == (403, "not_assignee")


def test_a_person_needs_no_token_for_a_case_of_their_own(house):
    hitl = house.ask(prompt="Rotate the keys?")
    assert "Rotate the keys?" in house.page(house.ana.http, hitl, token=False).text
    assert house.page(house.bo.http, hitl, token=False).status_code == 404
    nothing = house.ana.http.get("/review/review_0000000000000000000000000z")
    assert nothing.status_code == 404
    done = house.ana.post(f"/reviews/{hitl['case_id']}/respond", json=APPROVE)
    assert done.status_code == 200


def test_without_a_session_existing_and_other_cases_look_alike(house):
    hitl = house.ask()
    pages = [
        house.server.anyone.get(f"/review/{case_id}")
        for case_id in (hitl["case_id"], "review_0000000000000000000000000z")
    ]
    assert [page.status_code for page in pages] == [200, 200]
    texts = [page.text.replace(page.url.path, "") for page in pages]
    assert texts[0] == texts[1]


def test_who_is_named_answers_and_nobody_else(house):
    owned_agent(house.server, house.ana, house.bo)
    try:
        hitl = house.ask(assignees=["bo"])
        refused = house.ana.post(address(hitl), json=APPROVE)
        assert (refused.status_code, refused.json()["error"]) == (403, "not_assignee")
        assert house.bo.post(address(hitl), json=APPROVE).status_code == 200
    finally:
        owned_agent(house.server, house.ana)


def test_an_agent_names_nobody_but_its_own_people_and_lowers_nothing(house):
    for fields in ({"assignees": ["Bo"]}, {"assurance": "link"}):
        refused = house.server.agent.post("/api/v1/reviews", json={**APPROVAL, **fields})
        assert (refused.status_code, refused.json()["error"]) == (403, "policy_refused"), fields


def test_an_agent_whose_people_want_more_asks_for_no_less(house):
    key = new_key(house.server.settings, "watched", ActorKind.AGENT, owner="Ana")
    store, _ = open_store(house.server.settings)
    agent = store.agent_named("watched")
    store.change_agent(agent.agent_id, assurance=Assurance.PASSKEY, **CHANGED)
    store.close()
    headers = {"authorization": f"Bearer {key}"}
    asked = house.server.anyone.post("/api/v1/reviews", json=APPROVAL, headers=headers)
    hitl = asked.json()["hitl"]
    unproven = house.ana.post(address(hitl), json=APPROVE)
    assert (unproven.status_code, unproven.json()["error"]) == (403, "verification_required")
    less = {**APPROVAL, "assurance": "signed_in"}
    refused = house.server.anyone.post("/api/v1/reviews", json=less, headers=headers)
    assert (refused.status_code, refused.json()["error"]) == (403, "policy_refused")


def test_a_service_asks_by_link_unless_it_wants_more(house):
    by_link = house.server.ask()
    assert house.server.anyone.post(address(by_link), json=APPROVE).status_code == 200
    named = house.server.ask({**APPROVAL, "assurance": "signed_in", "assignees": ["Bo"]})
    assert "submit_token" not in named
    assert house.server.anyone.post(address(named), json=APPROVE).status_code == 401
    assert house.bo.post(address(named), json=APPROVE).status_code == 200


def test_whoever_is_signed_in_answers_by_name_with_a_link_too(house):
    hitl = house.server.ask({**APPROVAL, "prompt": "Publish?"})
    assert house.ana.post(address(hitl), json=APPROVE).status_code == 200
    assert house.server.status(hitl)["responded_by"] == {"name": "Ana"}
    other = house.server.ask()
    # Without proof that it was their own page it is whoever holds the link.
    assert house.ana.http.post(address(other), json=APPROVE).status_code == 200
    assert "responded_by" not in house.server.status(other)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "https://evil.example"},
        {"origin": "http://localhost:9"},
        {"origin": "null"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "none"},
    ],
)
def test_another_page_cannot_have_a_persons_browser_answer(house, headers):
    hitl = house.ask()
    given = {**headers, "x-csrf-token": house.ana.csrf}
    refused = house.ana.http.post(address(hitl), json=APPROVE, headers=given)
    assert (refused.status_code, refused.json()["error"]) == (403, "cross_site")
    assert house.server.status(hitl, as_service=False)["status"] == "pending"


def test_a_form_of_another_session_is_not_ones_own(house):
    hitl = house.ask()
    origin = {"origin": house.server.url}
    for csrf in ("", house.bo.csrf, house.ana.csrf[:-1]):
        refused = house.ana.http.post(address(hitl), json=APPROVE, headers={**origin, "x-csrf-token": csrf})
        assert (refused.status_code, refused.json()["error"]) == (403, "cross_site")
    page = {"sec-fetch-site": "same-origin", "origin": "null", "x-csrf-token": house.ana.csrf}
    assert house.ana.http.post(address(hitl), json=APPROVE, headers=page).status_code == 200


def test_somebody_answers_from_a_terminal(house):
    terminal = sign_in(house.server, "Ana", kind=SessionKind.TERMINAL)
    hitl = house.ask()
    assert terminal.http.post(address(hitl), json=APPROVE).status_code == 200


def test_a_page_with_forms_posts_as_the_person_who_sees_it(house):
    """The page's own addresses carry what shows a post to come from it."""
    hitl = house.ask()
    page = house.page(house.ana.http, hitl).text
    assert f"csrf={house.ana.csrf}" in page
    form = {"action": "approve", "submission_id": "one"}
    headers = {"sec-fetch-site": "same-origin"}
    posted = house.ana.http.post(
        f"{address(hitl)}&csrf={house.ana.csrf}", data=form, headers=headers, follow_redirects=False
    )
    assert posted.status_code in (303, 422), posted.text  # 422: the page shows the details first


def test_people_see_what_waits_for_them_and_answer_it(house):
    terminal = sign_in(house.server, "Ana", kind=SessionKind.TERMINAL).http
    hitl = house.ask(prompt="Send the invoice?", metadata={"run": 7})
    listed = terminal.get("/api/v1/inbox", params={"status": "open", "limit": 1}).json()
    [case] = listed["cases"]
    assert (case["case_id"], case["prompt"], case["assurance"]) == (
        hitl["case_id"],
        "Send the invoice?",
        "signed_in",
    )
    assert listed["next_cursor"] == hitl["case_id"]
    assert {"metadata", "review_url", "poll_url"}.isdisjoint(case)
    answered = terminal.post(f"/api/v1/inbox/{hitl['case_id']}/respond", json=APPROVE)
    assert (answered.status_code, answered.json()["result"]["action"]) == (200, "approve")
    again = terminal.post(f"/api/v1/inbox/{hitl['case_id']}/respond", json={"action": "reject"})
    assert (again.status_code, again.json()["error"]) == (409, "duplicate_submission")
    shown = terminal.get(f"/api/v1/inbox/{hitl['case_id']}").json()
    assert (shown["status"], shown["responded_by"]) == ("completed", {"name": "Ana"})
    ended = terminal.get("/api/v1/inbox", params={"status": "ended"}).json()["cases"]
    assert hitl["case_id"] in [one["case_id"] for one in ended]


def test_an_inbox_holds_nothing_of_others(house):
    hitl = house.ask()
    assert hitl["case_id"] not in house.bo.http.get("/api/v1/inbox").text
    nothing = "review_0000000000000000000000000z"
    answers = [house.bo.http.get(f"/api/v1/inbox/{case_id}") for case_id in (hitl["case_id"], nothing)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content
    refused = house.bo.post(f"/api/v1/inbox/{hitl['case_id']}/respond", json=APPROVE)
    assert refused.status_code == 404
    for client in (house.server.agent, house.server.service, house.server.anyone):
        assert client.get("/api/v1/inbox").status_code == 401
        assert client.post(f"/api/v1/inbox/{hitl['case_id']}/respond", json=APPROVE).status_code == 401


@pytest.mark.parametrize("query", [{"status": "pending"}, {"limit": "0"}, {"limit": "x"}, {"since": "soon"}])
def test_an_inbox_says_what_it_cannot_read(house, query):
    refused = house.ana.http.get("/api/v1/inbox", params=query)
    assert (refused.status_code, refused.json()["error"]) == (422, "invalid_request")
