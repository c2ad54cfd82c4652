"""People: who has an account here, where they are signed in, and what the name of one may be."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from enum import StrEnum

from openhitl.errors import InvalidRequest
from openhitl.protocol.case import Actor, ActorKind, Assurance
from openhitl.protocol.preferences import USUAL, Preferences
from openhitl.protocol.problems import SUMMARY
from openhitl.protocol.record import record
from openhitl.protocol.visible import one_line

MAX_NAME_CHARACTERS = 100


class Role(StrEnum):
    """What people may do here beside answering: owners invite, and look after everybody."""

    OWNER = "owner"
    MEMBER = "member"


class SessionKind(StrEnum):
    """Where somebody is signed in."""

    BROWSER = "browser"
    TERMINAL = "terminal"


#: What the log calls the place where somebody acts.
SURFACES = {SessionKind.BROWSER: "page", SessionKind.TERMINAL: "terminal"}


class Method(StrEnum):
    """How somebody proved who they are."""

    PASSKEY = "passkey"
    PASSWORD = "password"  # noqa: S105 - a name
    PASSWORD_AND_CODE = "password+totp"  # noqa: S105 - a name
    LINK = "link"
    SSO = "sso"
    PAIRING = "pairing"


class LinkKind(StrEnum):
    """What a link that is good once leads to: an account of one's own, or being signed in."""

    JOIN = "join"
    SIGN_IN = "sign_in"


@record(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with an account. `has_totp`: a password alone does not let them in."""

    person_id: int
    name: str
    role: Role
    created_at: datetime
    has_password: bool = False
    has_totp: bool = False
    disabled_at: datetime | None = None

    @property
    def actor_id(self) -> str:
        return actor_id_of(self.person_id)


@record(frozen=True, slots=True, kw_only=True)
class Session:
    """A place where somebody is signed in. `device` is what it said of itself."""

    session_id: int
    person_id: int
    kind: SessionKind
    method: Method
    device: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


@record(frozen=True, slots=True)
class SignedIn:
    """Whoever makes a request, where they are signed in, and how they want the pages to be."""

    person: Person
    session: Session
    preferences: Preferences = USUAL


@record(frozen=True, slots=True, kw_only=True)
class OneTimeLink:
    """A link that was not used and is not too old. `person` is who signs in with it, `role` who joins."""

    kind: LinkKind
    role: Role | None = None
    person: Person | None = None
    expires_at: datetime


def actor_id_of(person_id: int) -> str:
    """Spell how a person is named where actors are."""
    return f"person:{person_id}"


def person_actor(person_id: int, name: str, kind: SessionKind = SessionKind.BROWSER) -> Actor:
    """Say who acts where somebody is signed in."""
    return Actor(
        kind=ActorKind.PERSON,
        id=actor_id_of(person_id),
        assurance=Assurance.SIGNED_IN,
        surface=SURFACES[kind],
        name=name,
    )


def person_of(actor: Actor) -> int | None:
    """Return the number of the person who acts; None if it is nobody with an account."""
    return int(actor.id.removeprefix("person:")) if actor.kind is ActorKind.PERSON else None


def checked_name(raw: object) -> str:
    """Read the name of a person: 1 to 100 characters that can be seen. Raises: InvalidRequest."""
    name = unicodedata.normalize("NFC", raw).strip() if isinstance(raw, str) else ""
    if not 1 <= len(name) <= MAX_NAME_CHARACTERS or one_line(name) != name:
        message = f"must have 1 to {MAX_NAME_CHARACTERS} characters that can be seen"
        raise InvalidRequest(SUMMARY, errors=[{"path": "name", "message": message}])
    return name


def name_key(name: str) -> str:
    """Fold a name so that two that read alike are one. Unicode 3.13 "Default Caseless Matching"."""
    return unicodedata.normalize("NFKC", name.strip()).casefold()
