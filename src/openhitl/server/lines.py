"""The POSTs that carry calls to the tools, and which of them their clients have given up."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import structlog

from openhitl.asking.calls import Context
from openhitl.asking.handovers import Handover
from openhitl.errors import HitlError
from openhitl.review.asgi import Receive, Send
from openhitl.server.questioner import CaseQuestioner

_log = structlog.get_logger("openhitl.server")
CANCELLED = "notifications/cancelled"
#: Who sends requests: an agent by its number, an address, and what the client calls itself.
Caller = tuple[int, str, str]


class HttpLine:
    """One POST: it carries one call, and the credential that came with it says as whom."""

    def __init__(self, questioner: CaseQuestioner, body: bytes) -> None:
        self.questioner = questioner
        self._body: bytes | None = body
        self._handover: Handover | None = None
        self._is_sent = False
        self._is_abandoned = False

    def carry(self, context: Context, handover: Handover) -> None:
        """End this handover with the POST."""
        self._handover = handover

    def receiving(self, receive: Receive) -> Receive:
        """Give the body that was read, then what else comes."""

        async def given() -> dict[str, Any]:
            body, self._body = self._body, None
            if body is None:
                return dict(await receive())
            return {"type": "http.request", "body": body, "more_body": False}

        return given

    def sending(self, send: Send) -> Send:
        """Pass on what is sent, and see its end."""

        async def passing(message: Any) -> None:
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                self._is_sent = True

        return passing

    def abandon(self) -> None:
        """Take whatever is still sent for lost: the client has said that it does not wait for it."""
        self._is_abandoned = True

    async def hang_up(self) -> None:
        """End with the POST, and with it the handover of an answer."""
        if self._handover is None:
            return
        if not self._is_sent or self._is_abandoned:
            self._handover.lost()
            return
        try:
            await self._handover.sent()
        except HitlError as error:  # the answer is there for an hour, should the same be asked again
            _log.warning("handover_not_noted", error=repr(error))


class Lines:
    """The POSTs that are being answered, by who sent them and the id that the client gave its request.

    A client of the revisions with a handshake that loses patience says so in another POST, and may leave
    the first one open, reading what comes to nobody. Without sessions two clients of one agent and kind may
    give the same id at the same time: then both answers are kept for an hour, although one has arrived.
    MCP 2025-11-25 "Cancellation".
    """

    def __init__(self) -> None:
        self._open: dict[tuple[Caller, str], set[HttpLine]] = {}

    @contextmanager
    def held(self, caller: Caller, body: bytes, line: HttpLine) -> Iterator[None]:
        """Know of a line while its POST is answered; if it carries a cancellation, obey that."""
        message = _message(body)
        params = message.get("params")
        if message.get("method") == CANCELLED and isinstance(params, dict):
            for other in self._open.get((caller, str(params.get("requestId"))), ()):
                other.abandon()
        place = (caller, str(message.get("id")))
        self._open.setdefault(place, set()).add(line)
        try:
            yield
        finally:
            here = self._open[place]
            here.discard(line)
            if not here:
                del self._open[place]


def _message(body: bytes) -> Mapping[str, Any]:
    """Read a message as far as it is one; what is wrong with it is for others to say."""
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}
