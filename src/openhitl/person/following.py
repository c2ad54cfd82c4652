"""What happens in somebody's inbox, as it happens: over a stream, or by looking again where there is none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from enum import StrEnum

from openhitl.client.exchange import decode_json
from openhitl.client.pauses import backoff_seconds
from openhitl.client.refusals import refusal
from openhitl.client.session import Session
from openhitl.client.sse import SseEvent, SseParser
from openhitl.errors import PeerError, SignInRequired, StoreError
from openhitl.person import requests
from openhitl.protocol.record import record

#: How often to look where there is no stream.
LOOK_SECONDS = 5.0
_KINDS = {"inbox.case": "case", "inbox.notice": "notice", "inbox.ready": "all"}


class Kind(StrEnum):
    """What is new: anything at all, one case, a notice; or that the server does not answer."""

    ALL = "all"
    CASE = "case"
    NOTICE = "notice"
    OFFLINE = "offline"


@record(frozen=True, slots=True)
class News:
    """One thing that is new. `about` is the case's id, or for what is offline the reason."""

    kind: Kind
    about: str = ""


async def follow(server: str, session: Session) -> AsyncIterator[News]:
    """Tell what is new for as long as it is asked for.

    First, and after every gap, that anything may be. Raises: SignInRequired once the server lets nobody in.
    """
    failures = 0
    while True:
        try:
            async for news in _stream(server, session):
                failures = 0
                yield news
        except (PeerError, StoreError, ValueError) as error:
            failures += 1
            yield News(Kind.OFFLINE, str(error))
        await asyncio.sleep(backoff_seconds(failures) if failures else 0.1)


async def _stream(server: str, session: Session) -> AsyncIterator[News]:
    async with session.stream(requests.events(server)) as stream:
        status = stream.head.status
        if status == 200:
            parser = SseParser()
            async for chunk in stream.chunks:
                for event in parser.feed(chunk):
                    yield _news(event)
            return
        if status == 401:
            raise SignInRequired
        if status >= 500:
            raise refusal(stream.head)
    yield News(Kind.ALL)
    await asyncio.sleep(LOOK_SECONDS)


def _news(event: SseEvent) -> News:
    kind = Kind(_KINDS.get(event.name, "all"))
    about = ""
    with suppress(ValueError):
        data = decode_json(event.data)
        about = str(data.get("case_id", "")) if isinstance(data, dict) else ""
    return News(kind, about)
