"""hitl-cli 1.2.1 as its users have it, unmodified, in a virtual environment of its own.

`python -m tests.dropin.older` installs it; a test that finds it missing does so too. It takes fastmcp
before 3: with later ones its OAuth calls fail inside the program itself.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
FOLDER = CHECKOUT / ".venv" / "dropin"


def installed() -> Path:
    """Return the folder of its programs; the first call after a change of its pins installs them."""
    FOLDER.parent.mkdir(exist_ok=True)
    with FOLDER.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        mark = FOLDER / "installed"
        digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
        if not mark.exists() or mark.read_text() != digest:
            shutil.rmtree(FOLDER, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", str(FOLDER)], check=True)
            pip = [str(FOLDER / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install"]
            subprocess.run([*pip, "--quiet", "--require-hashes", "-r", str(REQUIREMENTS)], check=True)
            mark.write_text(digest)
    return FOLDER / "bin"


if __name__ == "__main__":
    installed()
