"""What is recorded beside the life of cases: who signed in, which keys, grants and settings changed."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime
from enum import StrEnum

from openhitl.protocol.case import Actor, ActorKind, Json
from openhitl.protocol.record import record

#: Who owns the server's data folder: what is done there is done by nobody who could be told apart.
OPERATOR = Actor(kind=ActorKind.OPERATOR, id="operator", surface="terminal", name="operator")

#: Who acts where nobody has said who they are.
ANYBODY = Actor(kind=ActorKind.LINK, id="anybody", surface="api")


class AuditKind(StrEnum):
    """What can be recorded. An event of a case has no dot in its name, these have one."""

    PERSON_ADDED = "person.added"
    PERSON_CHANGED = "person.changed"
    LINK_MADE = "link.made"
    SIGNED_IN = "session.signed_in"
    SIGN_IN_REFUSED = "session.refused"
    SESSION_ENDED = "session.ended"
    PASSKEY_ADDED = "passkey.added"
    PASSKEY_REVOKED = "passkey.revoked"
    AGENT_ADDED = "agent.added"
    AGENT_CHANGED = "agent.changed"
    KEY_ADDED = "key.added"
    KEY_REVOKED = "key.revoked"
    DEVICE_ADDED = "device.added"
    DEVICE_REVOKED = "device.revoked"
    DEVICE_LIST_SIGNED = "device_list.signed"
    PAIRING_MADE = "pairing.made"
    PAIRING_CLAIMED = "pairing.claimed"
    PAIRING_DECIDED = "pairing.decided"
    PUBLIC_KEY_ADDED = "public_key.added"
    SECRET_ROTATED = "secret.rotated"  # noqa: S105 - a name
    CLIENT_ADDED = "client.added"
    GRANT_ADDED = "grant.added"
    GRANT_REVOKED = "grant.revoked"
    SETTINGS_CHANGED = "settings.changed"


@record(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """One thing that happened beside the cases; `data` is JSON and never holds a secret."""

    kind: AuditKind
    at: datetime
    actor: Actor
    data: Json = field(default_factory=dict)
    #: No case, and no place in a case's numbering.
    case_id: str = ""
    seq: int = 0
