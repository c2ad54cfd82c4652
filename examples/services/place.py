"""Where the examples keep their cases: a new folder and a new secret each time, unless you say."""

from __future__ import annotations

import os
import secrets
import tempfile

from openhitl.service import Reviews


def reviews_at(port: int, name: str) -> Reviews:
    """Make the cases of the example that serves at a port of this machine."""
    folder = os.environ.get("EXAMPLES_DATA") or tempfile.mkdtemp(prefix="openhitl-examples-")
    secret = os.environ.get("EXAMPLES_SECRET") or secrets.token_hex(32)
    return Reviews(f"sqlite:///{folder}/{port}.db", secret, base_url=f"http://localhost:{port}", name=name)
