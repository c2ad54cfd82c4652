"""What a server says when it is started and nobody can sign in yet."""

from __future__ import annotations

from openhitl.cli.terminal import Terminal, telling
from openhitl.server.people_admin import roster
from openhitl.settings import Settings


def welcome(settings: Settings) -> None:
    """Print the link with which the first owner makes an account; say nothing where somebody has one.

    Raises: SetupError, StoreError.
    """
    with roster(settings) as people:
        link = people.first_owner_link()
    if link is None:
        return
    terminal = Terminal()
    terminal.say("Nobody has an account here yet.")
    terminal.say("Whoever opens this first, within an hour, is the owner:")
    terminal.say(f"  {link}")
    telling(terminal, open_browser=False).show(link)
    terminal.say("When it is too old, restart the server, or run on this machine\n`hitl admin owner-link`.")
