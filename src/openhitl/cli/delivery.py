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


def deliver(terminal: Terminal, url: str, *, open_browser: bool = True) -> None:
    """Show the address; open it where this machine has a screen, else help it to another machine."""
    terminal.say(f"  {url}")
    if open_browser and has_screen() and webbrowser.open(url):
        terminal.say("Opened in your browser.")
    elif is_loopback(url):
        terminal.say(f"On another machine: {tunnel_hint(url)}")
    elif terminal.live and url.startswith("https://"):
        terminal.say(qr_code(url))


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
    forward = f"`ssh -L {port}:localhost:{port} THIS-MACHINE`"
    return f"first run {forward} there, or set HITL_BASE_URL to a tunnel's https address."


def qr_code(url: str) -> str:
    """Draw an address as a QR code of half blocks."""
    drawing = io.StringIO()
    segno.make(url, error="l", micro=False).terminal(drawing, compact=True)
    return drawing.getvalue().rstrip("\n")
