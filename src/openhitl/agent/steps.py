"""What a wait does to the world, one step at a time, so that the same wait runs async or not.

A wait is a generator of steps. Whoever drives it performs each, and sends back what the step's
docstring says, or throws what it raises.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, TypeVar

from openhitl.agent.questions import OpenCase
from openhitl.agent.updates import Update
from openhitl.client.exchange import Request

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Send:
    """Send a request; gives the `Response`. Raises: ServerUnreachable, PeerError."""

    request: Request


@dataclass(frozen=True, slots=True)
class Listen:
    """Open a stream; gives the head, a `Response`. Raises: ServerUnreachable, PeerError."""

    request: Request
    silence_seconds: float


@dataclass(frozen=True, slots=True)
class Read:
    """Read on in the open stream; gives bytes, or None at its end. Raises: ServerUnreachable.

    The stream closes at the next Send, Listen or Pause.
    """


@dataclass(frozen=True, slots=True)
class Pause:
    """Let time pass, or less if a callback rings; gives None."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Note:
    """Pass an update on; gives None."""

    update: Update


@dataclass(frozen=True, slots=True)
class Tell:
    """Get a case to a human; gives None."""

    case: OpenCase


@dataclass(frozen=True, slots=True)
class Keep:
    """What is remembered has changed: write it down, if anybody does; gives None."""


Step = Send | Listen | Read | Pause | Note | Tell | Keep
Steps = Generator[Step, Any, T]
