"""The gateway as an ASGI application: own files from here, everything else from the one server."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, MutableMapping
from contextlib import AsyncExitStack
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Any

import httpx2
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

from openhitl.cli.gateway.cookies import Cookies
from openhitl.cli.gateway.files import OwnFiles
from openhitl.cli.gateway.headers import METHODS, check_origin, own_headers, to_browser, to_server
from openhitl.cli.gateway.site import Site
from openhitl.client.origins import is_loopback
from openhitl.errors import HitlError, MethodNotAllowed, NotFound, PeerError, ServerUnreachable
from openhitl.review.asgi import WITH_BODY, Receive, Send, read_body
from openhitl.review.http import wants_html
from openhitl.review.pages import render_error
from openhitl.review.pages.refusals import ELSEWHERE
from openhitl.words import Words, choose_language, words_for

#: Streams beat every few seconds; what is silent for so long is broken.
SILENCE_SECONDS = 45.0
CONNECT_SECONDS = 10.0
#: More than the longest history that can be taken away.
MAX_ANSWER_BYTES = 64 * 1024 * 1024
MAX_PLACE_CHARACTERS = 200
#: What a browser wants of the server is shown, or read by our scripts. All else would be loaded by a page.
_DESTINATIONS = frozenset({"document", "empty", ""})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Gateway:
    """Shows one server's pages on this machine. Enter it, and it keeps connections to the server.

    Args:
        key: as of `Cookies`.
        miss: as of `OwnFiles`.
    """

    def __init__(self, site: Site, *, key: bytes, miss: Callable[[str], None]) -> None:
        self._site = site
        self._cookies = Cookies(site, key)
        self._files = OwnFiles(site, miss)
        self._own = own_headers(site)
        self._client = httpx2.AsyncClient(
            timeout=httpx2.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS),
            follow_redirects=False,
            # A proxy of the environment must never see what stays on this machine.
            trust_env=not is_loopback(site.server),
            # Browsers keep their cookies; one that was kept here would go out with everybody's requests.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        )

    async def __aenter__(self) -> Gateway:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request; a server that fails is said too.

        If it fails in the middle of a body, what has begun as its answer cannot become another: the
        connection is cut.
        """
        headers = dict(_read(scope["headers"]))
        words = words_for(choose_language(headers.get("accept-language")))
        async with AsyncExitStack() as stack:
            try:
                response = self._own_answer(scope, headers, words)
                if response is None:
                    answer = await self._asked(scope, headers, receive)
                    stack.push_async_callback(answer.aclose)
                    response = self._told(answer, words)
            except HitlError as error:
                response = self._refusal(error, headers, words)
            for name, value in self._own.items():
                response.headers.setdefault(name, value)
            await response(scope, receive, send)

    def _own_answer(
        self, scope: Mapping[str, Any], headers: Mapping[str, str], words: Words
    ) -> Response | None:
        """Answer what the server is not asked, refusals among it. Raises: MethodNotAllowed, CrossSite."""
        method = scope["method"]
        if headers.get("host") != self._site.host:
            # A name that somebody has pointed at this machine: the page that asks is theirs.
            return _plain(421, f"This is {self._site.origin}, by no other name.\n")
        if method not in METHODS:
            raise MethodNotAllowed(allow=sorted(METHODS))
        check_origin(method, headers, self._site)
        return self._files.find(scope["path"], words)

    async def _asked(
        self, scope: Mapping[str, Any], headers: Mapping[str, str], receive: Receive
    ) -> httpx2.Response:
        """Ask the server. Raises: NotFound, PayloadTooLarge, MalformedRequest, ServerUnreachable."""
        address = self._site.upstream(
            scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
        )
        if address is None or headers.get("sec-fetch-dest", "") not in _DESTINATIONS:
            raise NotFound
        method = scope["method"]
        body = await read_body(headers, receive) if method in WITH_BODY else None
        # As bytes: what browsers and servers say need not be ASCII.
        asked = [
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in to_server(method, headers, self._cookies).items()
        ]
        try:
            request = self._client.build_request(method, address, headers=asked, content=body)
            return await self._client.send(request, stream=True)
        except httpx2.TransportError as error:
            raise ServerUnreachable from error
        except httpx2.InvalidURL as error:
            raise NotFound from error

    def _told(self, answer: httpx2.Response, words: Words) -> Response:
        """Hand on what the server answered, without what it says of how that is to be shown."""
        told = [(name.lower(), value) for name, value in _read(answer.headers.raw)]
        location = dict(told).get("location") if answer.status_code in _REDIRECTS else None
        here = self._site.here(location, str(answer.url)) if location is not None else None
        if location is not None and here is None:
            place = location.partition("?")[0][:MAX_PLACE_CHARACTERS]
            return self._page(ELSEWHERE, 502, words, about=place)
        response = StreamingResponse(_body(answer), answer.status_code)
        for name, value in to_browser(told, self._cookies):
            response.headers.append(name, value)
        if here is not None:
            response.headers["location"] = here
        return response

    def _refusal(self, error: HitlError, headers: Mapping[str, str], words: Words) -> Response:
        if wants_html(headers):
            return self._page(error.code, error.status, words)
        return JSONResponse({"error": error.code, "message": error.message}, error.status)

    def _page(self, code: str, status: int, words: Words, *, about: str = "") -> Response:
        page = render_error(code, status, words.language, base=self._site.base, about=about)
        return HTMLResponse(page.html, status)


def _read(headers: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[str, str]]:
    """Read headers so that every byte of them can be written again. RFC 9110 §5.5."""
    return ((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)


def _plain(status: int, text: str) -> Response:
    return Response(text, status_code=status, media_type="text/plain")


async def _body(answer: httpx2.Response) -> AsyncGenerator[bytes]:
    """Hand a body on as it comes. A stream may be as long as it likes, anything else 64 MiB."""
    is_stream = answer.headers.get("content-type", "").partition(";")[0].strip() == "text/event-stream"
    size = 0
    async for chunk in answer.aiter_bytes():
        size += len(chunk)
        if size > MAX_ANSWER_BYTES and not is_stream:
            raise PeerError("The server's answer is too long.")
        yield chunk
