"""Nothing changes without an entry of the log: both are there or neither, wherever a transaction fails."""

from __future__ import annotations

from contextlib import closing

import pytest

from openhitl.errors import StoreError
from openhitl.protocol.case import ActorKind
from openhitl.protocol.commands import Cancel, Open
from openhitl.protocol.passkeys import NewPasskey, PasskeyHolder
from openhitl.protocol.people import LinkKind, Method, Role, SessionKind
from openhitl.store.engine import open_database
from openhitl.store.people import NewPerson
from openhitl.store.schema import metadata
from openhitl.store.sessions import NewSession
from tests.databases import KINDS
from tests.store.desk import AGENT, CHANGED, HOUR, NOW, creating, opened, submitting

#: Numbers for rows of cases are taken beforehand, in a transaction of their own.
BESIDE = {"case_refs"}
LINK = bytes(range(32))
KEY = NewPasskey(rp_id="localhost", credential_id=b"id", public_key=b"cose", sign_count=0)

SESSION = NewSession(
    kind=SessionKind.BROWSER, hash=LINK, method=Method.PASSKEY, device="Firefox", expires_at=NOW + HOUR
)
#: What is recorded in the log and nowhere else.
OF_THE_LOG = {"the key of receipts is rotated", "settings change", "a sign-in is refused"}
#: What is prepared, and what is then done with it.
DEEDS = {
    "a case is made": (lambda desk: None, lambda desk, _: desk.do(creating(), AGENT)),
    "a case is opened": (lambda desk: desk.ask(), lambda desk, case_id: desk.do(Open(case_id))),
    "a case is answered": (
        lambda desk: desk.ask(callback_url="https://example.com"),
        lambda desk, case_id: desk.do(submitting(case_id)),
    ),
    "a case is cancelled": (
        lambda desk: desk.ask(),
        lambda desk, case_id: desk.do(Cancel(case_id, "no"), AGENT),
    ),
    "an agent is made": (lambda desk: None, lambda desk, _: desk.store.add_agent("bot", **CHANGED)),
    "a key is made": (
        lambda desk: desk.store.add_agent("bot", **CHANGED).agent_id,
        lambda desk, agent: desk.store.add_key(agent, ActorKind.AGENT, LINK, "laptop", **CHANGED),
    ),
    "a key is revoked": (
        lambda desk: desk.store.add_key(
            desk.store.add_agent("bot", **CHANGED).agent_id, ActorKind.AGENT, LINK, "laptop", **CHANGED
        ),
        lambda desk, key: desk.store.revoke_key(key, **CHANGED),
    ),
    "a callback secret is rotated": (
        lambda desk: desk.store.add_agent("bot", **CHANGED).agent_id,
        lambda desk, agent: desk.store.rotate_callbacks(agent, **CHANGED),
    ),
    "the key of receipts is rotated": (
        lambda desk: None,
        lambda desk, _: desk.store.rotate_receipts(**CHANGED),
    ),
    "a link is made": (lambda desk: None, lambda desk, _: link(desk)),
    "a passkey is made": (
        lambda desk: link(desk),
        lambda desk, _: desk.store.add_passkey(LINK, KEY, now=NOW),
    ),
    "a passkey is revoked": (
        lambda desk: (link(desk), desk.store.add_passkey(LINK, KEY, now=NOW)),
        lambda desk, _: desk.store.revoke_passkey(desk.store.list_passkeys()[0].passkey_id, **CHANGED),
    ),
    "settings change": (
        lambda desk: desk.store.record_settings({"HITL_DEMO": False}, **CHANGED),
        lambda desk, _: desk.store.record_settings({"HITL_DEMO": True}, **CHANGED),
    ),
    "a person is added": (lambda desk: None, lambda desk, _: person(desk)),
    "a password is set": (
        lambda desk: person(desk),
        lambda desk, alice: desk.store.set_password(alice, "argon2", **CHANGED),
    ),
    "somebody signs in": (
        lambda desk: person(desk),
        lambda desk, alice: desk.store.add_session(alice, SESSION, now=NOW),
    ),
    "a session ends": (
        lambda desk: (alice := person(desk), desk.store.add_session(alice, SESSION, now=NOW)),
        lambda desk, made: desk.store.end_sessions(made[0], **CHANGED),
    ),
    "a sign-in is refused": (
        lambda desk: None,
        lambda desk, _: desk.store.sign_in_refused(
            "Alice", Method.PASSWORD, kind=SessionKind.BROWSER, place="::1", now=NOW
        ),
    ),
    "somebody is invited": (lambda desk: None, lambda desk, _: invitation(desk)),
}


def person(desk):
    return desk.store.add_person(NewPerson(name="Alice", role=Role.OWNER), **CHANGED).person_id


def invitation(desk):
    desk.store.add_link(LINK, LinkKind.JOIN, role=Role.MEMBER, **CHANGED, until=NOW + HOUR)


def link(desk):
    desk.store.add_passkey_link(PasskeyHolder("Alice"), LINK, **CHANGED, until=NOW + HOUR)


def snapshot(url):
    """Read every table."""
    with closing(open_database(url)) as database, database.reading() as connection:
        return {
            name: sorted(map(repr, connection.exec_driver_sql(f"SELECT * FROM {name}")))
            for name in metadata.tables
            if name not in BESIDE
        }


def differing(before, after):
    return {name for name, rows in after.items() if rows != before[name]}


def execute(url, *statements):
    with closing(open_database(url)) as database, database.writing() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def set_trap(url, table):
    """Refuse whatever is written to a table."""
    if url.startswith("sqlite"):
        raising = "BEGIN SELECT RAISE(ABORT, 'trapped'); END"
        deeds = ("INSERT", "UPDATE", "DELETE")
        execute(url, *(f"CREATE TRIGGER trap_{deed} BEFORE {deed} ON {table} {raising}" for deed in deeds))
    else:
        execute(
            url,
            "CREATE OR REPLACE FUNCTION trap() RETURNS trigger"
            " AS $$ BEGIN RAISE 'trapped'; END $$ LANGUAGE plpgsql",
            f"CREATE TRIGGER trap BEFORE INSERT OR UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION trap()",
        )


def spring_trap(url, table):
    if url.startswith("sqlite"):
        execute(url, *(f"DROP TRIGGER trap_{deed}" for deed in ("INSERT", "UPDATE", "DELETE")))
    else:
        execute(url, f"DROP TRIGGER trap ON {table}")


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("kind", KINDS)
def test_what_fails_anywhere_leaves_nothing_and_what_succeeds_leaves_an_entry(database_url_of, kind, deed):
    prepare, act = DEEDS[deed]
    url = database_url_of(kind)
    with opened(url) as desk:
        prepared, before, head = prepare(desk), snapshot(url), desk.store.head()
        act(desk, prepared)
        written = differing(before, snapshot(url))
        assert written > {"log", "log_payloads", "log_head"} or deed in OF_THE_LOG
        assert desk.store.head() == head + 1
        assert desk.store.verify_log() is None
    url = database_url_of(kind)
    with opened(url) as desk:
        prepared, before = prepare(desk), snapshot(url)
        for table in sorted(written):
            set_trap(url, table)
            with pytest.raises(StoreError):
                act(desk, prepared)
            spring_trap(url, table)
        assert differing(before, snapshot(url)) == set()
        act(desk, prepared)
        assert differing(before, snapshot(url)) == written
