"""`SyncHITL`: ask a human from code that is not async."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from types import TracebackType
from typing import Any, TypeVar, Unpack

from openhitl.agent.asking import HITL
from openhitl.agent.questions import AgentEntry, OpenCase, Terms
from openhitl.agent.telling import Teller
from openhitl.agent.updates import Update
from openhitl.protocol.case import Json
from openhitl.protocol.outcomes import Decision

T = TypeVar("T")


class SyncHITL:
    """`HITL` for code that is not async: the same calls, each returning when it is done.

    Its connections live on a thread of its own, started at the first call, so it also works inside a
    running event loop and from several threads. After a fork the child starts afresh. `announce` and
    `on_update` are called on that thread. Use it as a context manager, or `close()` it.
    """

    def __init__(
        self,
        server_url: str | None = None,
        api_key: str | None = None,
        *,
        agent_name: str | None = None,
        announce: Teller | None = None,
        on_update: Callable[[Update], None] | None = None,
        e2ee: bool = False,
    ) -> None:
        def make() -> HITL:
            return HITL(
                server_url,
                api_key,
                agent_name=agent_name,
                announce=announce,
                on_update=on_update,
                e2ee=e2ee,
            )

        self._make = make
        self._starting = threading.Lock()
        self._loop: _LoopThread | None = None
        self._hitl = self._make()

    def __enter__(self) -> SyncHITL:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections to the server. Open cases stay open."""
        with self._starting:
            if self._loop is not None and self._loop.is_ours:
                self._loop.run(self._hitl.close())
                self._loop.close()
            self._loop = None

    def request_input(
        self,
        prompt: str,
        choices: Sequence[str] | None = None,
        placeholder: str | None = None,
        agent_name: str | None = None,
    ) -> str:
        """See `HITL.request_input`."""
        return self._run(lambda hitl: hitl.request_input(prompt, choices, placeholder, agent_name))

    def notify_completion(self, summary: str, agent_name: str | None = None) -> str:
        """See `HITL.notify_completion`."""
        return self._run(lambda hitl: hitl.notify_completion(summary, agent_name))

    def create_agent(self, name: str) -> str:
        """See `HITL.create_agent`."""
        return self._run(lambda hitl: hitl.create_agent(name))

    def list_agents(self) -> list[AgentEntry]:
        """See `HITL.list_agents`."""
        return self._run(lambda hitl: hitl.list_agents())

    def approve(self, prompt: str, artifact: str | Json | None = None, **terms: Unpack[Terms]) -> Decision:
        """See `HITL.approve`."""
        return self._run(lambda hitl: hitl.approve(prompt, artifact, **terms))

    def select(
        self,
        prompt: str,
        items: Sequence[str | Json],
        *,
        minimum: int | None = None,
        maximum: int | None = None,
        **terms: Unpack[Terms],
    ) -> Decision:
        """See `HITL.select`."""
        return self._run(lambda hitl: hitl.select(prompt, items, minimum=minimum, maximum=maximum, **terms))

    def ask(self, prompt: str, form: Json | Sequence[Json], **terms: Unpack[Terms]) -> Decision:
        """See `HITL.ask`."""
        return self._run(lambda hitl: hitl.ask(prompt, form, **terms))

    def confirm(
        self,
        prompt: str,
        items: Sequence[str | Json] = (),
        *,
        irreversible: bool = False,
        partial: bool = False,
        **terms: Unpack[Terms],
    ) -> Decision:
        """See `HITL.confirm`."""
        return self._run(
            lambda hitl: hitl.confirm(prompt, items, irreversible=irreversible, partial=partial, **terms)
        )

    def escalate(
        self, prompt: str, error: str | Json, *, params: Json | None = None, **terms: Unpack[Terms]
    ) -> Decision:
        """See `HITL.escalate`."""
        return self._run(lambda hitl: hitl.escalate(prompt, error, params=params, **terms))

    def create(self, prompt: str, question: Json, **terms: Unpack[Terms]) -> OpenCase:
        """See `HITL.create`."""
        return self._run(lambda hitl: hitl.create(prompt, question, **terms))

    def wait(self, case: str | OpenCase, *, give_up_after: timedelta | None = None) -> Decision:
        """See `HITL.wait`."""
        return self._run(lambda hitl: hitl.wait(case, give_up_after=give_up_after))

    def received(self, case_id: str) -> None:
        """See `HITL.received`."""
        self._run(lambda hitl: hitl.received(case_id))

    def notify(self, message: str, agent_name: str | None = None) -> str:
        """See `HITL.notify`."""
        return self._run(lambda hitl: hitl.notify(message, agent_name))

    def look_up(self, case_id: str) -> OpenCase:
        """See `HITL.look_up`."""
        return self._run(lambda hitl: hitl.look_up(case_id))

    def cancel(self, case_id: str, reason: str | None = None) -> None:
        """See `HITL.cancel`."""
        self._run(lambda hitl: hitl.cancel(case_id, reason))

    def _run(self, call: Callable[[HITL], Coroutine[Any, Any, T]]) -> T:
        with self._starting:
            if self._loop is None or not self._loop.is_ours:
                if self._loop is not None:
                    self._hitl = self._make()
                self._loop = _LoopThread()
            loop, hitl = self._loop, self._hitl
        return loop.run(call(hitl))


class _LoopThread:
    """An event loop on a daemon thread of this process."""

    def __init__(self) -> None:
        self._process = os.getpid()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="openhitl-agent", daemon=True)
        self._thread.start()

    @property
    def is_ours(self) -> bool:
        """False in the child of a fork, which has no such thread."""
        return self._process == os.getpid()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run to the end and return the result; an interrupt of the caller cancels the work."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        finally:
            future.cancel()  # what is done stays done

    def close(self) -> None:
        """Stop and join the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
