"""What happens in somebody's inbox, as it happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from openhitl.client.pauses import backoff_seconds
from openhitl.client.refusals import refusal
from openhitl.client.session import Session
from openhitl.client.sse import SseParser
from openhitl.errors import HitlError, SignInRequired
from openhitl.person import requests
from openhitl.protocol.record import record

#: Before a stream that the server has ended, as it does now and then, is opened again.
PAUSE_SECONDS = 0.1
SIGN_IN_HINT = "`hitl signin` signs you in; `hitl admin login-link` prints a link on the server's machine."
#: That somebody was told something, which changes nothing of the cases.
_NOTICE = "inbox.notice"


@record(frozen=True, slots=True)
class News:
    """That the cases may have changed, or with `of_notices` what was told; or, with the reason in `offline`,
    that the server does not answer.
    """

    offline: str = ""
    of_notices: bool = False


async def follow(server: str, session: Session) -> AsyncGenerator[News]:
    """Tell what is new while it is asked for; close it (`aclosing`) in the task that reads it.

    First, and after every gap, that anything may be. Raises: SignInRequired once the server lets nobody in.
    """
    failures = 0
    while True:
        try:
            async with aclosing(_stream(server, session)) as stream:
                async for news in stream:
                    failures = 0
                    yield news
        except SignInRequired:
            raise
        except (HitlError, ValueError) as error:
            failures += 1
            yield News(offline=str(error) or type(error).__name__)
        await asyncio.sleep(backoff_seconds(failures) if failures else PAUSE_SECONDS)


async def _stream(server: str, session: Session) -> AsyncGenerator[News]:
    async with session.stream(requests.events(server)) as stream:
        if stream.head.status == 401:
            raise SignInRequired(hint=SIGN_IN_HINT)
        if stream.head.status != 200:
            raise refusal(stream.head)
        parser = SseParser()
        async for chunk in stream.chunks:
            for event in parser.feed(chunk):
                yield News(of_notices=event.name == _NOTICE)
