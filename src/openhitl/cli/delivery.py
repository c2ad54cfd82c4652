"""Get a review page in front of a human: the browser, a QR code, or the address. HITL v0.8 §7."""

from __future__ import annotations

import io
import os
import sys
import webbrowser
from collections.abc import Mapping

import segno

from openhitl.cli.terminal import Terminal
from openhitl.client.origins import is_loopback

STDOUT = 1


def deliver(terminal: Terminal, *urls: str, open_browser: bool = True) -> None:
    """Open review pages where this machine has a screen, else help the human to get there.

    Their addresses have been printed already.
    """
    if open_browser and has_screen() and all(_opens(url) for url in urls):
        terminal.say("Opened in your browser.")
    elif is_loopback(urls[0]):
        terminal.say(tunnel_hint(urls[0]))
    elif terminal.live:
        for url in urls:
            terminal.say(qr_code(url))


def _opens(url: str) -> bool:
    """Open a browser that cannot write on our standard output, where only the answer belongs."""
    sys.stdout.flush()
    kept = os.dup(STDOUT)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, STDOUT)
        return webbrowser.open(url)
    finally:
        os.dup2(kept, STDOUT)
        os.close(kept)
        os.close(nowhere)


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
    port = url.partition("://")[2].partition("/")[0].rpartition(":")[2]
    return (
        f"From another computer: ssh -L {port}:localhost:{port} THIS-HOST\n"
        "and open it there; or set HITL_BASE_URL to the https\n"
        "address of a tunnel to this port."
    )


def qr_code(url: str) -> str:
    """Draw an address as a QR code of half blocks."""
    drawing = io.StringIO()
    segno.make(url, error="l", micro=False).terminal(drawing, compact=True)
    return drawing.getvalue().rstrip("\n")
