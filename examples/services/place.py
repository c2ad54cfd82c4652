"""Where the examples keep their cases: where `python -m examples.services` says."""

from __future__ import annotations

import os

from openhitl.service import Reviews


def reviews_at(port: int, name: str) -> Reviews:
    """Make the cases of the example that serves at a port of this machine."""
    folder, secret = os.environ["EXAMPLES_DATA"], os.environ["EXAMPLES_SECRET"]
    return Reviews(f"sqlite:///{folder}/{port}.db", secret, base_url=f"http://localhost:{port}", name=name)
