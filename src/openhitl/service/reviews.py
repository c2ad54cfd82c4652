"""`Reviews`: the cases of a web service."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar, Unpack
from urllib.parse import urlsplit

from openhitl.cases.creation import Creation
from openhitl.errors import InvalidRequest, SetupError, StillOpen
from openhitl.identity import Asker
from openhitl.protocol.case import Actor, ActorKind
from openhitl.protocol.passkeys import PasskeyHolder
from openhitl.review.claims import Claims
from openhitl.review.discovery import document
from openhitl.review.pages import PLAIN, Theme
from openhitl.service.decided import CaseDecision
from openhitl.service.handlers import DecisionHandler
from openhitl.service.home import Home
from openhitl.service.house import SERVICE, Authenticate, House, Plan, serves
from openhitl.service.questions import Question
from openhitl.service.replies import Accepted
from openhitl.service.settings import Options, service_settings

MAX_KEY_CHARACTERS = 255
R = TypeVar("R")


class Reviews:
    """Asks humans for a web service, and knows what they decided.

    Make one at import time. Nothing is opened before the first request, so servers may fork. The routes
    are mounted with `openhitl.service.asgi` or `openhitl.service.wsgi`.

    Args:
        database_url: `sqlite:///<path>` or `postgresql://…`: a file or a schema of its own.
        secret: the root secret, 32 bytes as hex or base64url. All tokens are derived from it.
        base_url: the address at which people reach the service, https anywhere but on localhost.
        prefix: the path below it at which the routes are mounted, such as "/hitl".
        name: what the service calls itself: on pages, and in the discovery document.
        theme: how the pages look.
        authenticate: says by a request's headers (names in lower case) whose it is; that one may poll
            the cases that were `asked_by` it. Without, poll addresses carry a token.

    Raises: SetupError. Every method raises StoreError when the database does not answer.
    """

    def __init__(
        self,
        database_url: str,
        secret: str,
        *,
        base_url: str,
        prefix: str = "",
        name: str = "OpenHITL",
        theme: Theme = PLAIN,
        authenticate: Authenticate | None = None,
        **options: Unpack[Options],
    ) -> None:
        settings = service_settings(database_url, secret, base_url=base_url, prefix=prefix, **options)
        claims = Claims(name=name, open_door=False)
        self.prefix = prefix
        #: The path at which people see the routes.
        self.base = urlsplit(settings.public_url).path
        self._plan = Plan(settings, claims, replace(theme, name=name), authenticate, None)
        self.home = Home(lambda: House.open(self._plan))

    def without_streams(self) -> None:
        """Claim no event streams, and live on a thread: for hosts that have no event loop."""
        self._plan = replace(self._plan, claims=replace(self._plan.claims, streams=False))
        self.home.on_thread = True

    def serves(self, path: str) -> bool:
        """Tell whether a path below the prefix is one of these routes, whatever the method."""
        return serves(path, streams=self._plan.claims.streams, theme=self._plan.theme)

    def on_decision(self, handler: DecisionHandler) -> DecisionHandler:
        """Have a function called with every decision: a decorator.

        It is called at least once for each case that was asked while it was there, in whichever process
        has time, and again with growing pauses for 72 hours while it raises: make it idempotent by
        `decision.case_id`. It may be async or not, and may take 45 seconds. Raises: SetupError for a second.
        """
        if self._plan.handler is not None:
            raise SetupError("There is a decision handler already.")
        self._plan = replace(self._plan, handler=handler)
        return handler

    async def ask(
        self,
        question: Question,
        *,
        asked_by: str | None = None,
        idempotency_key: str | None = None,
        callback_url: str | None = None,
        demo: bool = False,
    ) -> Accepted:
        """Ask a human; return the 202 to answer with. HITL v0.8 §6.

        Args:
            asked_by: for whom, as `authenticate` names it: 1 to 100 characters.
            idempotency_key: an id of your own business, 1 to 255 characters: the same question asked
                again with it is the case made first. Of each `asked_by` its own.
            callback_url: an address of the caller's that is told the end, signed with its
                `callback_secret`; wants `asked_by`.
            demo: whether anybody may poll, and inline submits need not say who they are from.

        Raises: InvalidRequest and other CallerErrors that say what is wrong; IdempotencyMismatch.
        """
        if callback_url is not None and asked_by is None:
            raise InvalidRequest("callback_url wants asked_by, whose secret signs the callback.")
        if idempotency_key is not None and not 1 <= len(idempotency_key) <= MAX_KEY_CHARACTERS:
            raise InvalidRequest(f"idempotency_key must have 1 to {MAX_KEY_CHARACTERS} characters.")
        body: dict[str, Any] = dict(question.body)
        if callback_url is not None:
            body["hitl_callback_url"] = callback_url

        async def create(house: House) -> Accepted:
            agent_id = None if asked_by is None else await house.owner(asked_by)
            creation = Creation(
                actor=self._actor(agent_id),
                agent_id=agent_id,
                idempotency_key=idempotency_key,
                demo=demo,
                hands_over=self._plan.handler is not None,
            )
            accepted = await house.book.create(body, creation)
            if not self._plan.claims.streams:
                del accepted["hitl"]["events_url"]
            return Accepted.of(accepted)

        return await self.home.run(create)

    def _actor(self, agent_id: int | None) -> Actor:
        name = self._plan.claims.name
        if agent_id is None:
            return replace(SERVICE, name=name)
        return replace(Asker(agent_id, name, ActorKind.SERVICE).actor, surface="embedded")

    async def decision(self, case_id: str) -> CaseDecision:
        """Wait until a case is decided, expired or cancelled. Raises: NotFound; Stopping."""
        return await self.home.run(lambda house: house.decision(case_id))

    async def cancel(self, case_id: str, reason: str | None = None) -> None:
        """Withdraw a case. Raises: NotFound, CaseCompleted, CaseCancelled, CaseExpired."""

        async def withdraw(house: House) -> None:
            await house.book.cancel(case_id, self._actor(None), reason=reason)

        await self.home.run(withdraw)

    async def callback_secret(self, asked_by: str) -> str:
        """Return the secret that callbacks to somebody are signed with, for them to verify."""

        async def newest(house: House) -> str:
            live = await house.engine.secrets.live(await house.owner(asked_by), house.book.clock())
            return live[-1]

        return await self.home.run(newest)

    async def passkey_link(self, name: str) -> str:
        """Make the address where somebody registers a passkey in this name: once, within 15 minutes.

        Hand it to that person alone: whoever opens it first holds the passkey. A question's
        `verification_policy` asks for one. Raises: InvalidRequest for a name of none or over 100
        printable characters; SetupError where `base_url` is an IP address, for which no browser has any.
        """
        by = self._actor(None)
        return await self.home.run(lambda house: house.engine.passkeys.link(PasskeyHolder(name), by))

    def ask_sync(
        self,
        question: Question,
        *,
        asked_by: str | None = None,
        idempotency_key: str | None = None,
        callback_url: str | None = None,
        demo: bool = False,
    ) -> Accepted:
        """`ask`, for code that is not async."""
        return self._wait(
            lambda: self.ask(
                question,
                asked_by=asked_by,
                idempotency_key=idempotency_key,
                callback_url=callback_url,
                demo=demo,
            )
        )

    def decision_sync(self, case_id: str, timeout: timedelta) -> CaseDecision:
        """`decision`, for code that is not async. Raises: StillOpen after `timeout`; the case stays open."""

        async def in_time() -> CaseDecision:
            try:
                async with asyncio.timeout(timeout.total_seconds()):
                    return await self.decision(case_id)
            except TimeoutError as error:
                raise StillOpen(case_id=case_id) from error

        return self._wait(in_time)

    def callback_secret_sync(self, asked_by: str) -> str:
        """`callback_secret`, for code that is not async."""
        return self._wait(lambda: self.callback_secret(asked_by))

    def passkey_link_sync(self, name: str) -> str:
        """`passkey_link`, for code that is not async."""
        return self._wait(lambda: self.passkey_link(name))

    def cancel_sync(self, case_id: str, reason: str | None = None) -> None:
        """`cancel`, for code that is not async."""
        self._wait(lambda: self.cancel(case_id, reason))

    def _wait(self, call: Callable[[], Awaitable[R]]) -> R:
        return self.home.run_sync(lambda _: call())

    def discovery(self) -> dict[str, Any]:
        """Return the discovery document, to be served at `/.well-known/hitl.json` of the host."""
        return document(self._plan.settings, self._plan.claims)

    async def close(self) -> None:
        """End streams and work now, and close the store; the next request opens it again."""
        await self.home.run(House.stop)
        self.home.forget()
