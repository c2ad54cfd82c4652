"""Passkeys: whose they are, and the names that a browser knows us by. W3C Web Authentication Level 3."""

from __future__ import annotations

from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

from openhitl.protocol.case import Actor, ActorKind
from openhitl.protocol.people import person_actor
from openhitl.protocol.record import record

#: How long a browser waits for somebody to touch a device, in milliseconds.
CEREMONY_MS = 120_000
#: Ports that an origin does not name. RFC 6454 §6.2.
_USUAL_PORTS = {"http": 80, "https": 443}


@record(frozen=True, slots=True, kw_only=True)
class Passkey:
    """A registered passkey. `rp_id` is the host it is for, `public_key` COSE bytes.

    `person_id` is whose it is; None where there are no accounts and `name` alone says it.
    """

    passkey_id: int
    name: str
    rp_id: str
    credential_id: bytes
    public_key: bytes
    sign_count: int
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    person_id: int | None = None


@record(frozen=True, slots=True)
class PasskeyHolder:
    """Whose passkey it is: a person's, or where there are no accounts somebody's of this name."""

    name: str
    person_id: int | None = None

    @property
    def actor(self) -> Actor:
        if self.person_id is not None:
            return person_actor(self.person_id, self.name)
        return Actor(
            kind=ActorKind.LINK,
            id=f"passkey:{self.name}",
            surface="page",
            name=self.name,
        )


@record(frozen=True, slots=True, kw_only=True)
class NewPasskey:
    """What a device has made at a registration, verified. `public_key` is COSE bytes."""

    rp_id: str
    credential_id: bytes
    public_key: bytes
    sign_count: int


@record(frozen=True, slots=True)
class RelyingParty:
    """This server as browsers see it: the host that passkeys are for, and the origin of its pages."""

    rp_id: str
    origin: str

    @classmethod
    def of(cls, public_url: str) -> RelyingParty:
        """Read both off the address that people use."""
        parts = urlsplit(public_url)
        port = "" if parts.port in (None, _USUAL_PORTS.get(parts.scheme)) else f":{parts.port}"
        return cls(parts.hostname or "", f"{parts.scheme}://{parts.hostname}{port}")

    @property
    def has_name(self) -> bool:
        """Tell whether browsers make passkeys for this host: for no IP address. WebAuthn Level 3 §5.1.3."""
        try:
            ip_address(self.rp_id)
        except ValueError:
            return True
        return False
