"""What runs behind the doors of one store, whoever opens them: the casebook, the feed, the work."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial

import structlog

from openhitl.cases import Casebook
from openhitl.identity import (
    Accounts,
    AgentDesk,
    ApiKeys,
    Askers,
    AuthorizationServer,
    CallbackSecrets,
    PasskeyDesk,
)
from openhitl.identity.push import PushDesk, PushSender
from openhitl.identity.sso import single_sign_on
from openhitl.jobs.callbacks import CallBack
from openhitl.jobs.checkpoints import Checkpointer
from openhitl.jobs.defaults import DefaultFetcher
from openhitl.jobs.providers import evidence_providers
from openhitl.jobs.pushes import Push, Tell
from openhitl.jobs.sweeper import Sweeper
from openhitl.jobs.worker import Doer, Worker
from openhitl.keyring import Keyring
from openhitl.outbound import Guard, OutboundHttp
from openhitl.protocol.audit import OPERATOR
from openhitl.protocol.evidence import Provider
from openhitl.protocol.lifecycle import Effect
from openhitl.settings import MASK, Settings, in_force
from openhitl.store import Store

AGAIN_SECONDS = 1.0
_log = structlog.get_logger("openhitl.jobs")


class Engine:
    """Cases and everything that follows them, from `start` to `stop`. Made on a running event loop.

    Args:
        tokens_for_all, shared, has_accounts: as the casebook's.
    """

    def __init__(
        self,
        store: Store,
        keyring: Keyring,
        settings: Settings,
        *,
        tokens_for_all: bool = False,
        shared: bool = False,
        has_accounts: bool = False,
    ) -> None:
        self._retention = settings.retention
        # What is told of a secret shows that it changed, to nobody what it is.
        self._in_force = in_force(
            settings, lambda name, secret: f"{MASK} {keyring.blind(secret.encode(), bound_to=name)[:8]}"
        )
        self._outbound = OutboundHttp(Guard(settings.networks))
        self.book = Casebook(
            store,
            keyring,
            settings,
            tokens_for_all=tokens_for_all,
            shared=shared,
            has_accounts=has_accounts,
            providers=self._providers(store, settings),
        )
        self._know_askers(store, keyring, settings)
        self._know_people(store, keyring, settings)
        self.fetch_default = DefaultFetcher(self._outbound)
        self._checkpointer = Checkpointer(self.book)
        self._loop = asyncio.get_running_loop()
        self._tasks: list[asyncio.Task[None]] = []

    def _providers(self, store: Store, settings: Settings) -> list[Provider]:
        return evidence_providers(
            settings,
            self._outbound,
            find_passkey=lambda name: self.book.ledger.read(store.find_passkey, name),
            passkey_used=lambda key, count: self.book.ledger.read(
                store.passkey_used, key, count, self.book.clock()
            ),
        )

    def _know_askers(self, store: Store, keyring: Keyring, settings: Settings) -> None:
        run, clock = self.book.ledger.read, self.book.clock
        self.oauth = AuthorizationServer(
            store, keyring, settings.public_url, get=self._outbound.get, run=run, clock=clock
        )
        keys = ApiKeys(lambda key_hash: run(store.find_key, key_hash))
        self.askers = Askers(keys, self.oauth.access_tokens)
        self.agents = AgentDesk(store, run=run, clock=clock)
        self.secrets = CallbackSecrets(
            keyring, lambda agent_id, now: run(store.callback_generations, agent_id, now)
        )

    def _know_people(self, store: Store, keyring: Keyring, settings: Settings) -> None:
        run, clock = self.book.ledger.read, self.book.clock
        self.passkeys = PasskeyDesk(store, settings.public_url, run=run, clock=clock)
        self.accounts = Accounts(
            store,
            keyring,
            settings.public_url,
            run=run,
            clock=clock,
            on_join=self.book.standing.somebody_joined,
        )
        sender = PushSender(
            keyring, self._outbound, settings.push_subject, settings.push_services, clock=clock
        )
        self.push = PushDesk(store, keyring, sender, run=run, clock=clock)
        self._push = Push(self.book, self.push, settings.public_url)
        self.sso = single_sign_on(settings, store, keyring, self._outbound, run=run, clock=clock)

    async def start(self, doers: Mapping[Effect, Doer] | None = None) -> None:
        """Begin to follow the log and to work; `doers` do what only this program can. Raises: StoreError."""
        store = self.book.ledger.store
        sweeper = Sweeper(self.book, retention=self._retention)
        call_back = CallBack(self.book, self._outbound, self.secrets)
        told: dict[Effect, Doer] = {Effect.TELL: Tell(self.book), Effect.PUSH: self._push}
        worker = Worker(self.book, {Effect.CALL_BACK: call_back, **told, **(doers or {})})
        ledger = self.book.ledger
        await ledger.read(store.record_settings, self._in_force, by=OPERATOR, now=self.book.clock())
        head = await ledger.read(store.head)
        self._tasks = [
            asyncio.create_task(keep_running(partial(self.book.feed.run, head)), name="feed"),
            asyncio.create_task(keep_running(sweeper.run), name="sweeper"),
            asyncio.create_task(keep_running(worker.run), name="worker"),
            asyncio.create_task(keep_running(self._checkpointer.run), name="checkpoints"),
        ]
        store.listen(self._wake)

    def _wake(self) -> None:
        """Look at the log soon; called on a thread of the store's."""
        with suppress(RuntimeError):  # the loop was closed a moment ago
            self._loop.call_soon_threadsafe(self.book.feed.wake)

    def leave(self) -> None:
        """End every stream, and every one that still comes."""
        self.book.feed.streams.end_all()

    async def stop(self) -> None:
        """End the background work, let the writer finish, close the store."""
        self.leave()
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        await self._outbound.close()
        if self._tasks:
            await self._checkpointer.last()
        await self.book.close()


async def keep_running(work: Callable[[], Awaitable[None]]) -> None:
    """Run work that has no end, and start it again when it fails: nobody waits for it who could."""
    while True:
        try:
            await work()
        except Exception as error:  # the outermost handler of background work
            if not threading.main_thread().is_alive():
                return  # the interpreter is ending around a loop on a thread
            _log.exception("background_work_failed", error=repr(error))
        await asyncio.sleep(AGAIN_SECONDS)
