"""The page of this machine where a browser brings the answer of a login. RFC 8252 §7.3."""

from __future__ import annotations

import hmac
import queue
import threading
from collections.abc import Callable, Mapping
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import parse_qsl, urlsplit

from openhitl.words import N_, Words, choose_language, words_for

#: Numeric: a name could lead to another interface. RFC 8252 §8.3.
HOST = "127.0.0.1"
PATH = "/callback"
REDIRECT_URI = f"http://{HOST}{PATH}"
MAX_QUERY_CHARACTERS = 8192
#: A browser opens connections ahead, and sends nothing on them.
SILENCE_SECONDS = 10.0
_HEARD = N_("Back to the terminal")
_HEARD_MORE = N_("It says whether you are logged in. You can close this page.")
_NOT_HEARD = N_("Nobody waits for this")
_NOT_HEARD_MORE = N_(
    "It is not the answer that a program on this machine asked for. You can close this page."
)
_PAGE = """<!doctype html>
<html lang="{language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
  body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 15vh auto; padding: 0 1rem }}
  @media (prefers-color-scheme: dark) {{ body {{ background: #111; color: #eee }} }}
</style>
<h1>{title}</h1>
<p>{text}</p>
"""
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Loopback:
    """Listens on a free port of this machine for as long as it is entered.

    Only what carries the `state` of this login is heard: any page on any site can send a browser here.
    """

    def __init__(self, state: str) -> None:
        self._heard: queue.SimpleQueue[Mapping[str, str]] = queue.SimpleQueue()
        self._server = _Server((HOST, 0), _handler(state, self._heard.put))
        self._thread = threading.Thread(target=self._server.serve_forever, name="hitl-login", daemon=True)

    @property
    def redirect_uri(self) -> str:
        """Where the browser brings the answer."""
        return f"http://{HOST}:{self._server.server_port}{PATH}"

    def __enter__(self) -> Loopback:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, *, within_seconds: float) -> Mapping[str, str] | None:
        """Wait for the answer and return its query; None if it does not come in time."""
        try:
            return self._heard.get(timeout=within_seconds)
        except queue.Empty:
            return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Without this the port is kept busy for a while by connections that have ended.
    block_on_close = False


def _handler(state: str, hear: Callable[[Mapping[str, str]], None]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = SILENCE_SECONDS
        server_version = "OpenHITL"
        sys_version = ""

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            words = words_for(choose_language(self.headers.get("Accept-Language")))
            if parts.path != PATH:
                self._show(404, words, _NOT_HEARD, _NOT_HEARD_MORE)
                return
            query = _query(parts.query)
            if query is None or not hmac.compare_digest(query.get("state", "").encode(), state.encode()):
                self._show(400, words, _NOT_HEARD, _NOT_HEARD_MORE)
                return
            self._show(200, words, _HEARD, _HEARD_MORE)
            hear(query)

        def _show(self, status: int, words: Words, title: str, text: str) -> None:
            said = {"title": escape(words.gettext(title)), "text": escape(words.gettext(text))}
            page = _PAGE.format(language=words.language, **said).encode()
            self.send_response(status)
            for name, value in _HEADERS.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing: the address holds a code."""

    return Handler


def _query(text: str) -> Mapping[str, str] | None:
    """Read the parameters; None if one comes twice. RFC 6749 §3.1."""
    pairs = parse_qsl(text[:MAX_QUERY_CHARACTERS], keep_blank_values=True)
    query = dict(pairs)
    return query if len(query) == len(pairs) else None
