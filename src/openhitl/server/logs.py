"""Where log lines go: to stderr, since stdout may be somebody's answer."""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.typing import EventDict

from openhitl.protocol.visible import visible


def _without_hidden(_logger: object, _level: str, line: EventDict) -> EventDict:
    """Spell out what a terminal would obey: the path of a request is anybody's text."""
    return {name: visible(value) if isinstance(value, str) else value for name, value in line.items()}


def log_to_stderr() -> None:
    """Send warnings and errors to stderr, unless the program that we run in has set up its own logs."""
    if structlog.is_configured():
        return
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_hidden,
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
