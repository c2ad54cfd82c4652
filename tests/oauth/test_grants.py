"""What somebody has allowed, they can see and take back."""

from __future__ import annotations

import re

import pytest

from openhitl.protocol.people import Role
from tests.oauth.world import OWN_FORM, Person, Program, asks_with, refused

PAGE = "/account/programs"


@pytest.fixture
def person(visitors, request):
    return Person(visitors, request.node.name, Role.MEMBER)


def grants_on(page):
    return re.findall(rf"{PAGE}/(\d+)/end", page.text)


def test_nobody_has_allowed_anything_at_first(person):
    page = person.look(PAGE)
    assert "None. When a program wants to ask you" in page.text
    assert PAGE in person.look("/account").text


def test_what_was_allowed_is_taken_back_at_once(server, person, alice):
    program = Program.registered(server, client_name="Editor")
    tokens = program.tokens(person, agent_name="helper", scope="ask read")
    reading = program.tokens(person, scope="read")
    assert asks_with(server, tokens["access_token"]).status_code == 202
    page = person.look(PAGE)
    assert page.text.count("Editor") >= 2
    assert "helper" in page.text
    assert page.text.count("reads only") == 1
    latest, first = grants_on(page)
    other = alice.browser.submit(f"{PAGE}/{first}/end")
    assert other.status_code == 404
    ended = person.browser.submit(f"{PAGE}/{first}/end")
    assert ended.headers["location"] == f"{PAGE}?done=program-ended"
    assert "may not ask you any more" in person.look(ended.headers["location"]).text
    assert asks_with(server, tokens["access_token"]).status_code == 401
    refused(program.refresh(tokens["refresh_token"]), "invalid_grant")
    assert program.refresh(reading["refresh_token"]).status_code == 200
    assert person.browser.submit(f"{PAGE}/{first}/end").status_code == 404
    assert grants_on(person.look(PAGE)) == [latest]


def test_no_other_page_takes_anything_back(server, person):
    Program.registered(server).tokens(person)
    [grant] = grants_on(person.look(PAGE))
    forged = person.browser.post(f"{PAGE}/{grant}/end", data={"csrf": "x"}, headers=OWN_FORM)
    assert forged.status_code == 403
    assert grants_on(person.look(PAGE)) == [grant]
    assert server.anyone.get(PAGE).status_code == 401
