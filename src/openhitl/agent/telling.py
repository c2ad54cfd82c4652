"""Get a review page in front of a human: say it, open the browser, draw a QR code. HITL v0.8 §7.

Whatever takes an `OpenCase` can tell a human: a function that posts to a chat, async or not. This is
the way for an agent whose human sits at a terminal, or reads its log.
"""

from __future__ import annotations

import asyncio
import inspect
import io
import os
import subprocess
import sys
import webbrowser
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

import segno

from openhitl.agent.questions import OpenCase
from openhitl.client.origins import is_loopback
from openhitl.protocol.visible import one_line, visible

Teller = Callable[[OpenCase], Awaitable[None] | None]

MAX_PROMPT_CHARACTERS = 500
MAX_MESSAGE_CHARACTERS = 2000
#: A longer address makes a code that fits on no terminal.
MAX_QR_CHARACTERS = 600
#: A browser that has not said by now whether it opened is taken to be opening.
BROWSER_SECONDS = 10.0
_OPEN = "import sys, webbrowser; sys.exit(not webbrowser.open(sys.argv[1]))"


def say_on_stderr(text: str) -> None:
    """Print lines where nothing waits for an answer."""
    print(text, file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Says the question and the address with `say`, and helps the human to get there.

    `open_browser`: open the page here. `draw_qr`: else draw a QR code of it. `show_way`: an address of
    this machine leads nowhere from elsewhere, so say how it does instead. `automatic` chooses.
    """

    say: Callable[[str], None] = say_on_stderr
    open_browser: bool = False
    draw_qr: bool = False
    show_way: bool = False

    def __call__(self, case: OpenCase) -> None:
        self.say(message(case))
        if case.review_url is not None and not case.reminder:
            self.show(case.review_url)

    def show(self, *urls: str) -> None:
        """Open review pages whose addresses have been said, else help the human to get there."""
        if self.open_browser and all(open_page(url) for url in urls):
            self.say("Opened in your browser.")
        elif is_loopback(urls[0]):
            if self.show_way:
                self.say(tunnel_hint(urls[0]))
        elif self.draw_qr:
            for url in urls:
                if len(url) <= MAX_QR_CHARACTERS:
                    self.say(qr_code(url))


def automatic(environ: Mapping[str, str] = os.environ) -> Telling:
    """Choose by where this program runs.

    On a terminal: the browser if the human sits before this machine's screen, else a QR code. In a
    log: the address alone.
    """
    interactive = sys.stderr.isatty() and "CI" not in environ
    return Telling(
        open_browser=interactive and has_screen(environ), draw_qr=interactive, show_way=interactive
    )


async def tell(teller: Teller | None, case: OpenCase) -> None:
    """Tell a human from async code; None is `automatic`."""
    teller = teller or automatic()
    if isinstance(teller, Telling):
        await asyncio.to_thread(teller, case)  # a browser takes its time to open
        return
    result = teller(case)
    if inspect.isawaitable(result):
        await result


def tell_blocking(teller: Teller | None, case: OpenCase) -> None:
    """Tell a human from code that is not async; None is `automatic`. An async teller gets a loop."""
    result = (teller or automatic())(case)
    if inspect.isawaitable(result):
        # On a thread of its own: the caller may have a loop that is running.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, _awaited(result)).result()


async def _awaited(work: Awaitable[None]) -> None:
    await work


def message(case: OpenCase) -> str:
    """Write what a human is told: the question, what the form asks for, and where to answer.

    What others wrote is marked with a bar, cut short, and shows every character that would hide.
    """
    prompt = one_line(case.prompt[:MAX_PROMPT_CHARACTERS])
    lines = [f"Reminder, this is still open: {prompt}" if case.reminder else prompt]
    if case.message and case.message != case.prompt:
        lines += [f"  | {visible(line)}" for line in case.message[:MAX_MESSAGE_CHARACTERS].splitlines()]
    if case.form is not None:
        lines.append(case.form.line)
    if case.review_url is not None:
        lines.append(f"Answer at {visible(case.review_url)}")
    return "\n".join(lines)


def open_page(url: str) -> bool:
    """Open a page in this machine's browser; return whether that worked.

    A browser may write on our standard output, where perhaps only an answer belongs: it gets another.
    """
    if getattr(sys, "frozen", False):
        return webbrowser.open(url)  # there is no interpreter to start
    opening = subprocess.Popen(  # noqa: S603
        [sys.executable, "-I", "-S", "-c", _OPEN, url],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        return opening.wait(BROWSER_SECONDS) == 0
    except subprocess.TimeoutExpired:
        return True


def has_screen(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> bool:
    """Tell whether a browser that opens here is one that the human sees."""
    if environ.get("BROWSER"):
        return True
    if environ.get("SSH_CONNECTION"):
        return False
    if platform in ("darwin", "win32"):
        return True
    return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def tunnel_hint(url: str) -> str:
    """Say how a page of this machine is reached from elsewhere. A QR code of it would lead nowhere."""
    port = urlsplit(url).port or 80
    return (
        f"From another computer: ssh -L {port}:localhost:{port} THIS-HOST\n"
        "and open it there; or give this server the https\n"
        "address of a tunnel to this port (HITL_BASE_URL)."
    )


def qr_code(url: str) -> str:
    """Draw an address as a QR code of half blocks."""
    drawing = io.StringIO()
    segno.make(url, error="l", micro=False).terminal(drawing, compact=True)
    return drawing.getvalue().rstrip("\n")
