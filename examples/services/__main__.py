"""Start all four, or those that you name: `python -m examples.services [fastapi starlette flask django]`."""

from __future__ import annotations

import signal
import subprocess
import sys

PORTS = {"fastapi": 3456, "starlette": 3457, "flask": 3458, "django": 3459}


def main(names: list[str]) -> int:
    """Run the services until SIGINT or SIGTERM."""
    unknown = [name for name in names if name not in PORTS]
    if unknown:
        print(f"There is no example {', '.join(unknown)}; there are {', '.join(PORTS)}.", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    running = []
    try:
        for name in names or PORTS:
            command = [sys.executable, "-m", f"examples.services.{name}_service"]
            running.append(subprocess.Popen(command))
            print(
                f"{name}: curl -X POST 'http://localhost:{PORTS[name]}/api/demo?type=selection'", flush=True
            )
        for process in running:
            process.wait()
    except KeyboardInterrupt:
        pass
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
