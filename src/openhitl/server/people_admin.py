"""People, on the server's own machine: the first owner, ways in for who has lost theirs, who may what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from openhitl.errors import SetupError
from openhitl.identity.links import first_owner_link, join_link, sign_in_link
from openhitl.protocol.audit import OPERATOR
from openhitl.protocol.people import Person, Role
from openhitl.server.opening import open_store
from openhitl.server.passkey_admin import people_address
from openhitl.settings import Settings
from openhitl.store import Store


class Roster:
    """The people of one store, as whoever owns its data folder looks after them.

    Names are found whatever their case. Raises, in every method: StoreError; SetupError where somebody is
    named whom there is not.
    """

    def __init__(self, store: Store, public_url: str) -> None:
        self._store = store
        self._public_url = public_url

    def first_owner_link(self) -> str | None:
        """Make a link, good for an hour, with which the first owner joins; None if somebody has joined."""
        return first_owner_link(self._store, self._public_url, by=OPERATOR, now=_now())

    def login_link(self, name: str | None) -> tuple[Person, str]:
        """Make a link, good for a quarter of an hour, with which somebody signs in: by default the owner.

        Raises: SetupError also if they are disabled, or there is more than one owner to choose from.
        """
        person = who_signs_in(self._store, name)
        return person, sign_in_link(self._store, self._public_url, person, by=OPERATOR, now=_now())

    def invite(self, role: Role) -> str:
        """Make a link, good for three days, with which somebody joins. Raises: SetupError."""
        if not self._store.has_people():
            raise _nobody()
        return join_link(self._store, self._public_url, role, by=OPERATOR, now=_now())

    def everybody(self) -> Sequence[Person]:
        """List all people, disabled ones too, in the order in which they joined."""
        return self._store.people()

    def disable(self, name: str) -> Person:
        """Lock somebody out, everywhere and at once. Raises: LastOwner."""
        person = self._named(name)
        self._store.disable_person(person.person_id, by=OPERATOR, now=_now())
        return person

    def enable(self, name: str) -> Person:
        """Let somebody in again."""
        person = self._named(name)
        self._store.enable_person(person.person_id, by=OPERATOR, now=_now())
        return person

    def set_role(self, name: str, role: Role) -> Person:
        """Change what somebody may do. Raises: LastOwner."""
        person = self._named(name)
        self._store.set_role(person.person_id, role, by=OPERATOR, now=_now())
        return person

    def end_sessions(self, name: str) -> tuple[Person, int]:
        """Sign somebody out everywhere; return also of how many places."""
        person = self._named(name)
        return person, self._store.end_sessions(person.person_id, by=OPERATOR, now=_now())

    def reset_totp(self, name: str) -> Person:
        """Ask somebody for codes no longer."""
        person = self._named(name)
        self._store.clear_totp(person.person_id, by=OPERATOR, now=_now())
        return person

    def reset_password(self, name: str) -> Person:
        """Take somebody's password away, so that they can set another without the old one."""
        person = self._named(name)
        self._store.set_password(person.person_id, None, by=OPERATOR, now=_now())
        return person

    def _named(self, name: str) -> Person:
        return person_called(self._store, name)


@contextmanager
def roster(settings: Settings) -> Iterator[Roster]:
    """Open the people of a data folder. Raises: SetupError, StoreError."""
    store, _ = open_store(settings)
    try:
        yield Roster(store, people_address(settings))
    finally:
        store.close()


def person_called(store: Store, name: str) -> Person:
    """Find somebody by name, whatever its case. Raises: SetupError, StoreError."""
    person = store.person_named(name)
    if person is None:
        raise SetupError(f"There is nobody called {name!r} here.", hint="`hitl admin people` lists them.")
    return person


def who_signs_in(store: Store, name: str | None) -> Person:
    """Find whom a way in is for: by default the owner.

    Raises: SetupError if there is nobody of this name, they are disabled, or there is more than one owner to
        choose from; StoreError.
    """
    person = person_called(store, name) if name is not None else _only_owner(store)
    if person.disabled_at is not None:
        raise SetupError(
            f"{person.name} is disabled.", hint=f'`hitl admin enable "{person.name}"` lets them in again.'
        )
    return person


def _only_owner(store: Store) -> Person:
    people = store.people()
    owners = [one for one in people if one.role is Role.OWNER and one.disabled_at is None]
    if not owners:
        raise _nobody()
    if len(owners) > 1:
        names = ", ".join(one.name for one in people if one.disabled_at is None)
        raise SetupError(f"There are {len(owners)} owners.", hint=f"Say for whom it shall be: {names}.")
    return owners[0]


def _nobody() -> SetupError:
    return SetupError(
        "Nobody has an account here yet.", hint="`hitl admin owner-link` prints the link for the first one."
    )


def _now() -> datetime:
    return datetime.now(UTC)
