"""Sends messages to browsers, by their push services. RFC 8030."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric import ec

from openhitl.errors import PeerError, PeerGone
from openhitl.identity.push.signer import PushSigner
from openhitl.keyring import Keyring
from openhitl.outbound import OutboundHttp
from openhitl.protocol.base64url import encode
from openhitl.protocol.numbers import parse_whole
from openhitl.protocol.push.encryption import CURVE, SALT_BYTES, encrypt, parse_receiver
from openhitl.protocol.push.messages import PushMessage, encoded, topic_of
from openhitl.protocol.push.services import checked_endpoint, origin_of
from openhitl.protocol.push.subscription import Subscription

#: No push service keeps a message for longer.
LONGEST = timedelta(days=28)
_GONE = (404, 410)
_BUSY = 429


class Urgency(StrEnum):
    """Whether a device is woken up. RFC 8030 §5.3."""

    NORMAL = "normal"
    HIGH = "high"


class PushSender:
    """Sends to any browser.

    Args:
        subject: whom push services can reach; without one nothing can be sent.
        services: those that may be called beside the browsers' own.
    """

    def __init__(
        self,
        keyring: Keyring,
        outbound: OutboundHttp,
        subject: str,
        services: Sequence[str],
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._signer = PushSigner(keyring, subject, clock=clock)
        self._outbound = outbound
        self._services = services
        self.is_on = bool(subject)

    @property
    def key(self) -> str:
        """What browsers subscribe with: the public key as base64url."""
        return encode(self._signer.public_key)

    def check_endpoint(self, endpoint: object) -> str:
        """Check that an address is of a push service, and return it. Raises: InvalidRequest."""
        return checked_endpoint(endpoint, self._services)

    async def send(
        self,
        to: Subscription,
        message: PushMessage,
        *,
        ttl: timedelta,
        urgency: Urgency = Urgency.HIGH,
    ) -> None:
        """Send a message; for how long it is worth something says `ttl`.

        Raises: PeerGone if that browser is told nothing any more; PeerError, `permanent` if the push
        service will never take this; InvalidRequest for an address that is no push service's any more.
        """
        endpoint = self.check_endpoint(to.endpoint)
        receiver = parse_receiver(to.p256dh, to.auth)
        body = encrypt(
            encoded(message),
            receiver,
            ephemeral=ec.generate_private_key(CURVE),
            salt=os.urandom(SALT_BYTES),
        )
        headers = {
            "authorization": self._signer.authorization(origin_of(endpoint)),
            "content-type": "application/octet-stream",
            "content-encoding": "aes128gcm",
            "ttl": str(int(min(max(ttl, timedelta(0)), LONGEST).total_seconds())),
            "urgency": urgency.value,
            "topic": topic_of(message.tag),
        }
        answer = await self._outbound.post(endpoint, body, headers=headers)
        if answer.status in _GONE:
            raise PeerGone
        if not 200 <= answer.status < 300:
            raise _refusal(answer.status, answer.retry_after)


def _refusal(status: int, retry_after: str | None) -> PeerError:
    error = PeerError(
        f"The push service answered {status}.", retry_after_seconds=parse_whole(retry_after or "") or 0
    )
    error.permanent = 300 <= status < 500 and status != _BUSY
    return error
