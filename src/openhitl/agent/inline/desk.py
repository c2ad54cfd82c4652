"""`InlineDesk`: buttons out into a chat, their presses back to the service."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from openhitl.agent.inline.call import Call
from openhitl.agent.inline.case import InlineCase, inline_case
from openhitl.agent.inline.outcome import PressOutcome, answered_by, outcome_of
from openhitl.agent.inline.platform import Platform
from openhitl.agent.inline.press import REFERENCE_BYTES, Place, Press
from openhitl.agent.inline.store import InlineStore, MemoryInlineStore
from openhitl.agent.inline.wording import Words, wording
from openhitl.client import requests
from openhitl.client.credentials import Credential
from openhitl.client.session import Session
from openhitl.errors import PeerError
from openhitl.protocol.incoming import HitlObject

#: How long a case without a deadline is kept.
UNDATED = timedelta(days=7)


def anybody(press: Press) -> bool:
    """Take everybody's word who sees the message."""
    return True


def utc_now() -> datetime:
    """Return the present instant."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """What came of a press, and what to send to the platform because of it, in this order.

    `case` is None if none is kept under the button.
    """

    press: Press
    outcome: PressOutcome
    case: InlineCase | None
    calls: tuple[Call, ...]


class InlineDesk:
    """Puts cases into chats and submits what humans press there. HITL v0.8 §7.5, §7.7.

    The desk sends nothing to a platform: it returns calls, and whoever holds the bot's credential
    sends them. It submits only what a press asks for, to the address that the case named, with the
    case's own token, which never leaves the agent otherwise.

    Args:
        store: where cases wait for their press; by default in memory, lost with the process.
        words: replaces some of the words; `wording.GERMAN` replaces all.
        may_press: says whose press counts; by default everybody's who sees the message.
        now: the clock, an aware instant.

    Raises: SetupError for words that do not fit a button or are not known.
    """

    def __init__(
        self,
        store: InlineStore | None = None,
        *,
        words: Words | None = None,
        may_press: Callable[[Press], bool] = anybody,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._store = store or MemoryInlineStore()
        self._words = wording(words)
        self._may_press = may_press
        self._now = now

    async def message(self, hitl: HitlObject, platform: Platform, *, to: str | int) -> Call:
        """Return the message that asks, to be sent to a chat of a platform.

        The case is kept until it ends or expires if its message has buttons; rendering it again, for
        whichever platform, uses the same reference.
        Raises: PeerError if the service's review address cannot be put into a chat; StoreError if the
        store fails.
        """
        case = inline_case(hitl)
        reference = None
        if case.actions:
            reference = await asyncio.to_thread(self._keep, case)
        return platform.render(case, reference, to=to, words=self._words)

    async def press(self, platform: Platform, payload: Any) -> Pressed:
        """Submit what a human pressed.

        `payload` is what the platform sent, decoded from JSON; verify its signature before. Platforms
        send again what they take for lost, and give up on an answer after seconds: answer their
        request at once, and call this afterwards.
        Raises: InvalidPress if it is not the press of one of these buttons; StoreError if the store
        fails. Whatever the service answers is an outcome.
        """
        press = platform.parse(payload)
        case = await asyncio.to_thread(self._store.find, press.reference, now=self._now())
        outcome, by = await self._decide(case, press)
        if case is not None and outcome.is_final:
            if outcome is PressOutcome.ANSWERED and not await self._is_kept(press):
                # Another press won, and its message says so already.
                outcome = PressOutcome.UNKNOWN
            await asyncio.to_thread(self._store.remove, case)
        shown = case if outcome.changes_message else None
        calls = platform.update(shown, outcome, press, by=by, words=self._words)
        return Pressed(press=press, outcome=outcome, case=case, calls=calls)

    def message_sync(self, hitl: HitlObject, platform: Platform, *, to: str | int) -> Call:
        """Do as `message` does, in code that is not async."""
        return asyncio.run(self.message(hitl, platform, to=to))

    def press_sync(self, platform: Platform, payload: Any) -> Pressed:
        """Do as `press` does, in code that is not async."""
        return asyncio.run(self.press(platform, payload))

    async def close(
        self, hitl: HitlObject, platform: Platform, place: Place, *, outcome: PressOutcome
    ) -> tuple[Call, ...]:
        """Forget a case that ended elsewhere, and return what takes the buttons off its message.

        `outcome` is answered, cancelled or expired; `place` is where the platform put the message.
        """
        case = inline_case(hitl)
        await asyncio.to_thread(self._store.remove, case)
        return platform.close(case, outcome, place, words=self._words)

    async def forget(self, hitl: HitlObject) -> None:
        """Forget a case; presses of its buttons are unknown from now on."""
        await asyncio.to_thread(self._store.remove, inline_case(hitl))

    def _keep(self, case: InlineCase) -> str:
        now = self._now()
        fresh = secrets.token_urlsafe(REFERENCE_BYTES)
        return self._store.add(case, fresh, until=case.expires_at or now + UNDATED, now=now)

    async def _is_kept(self, press: Press) -> bool:
        return await asyncio.to_thread(self._store.find, press.reference, now=self._now()) is not None

    async def _decide(self, case: InlineCase | None, press: Press) -> tuple[PressOutcome, str]:
        """Return the outcome, and who answered before if that is known."""
        if case is None:
            return PressOutcome.UNKNOWN, ""
        if not self._may_press(press):
            return PressOutcome.NOT_ALLOWED, ""
        if press.action not in case.actions:
            # No message of ours had this button.
            return PressOutcome.NOT_INLINE, ""
        return await self._submit(case, press)

    async def _submit(self, case: InlineCase, press: Press) -> tuple[PressOutcome, str]:
        """Send one submit to the one address that the token is for. HITL v0.8 §7.5 "Submit Endpoint"."""
        assert case.submit_url is not None
        credential = Credential(case.submit_url, {"Authorization": f"Bearer {case.submit_token}"})
        request = requests.submit_inline(
            case.submit_url, action=press.action, submitted_via=press.submitted_via, by=press.who
        )
        try:
            async with Session(credential) as session:
                response = await session.send(request)
        except PeerError:
            return PressOutcome.UNAVAILABLE, ""
        return outcome_of(response), answered_by(response)
