"""Start all four, or those that you name: `python -m examples.services [flask starlette fastapi django]`."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence

PORTS = {"flask": 3456, "starlette": 3457, "fastapi": 3458, "django": 3459}
#: What serves them; gunicorn's four processes share one database. No access log: addresses carry tokens.
SERVERS = {
    "flask": "gunicorn -b localhost:{} -w 4 --threads 4 --no-control-socket",
    "starlette": "uvicorn --port {} --no-access-log --timeout-graceful-shutdown 2",
    "fastapi": "uvicorn --port {} --no-access-log --timeout-graceful-shutdown 2",
    "django": "waitress --listen=localhost:{} --threads=8",
}


def main(names: Sequence[str]) -> int:
    """Run the services until SIGINT or SIGTERM."""
    unknown = [name for name in names if name not in PORTS]
    if unknown:
        print(f"There is no example {', '.join(unknown)}; there are {', '.join(PORTS)}.", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="openhitl-examples-") as folder:
        given = {"EXAMPLES_DATA": folder, "EXAMPLES_SECRET": secrets.token_hex(32), **os.environ}
        _run(names or list(PORTS), given)
    return 0


def _run(names: Sequence[str], environment: Mapping[str, str]) -> None:
    running = []
    try:
        for name in names:
            server = SERVERS[name].format(PORTS[name]).split()
            command = [sys.executable, "-m", *server, f"examples.services.{name}_service:app"]
            running.append(subprocess.Popen(command, env=environment))
            address = f"http://localhost:{PORTS[name]}/api/demo?type=selection"
            print(f"{name}: curl -X POST '{address}'", flush=True)
        for process in running:
            process.wait()
    except KeyboardInterrupt:
        pass
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
