"""Names of people, and who is meant by an actor."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from openhitl.errors import InvalidRequest
from openhitl.protocol.case import Actor, ActorKind
from openhitl.protocol.passkeys import PasskeyHolder
from openhitl.protocol.people import Person, Role, actor_id_of, checked_name, name_key, person_of
from openhitl.protocol.scopes import ALL_SCOPES, Scope, parse_scopes, spelled

NOW = datetime(2026, 2, 20, 10, 0, tzinfo=UTC)


def test_an_actor_is_a_person_by_number_or_nobody_with_an_account():
    ana = Person(person_id=3, name="Ana", role=Role.OWNER, created_at=NOW)
    assert ana.actor_id == actor_id_of(3) == "person:3"
    assert person_of(Actor(kind=ActorKind.PERSON, id=ana.actor_id)) == 3
    assert person_of(Actor(kind=ActorKind.LINK, id="link:review_1:0")) is None


@pytest.mark.parametrize("name", ["Ana", "Ana María", "安娜", "x" * 100, "Ana-Lena O’Neil", "Zoë 🙂"])
def test_names_are_what_can_be_seen(name):
    assert checked_name(f"  {name} ") == name


@pytest.mark.parametrize(
    "name", ["", "   ", "x" * 101, "A\u202eb", "A\u200bna", "A\nna", "A  na", "\0", None, 7, ["Ana"]]
)
def test_what_nobody_could_read_is_no_name(name):
    with pytest.raises(InvalidRequest) as refused:
        checked_name(name)
    assert [error["path"] for error in refused.value.details["errors"]] == ["name"]


def test_names_that_read_alike_are_one():
    """Unicode 3.13 "Default Caseless Matching", after NFKC."""
    assert len({name_key(name) for name in ("Ana", "ana ", "ANA", "\uff21na")}) == 1
    assert name_key("Straße") == name_key("STRASSE")
    assert checked_name("Zoe\u0308") == "Zo\u00eb"


def test_whoever_registers_a_passkey_acts_as_who_it_is_for():
    theirs = PasskeyHolder("Ana", 3).actor
    assert (theirs.kind, theirs.id, theirs.name) == (ActorKind.PERSON, "person:3", "Ana")
    label = PasskeyHolder("Ana").actor
    assert (label.kind, label.id, person_of(label)) == (ActorKind.LINK, "passkey:Ana", None)


def test_scopes_are_words_in_one_order():
    """RFC 6749 §3.3."""
    assert parse_scopes("read ask") == ALL_SCOPES
    assert parse_scopes("") == frozenset()
    assert spelled([Scope.READ, Scope.ASK]) == "ask read"
    with pytest.raises(ValueError, match="decide"):
        parse_scopes("ask decide")
