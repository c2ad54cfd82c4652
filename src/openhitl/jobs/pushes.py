"""Telling people by Web Push what waits for them: first to whom, then to each browser how things stand."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import structlog

from openhitl.cases import Casebook, StoredCase
from openhitl.errors import HitlError, PeerError, PeerGone
from openhitl.identity.push import PushDesk
from openhitl.identity.push.sender import Urgency
from openhitl.jobs.push_texts import Writer
from openhitl.protocol.push.choices import read_choices
from openhitl.protocol.push.messages import PushMessage
from openhitl.protocol.push.subscription import Subscription
from openhitl.store.jobs import Job
from openhitl.store.pushes import browser_of

#: For how long it is worth telling what asks for no answer: a notice, an end.
NEWS_TTL = timedelta(days=1)
#: When it is no use any more to try.
GIVE_UP_AFTER = timedelta(days=1)
_log = structlog.get_logger("openhitl.jobs")


class Tell:
    """Does jobs of kind `tell`: makes one job for each browser that has to know."""

    def __init__(self, book: Casebook) -> None:
        self._book = book

    async def __call__(self, job: Job) -> None:
        """Find the browsers. Raises: StoreError."""
        ledger = self._book.ledger
        if await ledger.read(ledger.store.fan_out, job, self._book.clock()):
            self._book.effects.set()


class Push:
    """Does jobs of kind `push`: tells one browser how things stand now, whatever they were before."""

    def __init__(self, book: Casebook, desk: PushDesk, home: str) -> None:
        self._book = book
        self._desk = desk
        self._home = home
        self._read = book.ledger.read
        self._store = book.ledger.store

    async def __call__(self, job: Job) -> None:
        """Tell one browser. Raises: PeerError if that is worth another try; StoreError."""
        now = self._book.clock()
        to = await self._read(self._store.subscription, browser_of(job), now)
        if to is None or not self._desk.sender.is_on or now > job.first_due_at + GIVE_UP_AFTER:
            return
        if job.notice_id is not None:
            await self._notice(job.notice_id, to)
        else:
            await self._case(job.case_id, to)

    async def _notice(self, number: int, to: Subscription) -> None:
        notice = await self._read(self._store.notice, number)
        if notice is not None:
            message = (await self._writer(to)).notice(notice)
            await self._send(to, message, ttl=NEWS_TTL, urgency=Urgency.NORMAL)

    async def _case(self, case_id: str, to: Subscription) -> None:
        stored = await self._book.find(case_id)
        if stored is None:
            return
        if not stored.case.is_final:
            stored = await self._told(stored, to)
        if stored is None:
            return
        if not stored.case.is_final:
            left = stored.case.expires_at - self._book.clock()
            await self._send(to, (await self._writer(to)).question(stored), ttl=left)
        elif await self._read(self._store.was_told, to.subscription_id, case_id):
            message = (await self._writer(to)).ending(stored)
            if await self._send(to, message, ttl=NEWS_TTL, urgency=Urgency.NORMAL):
                await self._read(self._store.forget_told, to.subscription_id, case_id)

    async def _told(self, stored: StoredCase, to: Subscription) -> StoredCase | None:
        """Note that a browser is being told of a case, and read the case again.

        Whoever ends it from then on finds the note, and has the browser told of the end. None if there is
        nothing to tell.
        """
        case_id, now = stored.case.case_id, self._book.clock()
        if stored.case.expires_at <= now:
            return None
        if not await self._book.standing.may_answer(case_id, to.person_id):
            return None
        is_new = await self._read(self._store.note_told, to.subscription_id, case_id, now)
        again = await self._book.find(case_id)
        if is_new and (again is None or again.case.is_final):
            await self._read(self._store.forget_told, to.subscription_id, case_id)
            return None
        return again

    async def _writer(self, to: Subscription) -> Writer:
        settings = await self._read(self._store.settings_of, to.person_id)
        badge = await self._read(self._store.count_waiting, to.person_id)
        return Writer(
            home=self._home,
            choices=read_choices(settings),
            badge=badge,
            browser=to.subscription_id,
            token=partial(self._desk.token, to),
        )

    async def _send(
        self,
        to: Subscription,
        message: PushMessage,
        *,
        ttl: timedelta,
        urgency: Urgency = Urgency.HIGH,
    ) -> bool:
        """Send; return whether it went. What will never go is not tried again; the settings say so.

        Raises: PeerError.
        """
        try:
            await self._desk.send(to, message, ttl=ttl, urgency=urgency)
        except PeerGone:
            return False
        except PeerError as error:
            if not error.permanent:
                raise
            _refused(to, error)
            return False
        except HitlError as error:  # the operator allows this push service no more
            _refused(to, error)
            return False
        return True


def _refused(to: Subscription, error: HitlError) -> None:
    _log.warning("push_refused", browser=to.subscription_id, message=error.message)
