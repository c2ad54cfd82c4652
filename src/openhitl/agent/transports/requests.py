"""`HITLAdapter` for requests.

session = requests.Session()
session.mount("https://", HITLAdapter())
"""

from __future__ import annotations

import io
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Unpack

import requests
import urllib3
from requests.adapters import HTTPAdapter

from openhitl.agent.course import Ended
from openhitl.agent.questions import OpenCase
from openhitl.agent.replies import case_in_body
from openhitl.agent.transports.holding import (
    MAX_HELD_BYTES,
    Options,
    held,
    hold,
    may_want_a_human,
)
from openhitl.client.credentials import Credential, credential_of
from openhitl.client.exchange import Request
from openhitl.client.origins import same_origin
from openhitl.client.wires import CONNECT_SECONDS, BlockingStream, head_of, unreachable
from openhitl.errors import InvalidHitlObject, PeerError

__all__ = ["HITLAdapter"]

_CHUNK_BYTES = 64 * 1024
#: What goes wrong on the way; urllib3's own errors appear while a body is read.
_FAILURES = (requests.RequestException, urllib3.exceptions.HTTPError, OSError)


class HITLAdapter(HTTPAdapter):
    """An adapter of requests that waits for a human where a service wants one.

    `adapter` holds what `HTTPAdapter` takes, such as `max_retries`; the rest is `holding.Options`.
    """

    #: What goes along where a session is pickled.
    __attrs__ = [*HTTPAdapter.__attrs__, "_options"]  # noqa: RUF012

    def __init__(self, adapter: Mapping[str, Any] | None = None, **options: Unpack[Options]) -> None:
        super().__init__(**(adapter or {}))
        self._options = options

    def send(self, request: requests.PreparedRequest, *given: Any, **settings: Any) -> requests.Response:
        """Send a request; where its answer wants a human, wait for the decision.

        Raises: AnswerExpired, AnswerCancelled, StillOpen, InvalidHitlObject, and what
        `SyncWaiting.decision` raises.
        """
        response = super().send(request, *given, **settings)
        if not may_want_a_human(response.status_code, response.headers):
            return response
        try:
            case = _case_in(response)
        except InvalidHitlObject:
            response.close()
            raise
        if case is None:
            return response
        response.close()
        credential = credential_of(request.url or "", _texts(request.headers))
        wire = _Wire(super().send, credential, settings)
        ended = hold(case, credential, wire, self._options)
        return self._answer(response, request, case, ended)

    def _answer(
        self, response: requests.Response, request: requests.PreparedRequest, case: OpenCase, ended: Ended
    ) -> requests.Response:
        """Make the 200. Cookies that the service set with its 202 are set all the same."""
        answer = held(case, ended, self._options)
        raw = urllib3.HTTPResponse(
            body=io.BytesIO(answer.body),
            headers=answer.headers,
            status=200,
            reason="OK",
            preload_content=False,
            original_response=getattr(response.raw, "_original_response", None),
        )
        return self.build_response(request, raw)


class _Wire:
    """Carries polls through the adapter, as the original request was sent."""

    def __init__(
        self, send: Callable[..., requests.Response], credential: Credential, settings: Mapping[str, Any]
    ) -> None:
        self._send = send
        self._credential = credential
        self._settings = {**settings, "stream": True}

    @contextmanager
    def stream(self, request: Request, *, silence_seconds: float) -> Iterator[BlockingStream]:
        """Send a request and hand out the body as it comes. Raises: ServerUnreachable."""
        headers = {**self._credential.headers_for(request.url), **request.headers}
        settings = {**self._settings, "timeout": (CONNECT_SECONDS, silence_seconds)}
        if not same_origin(request.url, self._credential.url):
            settings["cert"] = None  # it says who we are
        try:
            prepared = requests.Request(request.method, request.url, headers=headers).prepare()
            response = self._send(prepared, **settings)
        except requests.exceptions.InvalidURL:
            raise PeerError("The server named an address that is not one.") from None
        except _FAILURES as error:
            raise unreachable(request.url, _reason(error)) from None
        try:
            head = head_of(response.status_code, response.headers, request.url)
            yield BlockingStream(head, _chunks(request.url, response.raw))
        finally:
            response.close()


class _Replay(io.RawIOBase):
    """A body of which the start was read: gives that, then what is still to come."""

    def __init__(self, start: bytes, rest: urllib3.HTTPResponse) -> None:
        self._start = io.BytesIO(start)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer as far as there is something to be had."""
        chunk = self._start.read(len(buffer)) or self._rest.read1(len(buffer), decode_content=False)
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def read1(self, size: int = _CHUNK_BYTES) -> bytes:
        """Read what there is, at most so much."""
        return self.read(size) or b""

    def close(self) -> None:
        """Let go of the connection."""
        self._rest.close()
        self._rest.release_conn()
        super().close()


class _Replayed(urllib3.HTTPResponse):
    """A response whose body is a replay: it streams what there is, as one that was not touched does."""

    def stream(
        self, amt: int | None = None, decode_content: bool | None = None
    ) -> Generator[bytes, None, None]:
        """Give the body as it comes, in pieces of at most `amt` bytes."""
        while chunk := self.read1(amt or _CHUNK_BYTES, decode_content):
            yield chunk


def _case_in(response: requests.Response) -> OpenCase | None:
    """Read a response as far as need be; if it wants no human, it can be read again from its start."""
    sent: urllib3.HTTPResponse = response.raw
    start = bytearray()
    try:
        while len(start) <= MAX_HELD_BYTES and (chunk := sent.read1(_CHUNK_BYTES, decode_content=False)):
            start += chunk
    except urllib3.exceptions.ReadTimeoutError as error:
        raise requests.ReadTimeout(error, request=response.request) from error
    except urllib3.exceptions.HTTPError as error:
        raise requests.exceptions.ChunkedEncodingError(error, request=response.request) from error
    case = case_in_body(_decoded(bytes(start), sent)) if len(start) <= MAX_HELD_BYTES else None
    if case is None:
        replay = _Replay(bytes(start), sent)
        response.raw = _copy(sent, replay)
    return case


def _decoded(body: bytes, sent: urllib3.HTTPResponse) -> bytes:
    """Undo the content encoding, up to one byte more than is read; nothing if it is broken."""
    try:
        return _copy(sent, io.BytesIO(body)).read(MAX_HELD_BYTES + 1, decode_content=True)
    except urllib3.exceptions.HTTPError:
        return b""


def _copy(sent: urllib3.HTTPResponse, body: Any) -> urllib3.HTTPResponse:
    return _Replayed(
        body=body,
        headers=sent.headers,
        status=sent.status,
        version=sent.version,
        reason=sent.reason,
        preload_content=False,
        decode_content=False,
        original_response=getattr(sent, "_original_response", None),
    )


def _reason(error: Exception) -> Exception:
    """Return what went wrong without what was called: the address may hold a token."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return reason if isinstance(reason, Exception) else error


def _chunks(url: str, raw: urllib3.HTTPResponse) -> Iterator[bytes]:
    try:
        while chunk := raw.read1(_CHUNK_BYTES, decode_content=True):
            yield chunk
    except _FAILURES as error:
        raise unreachable(url, error) from error


def _texts(headers: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in headers.items():
        yield name, value.decode("latin-1") if isinstance(value, bytes) else str(value)
