"""The first owner: of all links that were given out for it, one makes an account."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from openhitl.keyring import Keyring
from openhitl.protocol.audit import OPERATOR
from openhitl.protocol.passkeys import NewPasskey
from openhitl.protocol.people import LinkKind, Method, Role, SessionKind
from openhitl.store import Store
from openhitl.store.people import NewPerson
from openhitl.store.sessions import NewSession
from tests.store.desk import HOUR, NOW, SECRET, WAIT_SECONDS

KEY = NewPasskey(rp_id="localhost", credential_id=b"id", public_key=b"cose", sign_count=0)


@pytest.fixture
def store(database_url):
    store = Store.open(database_url, Keyring(SECRET))
    yield store
    store.close()


def session(name):
    return NewSession(
        kind=SessionKind.BROWSER,
        hash=name.encode().ljust(32),
        method=Method.PASSWORD,
        device="here",
        expires_at=NOW + HOUR,
    )


def first_link(store, name):
    return store.add_first_link(name.encode().ljust(32), by=OPERATOR, now=NOW, until=NOW + HOUR)


def join(store, link, name, **given):
    new = NewPerson(name=name, role=Role.MEMBER, password_hash="hash")
    return store.join(link.encode().ljust(32), new, session(name), now=NOW, **given)


def test_whoever_comes_first_is_an_owner_and_the_other_links_are_void(store):
    assert all(first_link(store, name) for name in ("printed", "restarted", "asked for"))
    assert join(store, "restarted", "Alice").person.role is Role.OWNER
    for name in ("printed", "restarted", "asked for"):
        assert store.link(name.encode().ljust(32), NOW) is None
        assert join(store, name, f"Eve {name}") is None
    assert [person.name for person in store.people()] == ["Alice"]
    assert store.verify_log() is None


def test_an_account_is_recorded_before_its_passkey_and_that_is_somebodys_alone(store):
    first_link(store, "printed")
    join(store, "printed", "Alice", passkey=KEY)
    entries = store.log_entries(after=0, until=store.log_end().position)
    assert [one.kind for one in entries] == [
        "link.made",
        "person.added",
        "passkey.added",
        "session.signed_in",
    ]
    link = b"one".ljust(32)
    store.add_link(link, LinkKind.JOIN, by=OPERATOR, now=NOW, until=NOW + HOUR, role=Role.MEMBER)
    assert join(store, "one", "Bob", passkey=KEY) is None
    assert store.link(link, NOW) is not None
    assert [person.name for person in store.people()] == ["Alice"]


def test_a_server_that_has_people_gives_out_no_such_link(store):
    assert first_link(store, "printed")
    join(store, "printed", "Alice")
    assert not first_link(store, "printed again")
    assert store.link(b"printed again".ljust(32), NOW) is None


def test_a_first_link_is_good_for_as_long_as_it_says(store):
    first_link(store, "printed")
    new = NewPerson(name="Late", role=Role.OWNER, password_hash="hash")
    assert store.join(b"printed".ljust(32), new, session("Late"), now=NOW + HOUR) is None
    assert store.people() == []


def test_later_invitations_do_not_touch_each_other(store):
    first_link(store, "printed")
    join(store, "printed", "Alice")
    for name, role in (("one", Role.OWNER), ("two", Role.OWNER), ("three", Role.MEMBER)):
        given = {"by": OPERATOR, "now": NOW, "until": NOW + timedelta(days=3), "role": role}
        store.add_link(name.encode().ljust(32), LinkKind.JOIN, **given)
        assert store.link(name.encode().ljust(32), NOW).role is role
    assert join(store, "two", "Bob").person.role is Role.OWNER
    assert join(store, "one", "Carol").person.role is Role.OWNER
    assert join(store, "three", "Dan").person.role is Role.MEMBER


def test_of_many_first_links_used_at_once_one_makes_an_owner(store):
    """Several servers of one database each print one."""
    names = [f"server {number}" for number in range(6)]
    assert all(first_link(store, name) for name in names)
    together = threading.Barrier(len(names) + 1)

    def race(name):
        together.wait(WAIT_SECONDS)
        return join(store, name, f"Owner of {name}")

    def print_another():
        together.wait(WAIT_SECONDS)
        return first_link(store, "late"), None

    with ThreadPoolExecutor(len(names) + 1) as threads:
        late = threads.submit(print_another)
        joined = [one for one in threads.map(race, names) if one is not None]
        late.result(WAIT_SECONDS)
    assert len(joined) == len(store.people()) == 1
    assert joined[0].person.role is Role.OWNER
    assert store.link(b"late".ljust(32), NOW) is None, "void, or never made"
    assert store.verify_log() is None
