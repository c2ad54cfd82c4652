"""Starts servers quickly: imports everything once, then forks one server for each line it reads.

Protocol on stdin and stdout, one line each: `start` answers `started <pid>` once that server accepts
requests. The parent kills servers by their pid.
"""

from __future__ import annotations

import os
import sys
import threading

from openhitl.server.app import Server
from openhitl.server.serving import bind, uvicorn_for
from openhitl.settings import load_settings


def _serve(ready: int) -> None:
    settings = load_settings()
    listener, settings = bind(settings)
    uvicorn = uvicorn_for(Server(settings))
    uvicorn.on_started = lambda: os.write(ready, b"1")
    uvicorn.run(sockets=[listener])


def main() -> None:
    for line in sys.stdin:
        assert line.strip() == "start"
        assert threading.active_count() == 1, "forking with threads is not safe"
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            _serve(writer)
            os._exit(0)
        os.close(writer)
        started = os.read(reader, 1) == b"1"
        os.close(reader)
        print("started" if started else "failed", pid, flush=True)
        os.waitpid(pid, 0)
        print("ended", pid, flush=True)


if __name__ == "__main__":
    main()
