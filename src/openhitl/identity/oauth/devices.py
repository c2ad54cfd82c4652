"""Devices without a browser: they show a code, and somebody types it in elsewhere. RFC 8628."""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from openhitl.errors import CrossSite, NotFound, UnauthorizedClient
from openhitl.identity.oauth.authorization import terms_of
from openhitl.identity.oauth.desk import Desk
from openhitl.protocol.oauth import DEVICE_GRANT
from openhitl.protocol.oauth_clients import Client
from openhitl.protocol.oauth_grants import Device
from openhitl.protocol.people import SignedIn
from openhitl.protocol.tokens import Purpose, hash_token, token_from_bytes
from openhitl.protocol.user_codes import LENGTH, LETTERS, code_from_numbers, read_code
from openhitl.store.device_codes import NewDevice

PATH = "/device"
DEVICE_LIFE = timedelta(minutes=10)
INTERVAL = timedelta(seconds=5)
#: How often one address may begin with a device: so many at once, then one in so long.
DEVICES = 10
DEVICE_EVERY = timedelta(minutes=1)
#: How often somebody may type a code while one is good.
TRIES = 5
TRY_EVERY = DEVICE_LIFE / TRIES


class DeviceDesk:
    """Gives codes to devices, and lets people decide about them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def begin(
        self,
        client: Client,
        parameters: Mapping[str, str],
        *,
        agent_name: str | None,
        place: str,
        caller: str,
    ) -> dict[str, Any]:
        """Give a device its codes. RFC 8628 §3.2.

        Args:
            place: where it is, for whoever decides.
            caller: what devices are counted by.

        Raises: UnauthorizedClient, InvalidScope, InvalidTarget, RateLimited.
        """
        if DEVICE_GRANT not in client.metadata.grant_types:
            raise UnauthorizedClient
        terms = terms_of(client, parameters, self._desk.public_url, agent_name=agent_name)
        await self._desk.take(f"oauth-device:{caller}", every=DEVICE_EVERY, burst=DEVICES)
        device_code = token_from_bytes(Purpose.DEVICE, os.urandom(32))
        user_code = code_from_numbers([secrets.randbelow(len(LETTERS)) for _ in range(LENGTH)])
        now = self._desk.clock()
        new = NewDevice(
            hash=hash_token(device_code),
            user_code_hash=self._hash(user_code),
            client_ref=client.ref,
            place=place,
            terms=terms,
            interval=INTERVAL,
            until=now + DEVICE_LIFE,
        )
        await self._desk.run(self._desk.store.add_device, new, now=now)
        page = self._desk.public_url + PATH
        return {
            "device_code": device_code,
            "user_code": user_code,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?{urlencode({'user_code': user_code})}",
            "expires_in": DEVICE_LIFE // timedelta(seconds=1),
            "interval": INTERVAL // timedelta(seconds=1),
        }

    async def look(self, signed_in: SignedIn, typed: str) -> tuple[str, Device]:
        """Find the device that shows a code; return the code and the device. Each look is a try.

        Raises: NotFound for a code that no device shows, and one that was decided about; RateLimited.
        """
        code = read_code(typed)
        if code is None:
            raise NotFound
        bucket = f"user-code:{signed_in.person.person_id}"
        await self._desk.take(bucket, every=TRY_EVERY, burst=TRIES)
        device = await self._desk.run(self._desk.store.waiting_device, self._hash(code), self._desk.clock())
        if device is None:
            raise NotFound
        return code, device

    def ticket(self, signed_in: SignedIn, code: str) -> str:
        """Derive what the page about a device carries: it shows that its code was found, by this person."""
        subject = f"{signed_in.session.session_id}\0{code}".encode()
        return self._desk.keyring.blind(subject, bound_to="device")

    async def decide(self, signed_in: SignedIn, code: str, ticket: str, *, is_allowed: bool) -> None:
        """Allow or deny a device that somebody looked at.

        Raises: CrossSite without the page's ticket; NotFound if it is decided about or too late.
        """
        if not hmac.compare_digest(ticket.encode(), self.ticket(signed_in, code).encode()):
            raise CrossSite
        is_decided = await self._desk.run(
            self._desk.store.decide_device,
            self._hash(code),
            signed_in.person.person_id,
            is_allowed=is_allowed,
            now=self._desk.clock(),
        )
        if not is_decided:
            raise NotFound

    def _hash(self, code: str) -> bytes:
        # There are too few codes for a plain hash to hide one.
        return self._desk.keyring.blind(code.encode(), bound_to="user code").encode()
