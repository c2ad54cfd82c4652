"""A store under test with a clock that is set by hand, and a writer whose outcomes can be waited for."""

from __future__ import annotations

import hashlib
import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from openhitl.keyring import Keyring
from openhitl.protocol.audit import OPERATOR
from openhitl.protocol.case import (
    Actor,
    ActorKind,
    Answer,
    Content,
    DefaultAction,
    ReviewCase,
    Status,
    SubmittedBy,
)
from openhitl.protocol.commands import Command, Create, Submit, TokenHash
from openhitl.store import Store
from openhitl.store.records import Committed, Outcome

SECRET = bytes(range(32))
NOW = datetime(2026, 2, 20, 10, 0, 0, 123_000, tzinfo=UTC)
HOUR = timedelta(hours=1)
WAIT_SECONDS = 30
AGENT = Actor(kind=ActorKind.AGENT, id="agent:1", name="deploy bot")
#: Who changes keys here, and when.
CHANGED: Any = {"by": OPERATOR, "now": NOW}
ALICE = Actor(kind=ActorKind.LINK, id="link:alice", surface="page", name="Alice")
_numbers = itertools.count(1)


def new_id() -> str:
    return f"review_{next(_numbers):026d}"


def creating(agent_id: int | None = None, **given: Any) -> Create:
    """Make a command; `given` goes to the case, or to the command or the content where it belongs."""
    case_id = given.pop("case_id", None) or new_id()
    prompt = given.pop("prompt", "Deploy to production?")
    callback_url = given.pop("callback_url", None)
    command = {key: given.pop(key) for key in ("idempotency_key", "request_digest") if key in given}
    case = ReviewCase(
        case_id=case_id,
        agent_id=agent_id,
        **{
            "type": "approval",
            "status": Status.PENDING,
            "created_at": NOW,
            "expires_at": NOW + HOUR,
            "default_action": DefaultAction.SKIP,
            "calls_back": callback_url is not None,
            **given,
        },
    )
    content = Content(
        type=case.type,
        prompt=prompt,
        message="A human has to decide.",
        context={"artifact": {"title": "Grüße", "content": "a\nb"}, "facts": [1, 2.5, None, True]},
        timeout="1h",
        default_action=case.default_action,
        agent="deploy bot",
        reminder_at=case.reminders,
        previous_case_id=case.previous_case_id,
        inline_actions=("approve",),
        metadata={"run": 7},
        callback_url=callback_url,
        shown_digest="digest of what is shown",
    )
    tokens = tuple(
        TokenHash(purpose=purpose, hash=token_hash(purpose, case_id)) for purpose in ("review", "submit")
    )
    return Create(case=case, content=content, tokens=tokens, **command)


def token_hash(purpose: str, case_id: str) -> bytes:
    return hashlib.sha256(f"{purpose} {case_id}".encode()).digest()


def answer(**given: Any) -> Answer:
    fields: dict[str, Any] = {
        "action": "approve",
        "data": {"feedback": "Schön", "count": 3},
        "shown_digest": "digest of what is shown",
        "data_digest": "digest of the data",
        "mode": "browser_submit",
        "submitted_via": "web",
        "submitted_by": SubmittedBy(platform="web", platform_user_id="alice", display_name="Alice"),
        "name": "Alice",
        "email": "alice@example.org",
    }
    return Answer(**{**fields, **given})


def submitting(case_id: str, submission_id: str | None = None, **given: Any) -> Submit:
    return Submit(case_id=case_id, answer=answer(**given), submission_id=submission_id)


class Desk:
    """A store, its writer, and what the writer has told."""

    def __init__(self, store: Store, **writer: Any) -> None:
        self.store = store
        self.now = NOW
        self.committed: list[Committed] = []
        #: Told of each batch, on the writer's thread.
        self.told: Callable[[Sequence[Committed]], object] = self.committed.extend
        self.batches: list[int] = []
        self.writer = store.writer(
            clock=lambda: self.now, on_commit=lambda batch: self.told(batch), settle=self._settle, **writer
        )

    def _settle(self, settled: Sequence[tuple[Any, Outcome | BaseException]]) -> None:
        self.batches.append(len(settled))
        for future, outcome in settled:
            if isinstance(outcome, BaseException):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

    def put(self, command: Command, actor: Actor = ALICE) -> Future[Outcome]:
        future: Future[Outcome] = Future()
        self.writer.put(command, actor, future)
        return future

    def do(self, command: Command, actor: Actor = ALICE) -> Outcome:
        """Wait for the outcome of one command; raises what the caller would get instead of one."""
        return self.put(command, actor).result(WAIT_SECONDS)

    def ask(self, agent_id: int | None = None, **given: Any) -> str:
        """Make a case and return its id."""
        outcome = self.do(creating(agent_id, **given), AGENT)
        assert outcome.created, outcome.decision.refusal
        return outcome.decision.case.case_id

    def answered(self, **given: Any) -> str:
        """Make a case that is answered and return its id."""
        case_id = self.ask(**given)
        assert self.do(submitting(case_id)).decision.refusal is None
        return case_id

    def together(self, *pairs: tuple[Command, Actor]) -> list[Future[Outcome]]:
        """Put commands so that one batch takes them all; return their futures, which are done."""
        held, going = threading.Event(), threading.Event()
        first: Future[Outcome] = Future()
        first.add_done_callback(lambda _: (held.set(), going.wait(WAIT_SECONDS)))
        self.writer.put(creating(), AGENT, first)  # while its caller is told, the writer waits
        assert held.wait(WAIT_SECONDS)
        futures = [self.put(command, actor) for command, actor in pairs]
        going.set()
        for future in futures:
            future.exception(WAIT_SECONDS)
        return futures


@contextmanager
def opened(url: str, **writer: Any) -> Iterator[Desk]:
    """Open a store with a writer for as long as this is entered."""
    store = Store.open(url, Keyring(SECRET))
    try:
        yield Desk(store, **writer)
    finally:
        store.close()


def later(desk: Desk, by: timedelta) -> None:
    desk.now = desk.now + by
