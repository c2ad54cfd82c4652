"""The gateway as an ASGI application: own files from here, everything else from the one server."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, MutableMapping
from contextlib import AsyncExitStack
from html import escape
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Any

import httpx2
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

from openhitl.cli.gateway.files import OwnFiles
from openhitl.cli.gateway.headers import METHODS, check_origin, own_headers, to_browser, to_server
from openhitl.cli.gateway.site import Site
from openhitl.client.origins import is_loopback
from openhitl.errors import HitlError, MethodNotAllowed, NotFound, PeerError, ServerUnreachable
from openhitl.protocol.visible import visible
from openhitl.review.asgi import WITH_BODY, Receive, Send, read_body
from openhitl.review.http import wants_html
from openhitl.review.pages.assets import asset_name
from openhitl.words import N_, Words, choose_language, words_for

#: Streams beat every few seconds; what is silent for so long is broken.
SILENCE_SECONDS = 45.0
CONNECT_SECONDS = 10.0
#: More than the longest history that can be taken away.
MAX_ANSWER_BYTES = 64 * 1024 * 1024
MAX_PLACE_CHARACTERS = 200
#: What a browser wants of the server is shown, or read by our scripts. All else would be loaded by a page.
_DESTINATIONS = frozenset({"document", "empty", ""})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

_UNREACHED = N_("The server cannot be reached")
_UNREACHED_MORE = N_("Try again when there is a connection.")
_ELSEWHERE = N_("The server sends you elsewhere")
_ELSEWHERE_MORE = N_("It names %(place)s. From here nothing leads to another place than your server.")
_PAGE = """<!doctype html>
<html lang="{language}" dir="{direction}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><link rel="stylesheet" href="{style}"></head>
<body><div class="sheet"><main class="flow"><h1>{title}</h1><p dir="auto">{text}</p></main></div></body>
</html>
"""


class Gateway:
    """Shows one server's pages on this machine. Enter it, and it keeps connections to the server.

    Args:
        miss: as of `OwnFiles`.
    """

    def __init__(self, site: Site, *, miss: Callable[[str], None]) -> None:
        self._site = site
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
        """Answer one request; whatever goes wrong is answered too."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
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
        asked = to_server(method, headers, self._site)
        try:
            request = self._client.build_request(method, address, headers=asked, content=body)
            return await self._client.send(request, stream=True)
        except httpx2.TransportError as error:
            raise ServerUnreachable from error
        except httpx2.InvalidURL as error:
            raise NotFound from error

    def _told(self, answer: httpx2.Response, words: Words) -> Response:
        """Hand on what the server answered, without what it says of how that is to be shown."""
        location = answer.headers.get("location") if answer.status_code in _REDIRECTS else None
        here = self._site.here(location, str(answer.url)) if location is not None else None
        if location is not None and here is None:
            return HTMLResponse(self._elsewhere(location, words), 502)
        response = StreamingResponse(_body(answer), answer.status_code)
        pairs = ((name.lower(), value) for name, value in answer.headers.multi_items())
        for name, value in to_browser(pairs, self._site):
            response.headers.append(name, value)
        if here is not None:
            response.headers["location"] = here
        return response

    def _elsewhere(self, location: str, words: Words) -> str:
        place = location.partition("?")[0][:MAX_PLACE_CHARACTERS]
        text = words.gettext(_ELSEWHERE_MORE) % {"place": visible(place)}
        return self._page(words, words.gettext(_ELSEWHERE), text)

    def _refusal(self, error: HitlError, headers: Mapping[str, str], words: Words) -> Response:
        if not wants_html(headers):
            told = {"error": error.code, "message": error.message}
            return JSONResponse(told, error.status)
        if isinstance(error, PeerError):
            page = self._page(words, words.gettext(_UNREACHED), words.gettext(_UNREACHED_MORE))
        else:
            page = self._page(words, error.message, error.hint)
        return HTMLResponse(page, error.status)

    def _page(self, words: Words, title: str, text: str) -> str:
        return _PAGE.format(
            language=words.language,
            direction=words.direction,
            title=escape(title),
            text=escape(text),
            style=f"{self._site.base}/static/{asset_name('page.css')}",
        )


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
