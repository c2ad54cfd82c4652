"""A person's inbox on the command line, for as long as a command needs it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from enum import StrEnum
from typing import TextIO

from openhitl.client.config import ClientConfig, load_person
from openhitl.client.session import Session
from openhitl.errors import SignInRequired
from openhitl.person.drawing.ansi import spelt, wants_colour
from openhitl.person.drawing.lines import Line
from openhitl.person.following import SIGN_IN_HINT
from openhitl.person.inbox import Inbox

#: Longer lines are hard to read.
MOST_COLUMNS = 100


class Whose(StrEnum):
    """As whom a command looks at cases: who asks, or who answers."""

    AGENT = "agent"
    PERSON = "person"


def person_config() -> ClientConfig:
    """Find the server where somebody is signed in. Raises: SignInRequired, SetupError."""
    config = load_person()
    if not config.has_credential:
        raise SignInRequired(f"You are not signed in at {config.server_url}.", hint=SIGN_IN_HINT)
    return config


@asynccontextmanager
async def opened_inbox(config: ClientConfig) -> AsyncIterator[Inbox]:
    """Open a person's inbox; its connections are closed when this is left."""
    async with Session(config.credential) as session:
        yield Inbox(config, session)


def here_and_now() -> datetime:
    """Return this instant in this machine's zone."""
    return datetime.now().astimezone()


def columns() -> int:
    """Return how many columns lines are laid out for."""
    return min(shutil.get_terminal_size().columns, MOST_COLUMNS)


def print_lines(lines: Iterable[Line], stream: TextIO | None = None) -> None:
    """Print lines, with colours where they are wanted."""
    stream = stream or sys.stdout
    colour = wants_colour(os.environ, is_terminal=stream.isatty())
    for line in lines:
        print(spelt(line, colour=colour), file=stream)
