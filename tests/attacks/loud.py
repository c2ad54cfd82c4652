"""A server that says everything it knows: `python -m tests.attacks.loud`, set up by the environment.

Every logger of every library writes at debug level to stderr, and so does everything on stdout.
"""

from __future__ import annotations

import logging
import os
import sys

import structlog

from openhitl.review.room import Room
from openhitl.server.app import Server
from openhitl.server.local import ensure_local_key
from openhitl.server.logs import log_to_stderr
from openhitl.server.serving import bind, uvicorn_for
from openhitl.settings import load_settings
from tests.asking.haste import HASTY


def main() -> None:
    """Serve until told to stop."""
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    log_to_stderr()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG))
    listener, settings = bind(load_settings())
    ensure_local_key(settings)
    uvicorn = uvicorn_for(Server(settings, room=Room.of_this_process(), pace=HASTY))
    logging.basicConfig(level=logging.DEBUG, stream=sys.stderr, force=True)
    for name in list(logging.Logger.manager.loggerDict):
        logger = logging.getLogger(name)
        logger.setLevel(logging.DEBUG)
        logger.propagate = True
    logging.getLogger("loud").debug("listens on %s", settings.public_url)
    uvicorn.run(sockets=[listener])


if __name__ == "__main__":
    main()
