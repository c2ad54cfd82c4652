"""Hold a request until a human has decided, whatever HTTP client it came from."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypedDict

from openhitl.agent.course import Ended
from openhitl.agent.questions import OpenCase
from openhitl.agent.receiver import Receiver
from openhitl.agent.telling import Teller
from openhitl.agent.updates import Update
from openhitl.agent.waiting import Manner, SyncWaiting, Waiting
from openhitl.client.credentials import Credential
from openhitl.client.wires import BlockingWire, Wire
from openhitl.protocol.outcomes import decision_from

#: More than this of an answer is not read to find out whether it wants a human.
MAX_HELD_BYTES = 1024 * 1024
_DECODED_IN_PIECES = 64
#: Headers that say how a poll's body was sent, not what it is, or that are between it and us.
_OF_THE_BODY = frozenset(
    {"connection", "content-encoding", "content-length", "keep-alive", "set-cookie", "transfer-encoding"}
)


class Options(TypedDict, total=False):
    """What every transport takes.

    tell: gets each case to a human, first and at each reminder; by default `telling.automatic`.
    on_update: hears what happens meanwhile; it must not block. default_actions: take these for an
    answer when nobody answered in time, as `SAFE_DEFAULTS`; by default that is `AnswerExpired`.
    give_up_after: how long one request waits before `StillOpen`; by default until the case is over.
    use_events: follow event streams (the default), which each take one of the client's connections,
    or only poll. receiver: hears the services' callbacks instead.
    """

    tell: Teller | None
    on_update: Callable[[Update], None] | None
    default_actions: Collection[str]
    give_up_after: timedelta | None
    use_events: bool
    receiver: Receiver | None


@dataclass(frozen=True, slots=True)
class Held:
    """What the caller gets in the place of the 202: a 200 with the final poll body."""

    body: bytes
    headers: dict[str, str]


def may_want_a_human(status: int, headers: Mapping[str, str]) -> bool:
    """Tell whether a response is worth reading: a 202 with JSON that is not long. HITL v0.8 §6."""
    if status != 202:
        return False
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        return False
    length = headers.get("content-length", "")
    return not (length.isascii() and length.isdigit() and int(length) > MAX_HELD_BYTES)


def pieces(body: bytes) -> Iterator[bytes]:
    """Cut an encoded body so small that no piece of it decodes to more than memory holds."""
    for start in range(0, len(body), _DECODED_IN_PIECES):
        yield body[start : start + _DECODED_IN_PIECES]


def joined(chunks: Iterable[bytes]) -> bytes | None:
    """Join what was read; None as soon as it is too long."""
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > MAX_HELD_BYTES:
            return None
    return bytes(body)


def hold(case: OpenCase, credential: Credential, wire: BlockingWire, options: Options) -> Ended:
    """Tell a human and wait. Raises: what `SyncWaiting.end` raises."""
    waiting = SyncWaiting(case, credential, wire=wire, **_manner(options))
    return waiting.end(give_up_after=options.get("give_up_after"))


async def hold_async(case: OpenCase, credential: Credential, wire: Wire, options: Options) -> Ended:
    """Tell a human and wait. Raises: what `Waiting.end` raises."""
    waiting = Waiting(case, credential, wire=wire, **_manner(options))
    return await waiting.end(give_up_after=options.get("give_up_after"))


def held(case: OpenCase, ended: Ended, options: Options) -> Held:
    """Make the answer out of the final poll.

    Where a default action is taken for one, the body is still that of an expired case, with a
    `result` of that action. Raises: AnswerExpired, AnswerCancelled, with the poll body.
    """
    decision = decision_from(ended.poll, context=case.context, default_action=case.default_action)
    decision = decision.require_answer(options.get("default_actions", ()))
    headers = {name: value for name, value in ended.response.headers.items() if name not in _OF_THE_BODY}
    body = ended.response.body  # as the service spelled it
    if not decision.answered:
        headers.pop("etag", None)
        result: dict[str, Any] = {"action": decision.action, "data": {}}
        body = json.dumps({**ended.poll.body, "result": result}).encode()
    return Held(body, {**headers, "content-length": str(len(body))})


def _manner(options: Options) -> Manner:
    return {
        "tell": options.get("tell"),
        "on_update": options.get("on_update"),
        "use_events": options.get("use_events", True),
        "receiver": options.get("receiver"),
    }
