"""Transports for httpx2, and for whatever library has the same names, as httpx does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from types import ModuleType
from typing import Any, ClassVar, Unpack

from openhitl.agent.questions import OpenCase
from openhitl.agent.replies import case_in_body
from openhitl.agent.transports.holding import (
    MAX_HELD_BYTES,
    Options,
    held,
    hold,
    hold_async,
    joined,
    may_want_a_human,
    pieces,
)
from openhitl.client.credentials import Credential, credential_of
from openhitl.client.session import BlockingSession, Session
from openhitl.errors import InvalidHitlObject


class Replay:
    """A body of which the start was read: gives that, then what is still to come."""

    def __init__(self, stream: Any, start: bytes, rest: Any = ()) -> None:
        self._stream = stream
        self._start = start
        self._rest = rest

    def __iter__(self) -> Iterator[bytes]:
        yield self._start
        yield from self._rest

    def close(self) -> None:
        """Let go of the connection."""
        self._stream.close()


class AsyncReplay:
    """The same, async. Without `rest` the body was read to its end."""

    def __init__(self, stream: Any, start: bytes, rest: AsyncIterator[bytes] | None = None) -> None:
        self._stream = stream
        self._start = start
        self._rest = rest

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._start
        if self._rest is not None:
            async for chunk in self._rest:
                yield chunk

    async def aclose(self) -> None:
        """Let go of the connection."""
        await self._stream.aclose()


class _Face:
    """What faces of both kinds share. `library` is the module whose classes they use."""

    library: ClassVar[ModuleType]
    replay: ClassVar[Any]
    _inner: Any
    _options: Options

    def _case_in(self, response: Any, raw: bytes) -> OpenCase | None:
        """Read a body as it was sent; None if it wants no human, or decodes to too much."""
        if "content-encoding" not in response.headers:
            return case_in_body(raw)
        # Cut small, so that no piece of a bomb decodes to more than memory holds.
        copy = self.library.Response(202, headers=response.headers, content=pieces(raw))
        try:
            body = joined(copy.iter_bytes())
        except self.library.DecodingError:
            return None
        return None if body is None else case_in_body(body)

    def _credential(self, request: Any) -> Credential:
        return credential_of(str(request.url), request.headers.items())

    def _answer(self, response: Any, request: Any, case: OpenCase, ended: Any) -> Any:
        """Make the 200. Cookies that the service set with its 202 are set all the same."""
        answer = held(case, ended, self._options)
        cookies = [("set-cookie", value) for value in response.headers.get_list("set-cookie")]
        # As a stream: of what was read before it came, the client would not know how long it took.
        return self.library.Response(
            200,
            headers=[*cookies, *answer.headers.items()],
            stream=self.replay(response.stream, answer.body),
            request=request,
        )


class BlockingFace(_Face):
    """A transport of `library` around another one."""

    def __init__(self, inner: Any = None, **options: Unpack[Options]) -> None:
        self._inner = self.library.HTTPTransport() if inner is None else inner
        self._options = options

    def handle_request(self, request: Any) -> Any:
        """Send a request; where its answer wants a human, wait for the decision.

        Raises: AnswerExpired, AnswerCancelled, StillOpen, InvalidHitlObject, and what
        `SyncWaiting.decision` raises.
        """
        response = self._inner.handle_request(request)
        if not may_want_a_human(response.status_code, response.headers):
            return response
        start, chunks = bytearray(), iter(response.stream)
        for chunk in chunks:
            start += chunk
            if len(start) > MAX_HELD_BYTES:
                response.stream = self.replay(response.stream, bytes(start), chunks)
                return response
        try:
            case = self._case_in(response, bytes(start))
        except InvalidHitlObject:
            response.close()
            raise
        if case is None:
            response.stream = self.replay(response.stream, bytes(start))
            return response
        response.close()
        credential = self._credential(request)
        wire = BlockingSession(credential, library=self.library, transport=self._inner)
        return self._answer(response, request, case, hold(case, credential, wire, self._options))

    def close(self) -> None:
        """Close the transport within."""
        self._inner.close()


class AsyncFace(_Face):
    """An async transport of `library` around another one; for asyncio."""

    def __init__(self, inner: Any = None, **options: Unpack[Options]) -> None:
        self._inner = self.library.AsyncHTTPTransport() if inner is None else inner
        self._options = options

    async def handle_async_request(self, request: Any) -> Any:
        """Send a request; where its answer wants a human, wait for the decision.

        Raises: AnswerExpired, AnswerCancelled, StillOpen, InvalidHitlObject, and what
        `Waiting.decision` raises.
        """
        response = await self._inner.handle_async_request(request)
        if not may_want_a_human(response.status_code, response.headers):
            return response
        start, chunks = bytearray(), aiter(response.stream)
        async for chunk in chunks:
            start += chunk
            if len(start) > MAX_HELD_BYTES:
                response.stream = self.replay(response.stream, bytes(start), chunks)
                return response
        try:
            case = self._case_in(response, bytes(start))
        except InvalidHitlObject:
            await response.aclose()
            raise
        if case is None:
            response.stream = self.replay(response.stream, bytes(start))
            return response
        await response.aclose()
        credential = self._credential(request)
        wire = Session(credential, library=self.library, transport=self._inner)
        return self._answer(response, request, case, await hold_async(case, credential, wire, self._options))

    async def aclose(self) -> None:
        """Close the transport within."""
        await self._inner.aclose()
