"""Whom an agent belongs to, and who answers it when they cannot. On both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from openhitl.protocol.people import Role
from openhitl.store.people import NewPerson
from tests.store.desk import CHANGED, creating


@pytest.fixture
def people(desk):
    """An owner of the server, and two people who share an agent."""
    names = (("Olga", Role.OWNER), ("Ana", Role.MEMBER), ("Bo", Role.MEMBER))
    made = [desk.store.add_person(NewPerson(name=name, role=role), **CHANGED) for name, role in names]
    return [person.person_id for person in made]


def case_of(desk, *owners):
    agent = desk.store.add_agent("bot", owners=owners, **CHANGED)
    return agent.agent_id, desk.do(creating(agent.agent_id)).decision.case.case_id


def answerers(desk, agent_id, case_id, people):
    able = [person for person in people if desk.store.may_answer(case_id, person)]
    assert [person.person_id for person in desk.store.owners_of(agent_id)] == able
    return able


def test_its_owners_answer_an_agent_and_the_servers_where_it_has_none_who_could(desk, people):
    olga, ana, bo = people
    agent_id, case_id = case_of(desk, ana, bo)
    assert answerers(desk, agent_id, case_id, people) == [ana, bo]
    desk.store.disable_person(ana, **CHANGED)
    assert desk.store.may_answer(case_id, bo)
    desk.store.disable_person(bo, **CHANGED)
    assert [one.person_id for one in desk.store.owners_of(agent_id)] == [olga]
    assert desk.store.may_answer(case_id, olga)
    desk.store.enable_person(bo, **CHANGED)
    assert [one.person_id for one in desk.store.owners_of(agent_id)] == [bo]
    assert not desk.store.may_answer(case_id, olga)


def test_an_agent_is_left_to_somebody_who_can_sign_in(desk, people):
    _, ana, bo = people
    agent_id, _ = case_of(desk, ana, bo)
    desk.store.disable_person(bo, **CHANGED)
    assert not desk.store.remove_owner(agent_id, ana, **CHANGED)
    assert desk.store.remove_owner(agent_id, bo, **CHANGED)
    assert not desk.store.remove_owner(agent_id, bo, **CHANGED)


def test_of_two_who_leave_at_once_one_stays(desk, people):
    _, ana, bo = people
    agent_id, _ = case_of(desk, ana, bo)
    with ThreadPoolExecutor(2) as threads:
        left = list(threads.map(lambda who: desk.store.remove_owner(agent_id, who, **CHANGED), (ana, bo)))
    assert sorted(left) == [False, True]


def test_the_servers_own_agent_of_a_name_is_nobody_elses_and_was_not_stopped(desk, people):
    _, ana, _ = people
    theirs = desk.store.add_agent("bot", owners=[ana], **CHANGED)
    own = desk.store.agent_of("bot", **CHANGED)
    assert own != theirs
    assert desk.store.agent_of("bot", **CHANGED) == own
    desk.store.change_agent(own.agent_id, is_disabled=True, **CHANGED)
    assert desk.store.agent_of("bot", **CHANGED).agent_id not in (own.agent_id, theirs.agent_id)
