"""The composition root: one store, one casebook, the doors, the background work, one ASGI callable."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from functools import partial

import structlog

from openhitl.cases import Casebook
from openhitl.errors import HitlError
from openhitl.identity import ApiKeys, CallbackSecrets
from openhitl.jobs import CallBack, Sweeper, Worker
from openhitl.outbound import Guard, OutboundHttp
from openhitl.protocol.lifecycle import Effect
from openhitl.review.door import Door
from openhitl.review.http import error_response
from openhitl.review.router import Router
from openhitl.review.routes import ROUTES
from openhitl.server.asgi import DoorApp, Patience, Receive, Scope, Send, send_response
from openhitl.server.defaults import DefaultFetcher
from openhitl.server.events import EventsEndpoint
from openhitl.server.house import house_app
from openhitl.server.opening import open_store
from openhitl.server.poll import PollEndpoint
from openhitl.server.room import Room
from openhitl.settings import Settings

_log = structlog.get_logger("openhitl.server")
_POLLED = "/api/reviews/"
_HOUSE = ("/healthz", "/readyz", "/metrics", "/static/", "/openapi.json")
AGAIN_SECONDS = 1.0


class Server:
    """Everything that serves one store, from `start` to `stop`, as an ASGI callable."""

    def __init__(
        self, settings: Settings, *, patience: Patience | None = None, room: Room | None = None
    ) -> None:
        self.settings = settings
        self.patience = patience or Patience()
        self.room = room or Room.of_this_process()
        self.ready = False
        self._stack = AsyncExitStack()
        self._prefix = ""
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Open the store, then the doors. Raises: StoreError, SetupError."""
        store, keyring = await asyncio.to_thread(open_store, self.settings)
        self.book = Casebook(store, keyring, self.settings)
        outbound = OutboundHttp(Guard(self.settings.networks))
        self._stack.push_async_callback(self.book.close)
        self._stack.push_async_callback(outbound.close)
        keys = ApiKeys(lambda key_hash: self.book.ledger.read(store.find_key, key_hash))
        secrets = CallbackSecrets(
            keyring, lambda agent_id, now: self.book.ledger.read(store.callback_generations, agent_id, now)
        )
        door = Door(self.book, keys, secrets, self.settings, DefaultFetcher(outbound))
        self._prefix = door.base
        self._poll = PollEndpoint(door)
        self._events = EventsEndpoint(door, self._poll, self.patience, self.room)
        self._door = DoorApp(door, Router(ROUTES))
        self._house = house_app(self)
        sweeper = Sweeper(self.book, retention=self.settings.retention)
        worker = Worker(self.book, {Effect.CALL_BACK: CallBack(self.book, outbound, secrets)})
        head = await self.book.ledger.read(store.head)
        self._tasks = [
            asyncio.create_task(keep_running(partial(self.book.feed.run, head)), name="feed"),
            asyncio.create_task(keep_running(sweeper.run), name="sweeper"),
            asyncio.create_task(keep_running(worker.run), name="worker"),
        ]
        self._loop = asyncio.get_running_loop()
        store.listen(self._wake)
        self.ready = True

    def _wake(self) -> None:
        """Look at the log soon; called on a thread of the store's."""
        self._loop.call_soon_threadsafe(self.book.feed.wake)

    def leave(self) -> None:
        """Stop taking new work: not ready, and every stream is ended."""
        self.ready = False
        self.book.feed.streams.end_all()

    async def stop(self) -> None:
        """End the background work, let the writer finish, close the store."""
        self.leave()
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        await self._stack.aclose()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI connection."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        try:
            await self._answer(scope, receive, send)
        except Exception as error:  # the outermost handler: nothing leaves here but a stable code
            _log.exception("request_failed", method=scope["method"], path=scope["path"], error=repr(error))
            await send_response(send, error_response(HitlError()))

    def _answer(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Find who answers; polls and streams come first, in front of any framework."""
        path: str = scope["path"]
        if self._prefix and path.startswith(self._prefix + "/"):
            path = scope["path"] = path[len(self._prefix) :]
        if path.startswith(_POLLED):
            case_id, _, what = path[len(_POLLED) :].partition("/")
            if what == "status":
                return self._poll(scope, receive, send, case_id)
            if what == "events":
                return self._events(scope, receive, send, case_id)
        if path.startswith(_HOUSE):
            return self._house(scope, receive, send)
        return self._door(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self.start()
        except HitlError as error:
            await send({"type": "lifespan.startup.failed", "message": f"{error.message} {error.hint}"})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.stop()
        await send({"type": "lifespan.shutdown.complete"})


async def keep_running(work: Callable[[], Awaitable[None]]) -> None:
    """Run work that has no end, and start it again when it fails: nobody waits for it who could."""
    while True:
        try:
            await work()
        except Exception as error:  # the outermost handler of background work
            _log.exception("background_work_failed", error=repr(error))
        await asyncio.sleep(AGAIN_SECONDS)
