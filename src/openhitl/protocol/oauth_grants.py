"""What people allow programs to do, and how it is asked for."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from openhitl.protocol.case import Assurance
from openhitl.protocol.oauth_clients import ClientKind
from openhitl.protocol.record import record
from openhitl.protocol.scopes import Scope


@record(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a grant is asked for: to be the agent of this name, with these scopes, at this resource."""

    agent_name: str
    scopes: frozenset[Scope]
    resource: str


@record(frozen=True, slots=True, kw_only=True)
class Code:
    """A code that waits for its redemption. `challenge` is what its verifier has to answer."""

    client_ref: int
    person_id: int
    redirect_uri: str
    challenge: str
    terms: Terms


@record(frozen=True, slots=True, kw_only=True)
class Grant:
    """What somebody has allowed a program. `person_name` and `agent_name` are as they are now.

    `assurance` is the least that the agent's owners want of its cases, None for the usual.
    """

    grant_id: int
    client_ref: int
    person_id: int
    person_name: str
    agent_id: int
    agent_name: str
    scopes: frozenset[Scope]
    resource: str
    assurance: Assurance | None = None


@record(frozen=True, slots=True, kw_only=True)
class Standing:
    """A grant that was not taken back: of which program, and since when."""

    grant: Grant
    client_name: str
    since: datetime


@record(frozen=True, slots=True, kw_only=True)
class Device:
    """A device that waits to be allowed, as it is shown to whoever decides. `place` is its address."""

    client_id: str
    client_name: str
    kind: ClientKind
    place: str
    terms: Terms
    expires_at: datetime


class DeviceState(StrEnum):
    """Why a device that asks for its tokens gets none. RFC 8628 §3.5."""

    PENDING = "pending"
    TOO_SOON = "too_soon"
    DENIED = "denied"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
