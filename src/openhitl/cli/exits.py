"""What the exit code says."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of every command. 130 is what a shell expects of a program that Ctrl-C ended."""

    ANSWERED = 0
    ERROR = 1
    USAGE = 2
    DENIED = 10
    EXPIRED = 11
    CANCELLED = 12
    INTERRUPTED = 130
