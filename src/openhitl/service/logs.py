"""Where log lines of an embedded service go."""

from __future__ import annotations

import structlog
from structlog.typing import EventDict

from openhitl.protocol.visible import visible


def log_to_logging() -> None:
    """Send log lines to `logging`, below the logger `openhitl`, unless the program uses structlog itself.

    Tracebacks are plain ones: the values of variables may be tokens and answers.
    """
    if structlog.is_configured():
        return
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, _one_line],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


def _one_line(_logger: object, _level: str, line: EventDict) -> tuple[tuple[str], dict[str, object]]:
    event, exc_info = line.pop("event"), line.pop("exc_info", None)
    text = " ".join([event, *(f"{name}={value!r}" for name, value in line.items())])
    return (visible(text),), {"exc_info": exc_info}
