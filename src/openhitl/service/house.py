"""Everything that a service's cases need, open on one event loop."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from openhitl.errors import Stopping
from openhitl.jobs import Engine
from openhitl.keyring import Keyring, parse_root
from openhitl.protocol.lifecycle import Effect
from openhitl.review.asgi import Patience
from openhitl.review.claims import Claims
from openhitl.review.door import Door, Viewer
from openhitl.review.pages import Theme
from openhitl.review.protocol_app import ProtocolApp
from openhitl.review.room import Room
from openhitl.review.routes import DISCOVERY, JWKS, REVIEW_ROUTES, STATIC
from openhitl.service.decided import CaseDecision, decision_of
from openhitl.service.handlers import DecisionHandler, HandOver
from openhitl.service.settings import ServiceSettings
from openhitl.store import Store

#: Says whose request this is by its headers, whose names are in lower case; None for nobody's.
Authenticate = Callable[[Mapping[str, str]], str | Awaitable[str | None] | None]

#: What a service serves: asking is not among it, since its own endpoints do that.
ROUTES = (*REVIEW_ROUTES, DISCOVERY, JWKS, STATIC)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a house is built from."""

    settings: ServiceSettings
    secret: str
    claims: Claims
    theme: Theme
    authenticate: Authenticate | None
    handler: DecisionHandler | None


class House:
    """An engine and a door, until `stop` or until the event loop ends."""

    def __init__(self, plan: Plan, engine: Engine) -> None:
        self.engine = engine
        self.book = engine.book
        door = Door(
            engine.book,
            engine.keys,
            engine.secrets,
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
        keyring = Keyring(parse_root(plan.secret))
        store = await asyncio.to_thread(Store.open, plan.settings.store_url, keyring)
        engine = Engine(store, keyring, plan.settings, tokens_for_all=plan.authenticate is None)
        house = cls(plan, engine)
        doers = {Effect.HAND_OVER: HandOver(engine.book, plan.handler)} if plan.handler else {}
        await engine.start(doers)
        return house

    async def _keep(self) -> None:
        """Close the store when the loop ends: nobody promises to tell us otherwise."""
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            await self.engine.stop()

    async def stop(self) -> None:
        """End the streams and the work, let the writer finish, close the store."""
        self._keeper.cancel()
        await asyncio.wait([self._keeper])

    async def owner(self, name: str) -> int:
        """Return the row of whoever this name stands for, made if need be."""
        if name not in self._owners:
            ledger = self.book.ledger
            self._owners[name] = (await ledger.read(ledger.store.agent_of, name)).agent_id
        return self._owners[name]

    def _viewer(self, authenticate: Authenticate | None) -> Viewer:
        async def viewer(headers: Mapping[str, str]) -> int | None:
            name = authenticate(headers) if authenticate is not None else None
            if inspect.isawaitable(name):
                name = await name
            return None if name is None else await self._known(name)

        return viewer

    async def _known(self, name: str) -> int:
        """Return the row of a name; 0, which is nobody's, for one that never asked."""
        if name in self._owners:
            return self._owners[name]
        ledger = self.book.ledger
        agent = await ledger.read(ledger.store.agent_named, name)
        if agent is None:
            return 0
        self._owners[name] = agent.agent_id
        return agent.agent_id

    async def decision(self, case_id: str) -> CaseDecision:
        """Wait until a case is final. Raises: NotFound; Stopping when this process ends first."""
        streams = self.book.feed.streams
        stream = streams.register(case_id)
        try:
            while True:
                told_all = stream.ended
                stored = await self.book.current(case_id)
                if stored.case.is_final:
                    return decision_of(stored)
                if told_all:
                    raise Stopping
                await stream.next_chunk()
        finally:
            streams.remove(stream)
