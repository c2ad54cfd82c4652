"""Where people want to be told: their browsers, as they and their pages see them."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from openhitl.errors import HitlError, InvalidToken, NotFound, PeerGone, PushOff
from openhitl.identity.push.sender import PushSender, Urgency
from openhitl.keyring import Keyring
from openhitl.protocol.people import SignedIn
from openhitl.protocol.problems import object_of
from openhitl.protocol.push.choices import LANGUAGE, LATER_AFTER, PushChoices, read_choices, spelled_choices
from openhitl.protocol.push.encryption import parse_receiver
from openhitl.protocol.push.messages import PushMessage
from openhitl.protocol.push.subscription import Subscription
from openhitl.protocol.record import record
from openhitl.store import Store
from openhitl.store.runner import Runner

TEST_TTL = timedelta(minutes=5)


@record(frozen=True, slots=True, kw_only=True)
class Press:
    """A button of a notification that somebody pressed."""

    browser: int
    case_id: str
    action: str
    token: str


class PushDesk:
    """Keeps the subscriptions of people.

    Args:
        run: runs what asks the store beside the event loop.
    """

    def __init__(
        self,
        store: Store,
        keyring: Keyring,
        sender: PushSender,
        *,
        run: Runner,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._keyring = keyring
        self._run = run
        self._clock = clock
        self.sender = sender

    async def subscribe(self, signed_in: SignedIn, body: Mapping[str, Any], *, language: str) -> int:
        """Keep where a browser is told, or that it is still there; return its number.

        Args:
            body: what `PushSubscription.toJSON()` gives. Push API.
            language: what its pages are shown in; notifications are, too.

        Raises: PushOff, InvalidRequest.
        """
        if not self.sender.is_on:
            raise PushOff
        endpoint = self.sender.check_endpoint(body.get("endpoint"))
        keys = object_of(body.get("keys"), "keys")
        p256dh, auth = keys.get("p256dh"), keys.get("auth")
        parse_receiver(p256dh, auth)
        number = await self._run(
            self._store.keep_subscription,
            signed_in.person.person_id,
            signed_in.session.session_id,
            endpoint=endpoint,
            p256dh=str(p256dh),
            auth=str(auth),
            now=self._clock(),
        )
        await self._read_in(signed_in, language)
        return number

    async def _read_in(self, signed_in: SignedIn, language: str) -> None:
        person_id = signed_in.person.person_id
        if (await self._run(self._store.settings_of, person_id)).get(LANGUAGE) != language:
            await self._run(self._store.change_settings, person_id, {LANGUAGE: language})

    async def of(self, signed_in: SignedIn) -> Sequence[Subscription]:
        """List somebody's browsers that are told, the latest first."""
        return await self._run(self._store.subscriptions_of, signed_in.person.person_id, self._clock())

    async def drop(self, signed_in: SignedIn, number: int) -> None:
        """Tell one of somebody's browsers nothing more. Raises: NotFound if it is not one of theirs."""
        person_id = signed_in.person.person_id
        if not await self._run(self._store.drop_subscription, number, person_id=person_id):
            raise NotFound

    async def test(self, signed_in: SignedIn, number: int, message: PushMessage) -> None:
        """Send a message to one of somebody's browsers, at once and once.

        Raises: PushOff; NotFound if it is not theirs; PeerGone if its push service knows it no more, which
        then is forgotten; PeerError.
        """
        if not self.sender.is_on:
            raise PushOff
        to = await self._run(self._store.subscription, number, self._clock())
        if to is None or to.person_id != signed_in.person.person_id:
            raise NotFound
        await self.send(to, message, ttl=TEST_TTL)

    async def choices(self, signed_in: SignedIn) -> PushChoices:
        """Read what somebody has chosen about being told."""
        return read_choices(await self._run(self._store.settings_of, signed_in.person.person_id))

    async def choose(self, signed_in: SignedIn, shows: object, *, answers: bool) -> None:
        """Keep what notifications may show, and whether they may offer answers. Raises: InvalidRequest."""
        chosen = spelled_choices(shows, answers=answers)
        await self._run(self._store.change_settings, signed_in.person.person_id, chosen)

    async def remind(self, press: Press) -> None:
        """Have a browser told of a case once more, in a while. Raises: NotFound if there is no such case."""
        now = self._clock()
        due_at = now + LATER_AFTER
        if not await self._run(self._store.remind_later, press.browser, press.case_id, due_at, now):
            raise NotFound

    def token(self, to: Subscription, case_id: str, action: str) -> str:
        """Derive what lets one button of a notification in one browser do what it says for one case."""
        return self._keyring.push_token(f"{to.subscription_id}\0{to.session_id}\0{case_id}\0{action}")

    async def check_press(self, signed_in: SignedIn, press: Press) -> None:
        """Check that a button was pressed where its notification was sent, and somebody is still signed in.

        Raises: InvalidToken.
        """
        to = await self._run(self._store.subscription, press.browser, self._clock())
        if to is None or to.session_id != signed_in.session.session_id:
            raise InvalidToken
        wanted = self.token(to, press.case_id, press.action)
        if not hmac.compare_digest(wanted.encode(), press.token.encode()):
            raise InvalidToken

    async def send(
        self, to: Subscription, message: PushMessage, *, ttl: timedelta, urgency: Urgency = Urgency.HIGH
    ) -> None:
        """Send a message, and note how that went. Raises: as `PushSender.send`."""
        number = to.subscription_id
        try:
            await self.sender.send(to, message, ttl=ttl, urgency=urgency)
        except PeerGone:
            await self._run(self._store.drop_subscription, number)
            raise
        except HitlError as error:
            await self._run(self._store.push_failed, number, error.message, self._clock())
            raise
        await self._run(self._store.push_sent, number, self._clock())
