"""Everything that a service's cases need, open on one event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass

from openhitl.errors import MethodNotAllowed, NotFound, Overloaded, Stopping
from openhitl.jobs import Engine
from openhitl.jobs.worker import MOST_RUNNING, Doer
from openhitl.keyring import Keyring, parse_root
from openhitl.protocol.case import Actor, ActorKind
from openhitl.protocol.lifecycle import Effect
from openhitl.protocol.problems import check_storable, text_of
from openhitl.review.asgi import Patience
from openhitl.review.claims import Claims
from openhitl.review.door import Door, Viewer
from openhitl.review.pages import Theme
from openhitl.review.protocol_app import ProtocolApp
from openhitl.review.room import Room
from openhitl.review.router import Router
from openhitl.review.routes import DISCOVERY, JWKS, REVIEW_ROUTES, STATIC
from openhitl.service.callables import called
from openhitl.service.decided import CaseDecision, decision_of
from openhitl.service.handlers import DecisionHandler, HandOver
from openhitl.service.logs import log_to_logging
from openhitl.service.settings import ServiceSettings
from openhitl.store import Store
from openhitl.store.records import Agent

#: Says whose request this is by its headers, whose names are in lower case; None for nobody's.
Authenticate = Callable[[Mapping[str, str]], str | Awaitable[str | None] | None]

#: What a service serves: asking is not among it, since its own endpoints do that.
ROUTES = (*REVIEW_ROUTES, DISCOVERY, JWKS, STATIC)
_ROUTER = Router(ROUTES)
#: The service that all this is part of.
SERVICE = Actor(kind=ActorKind.SERVICE, id="service", surface="embedded")
#: How many requests the service may be asked about at a time.
AUTHENTICATING = 8
#: How long the service may take to say whose a request is.
AUTHENTICATE_SECONDS = 20.0
CENTURY_SECONDS = 100 * 365 * 24 * 3_600.0
MAX_NAME_CHARACTERS = 100
#: How many names of those who ask are kept at hand.
KNOWN = 10_000


@dataclass(frozen=True, slots=True)
class Plan:
    """What a house is built from."""

    settings: ServiceSettings
    claims: Claims
    theme: Theme
    authenticate: Authenticate | None
    handler: DecisionHandler | None


def serves(path: str, *, streams: bool, theme: Theme) -> bool:
    """Tell whether a path, without any prefix, is one of ours, whatever the method."""
    if path.startswith("/api/reviews/") and path.endswith(("/status", "/events") if streams else "/status"):
        return True
    try:
        route, values = _ROUTER.match("GET", path)
    except NotFound:
        return False
    except MethodNotAllowed:
        return True
    # The service may well have files of its own beside ours, whose names hold their digests.
    return route is not STATIC or theme.file(values["name"]) is not None


class House:
    """An engine and a door, until `stop` or until the event loop ends."""

    def __init__(self, plan: Plan, engine: Engine) -> None:
        self.engine = engine
        self.book = engine.book
        self._handling = ThreadPoolExecutor(MOST_RUNNING, thread_name_prefix="decision")
        self._authenticating = ThreadPoolExecutor(AUTHENTICATING, thread_name_prefix="authenticate")
        door = Door(
            engine.book,
            engine.askers,
            engine.secrets,
            engine.passkeys,
            plan.settings,
            engine.fetch_default,
            claims=plan.claims,
            # Always: an Authorization header is the service's own affair, never one of our keys.
            viewer=self._viewer(plan.authenticate),
            theme=plan.theme,
        )
        self.app = ProtocolApp(door, ROUTES, Patience(), Room.of_this_process())
        self._owners: dict[str, int] = {}
        self._keeper = asyncio.create_task(self._keep(), name="house")

    @classmethod
    async def open(cls, plan: Plan) -> House:
        """Open the store and begin to work. Raises: SetupError, StoreError."""
        log_to_logging()
        keyring = Keyring(parse_root(plan.settings.secret_key.get_secret_value()))
        store = await asyncio.to_thread(Store.open, plan.settings.store_url, keyring)
        # Services run as many processes as they like, and nobody tells us.
        tokens_for_all = plan.authenticate is None
        engine = Engine(store, keyring, plan.settings, tokens_for_all=tokens_for_all, shared=True)
        house = cls(plan, engine)
        async with AsyncExitStack() as unless_it_opens:
            unless_it_opens.push_async_callback(house.stop)
            await engine.start(house._doers(plan.handler))
            unless_it_opens.pop_all()
        return house

    def _doers(self, handler: DecisionHandler | None) -> Mapping[Effect, Doer]:
        if handler is None:
            return {}
        return {Effect.HAND_OVER: HandOver(self.book, handler, self._handling)}

    async def _keep(self) -> None:
        """Close the store when the loop ends: nobody promises to tell us otherwise."""
        try:
            # A timer, which the loop holds on to even when it ends on a thread with the interpreter.
            await asyncio.sleep(CENTURY_SECONDS)
        finally:
            for threads in (self._handling, self._authenticating):
                threads.shutdown(wait=False, cancel_futures=True)
            await self.engine.stop()

    async def stop(self) -> None:
        """End the streams and the work, let the writer finish, close the store."""
        self._keeper.cancel()
        await asyncio.wait([self._keeper])

    async def owner(self, name: str) -> int:
        """Return the row of whoever this name stands for, made if need be. Raises: InvalidRequest."""
        if name not in self._owners:
            ledger = self.book.ledger
            self._remember(
                await ledger.read(ledger.store.agent_of, _checked(name), by=SERVICE, now=self.book.clock())
            )
        return self._owners[name]

    def _viewer(self, authenticate: Authenticate | None) -> Viewer:
        async def viewer(headers: Mapping[str, str]) -> int | None:
            if authenticate is None:
                return None
            try:
                async with asyncio.timeout(AUTHENTICATE_SECONDS):
                    name = await called(self._authenticating, authenticate, headers)
            except TimeoutError as error:
                raise Overloaded("The service did not say in time whose request this is.") from error
            if name is None:
                return None
            if not isinstance(name, str):
                raise TypeError(f"authenticate must return a str or None, not {type(name).__name__}")
            return await self._known(name)

        return viewer

    async def _known(self, name: str) -> int:
        """Return the row of a name; 0, which is nobody's, for one that never asked."""
        if name not in self._owners:
            ledger = self.book.ledger
            agent = await ledger.read(ledger.store.agent_named, _checked(name))
            if agent is None:
                return 0
            self._remember(agent)
        return self._owners[name]

    def _remember(self, agent: Agent) -> None:
        if len(self._owners) >= KNOWN:
            self._owners.clear()
        self._owners[agent.name] = agent.agent_id

    async def decision(self, case_id: str) -> CaseDecision:
        """Wait until a case is final. Raises: NotFound; Stopping when this process ends first."""
        streams = self.book.feed.streams
        stream = streams.register(case_id)
        try:
            while True:
                told_all = stream.ended
                stored = await self.book.current(case_id)
                if stored.case.is_final:
                    return decision_of(self.book, stored)
                if told_all:
                    raise Stopping
                await stream.next_chunk()
        finally:
            streams.remove(stream)


def _checked(name: str) -> str:
    check_storable(name)
    return text_of(name, "asked_by", least=1, most=MAX_NAME_CHARACTERS)
