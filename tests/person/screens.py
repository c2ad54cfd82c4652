"""What stands on the screen of the inbox, as text, and the texts that it is compared with.

`RENEW_SNAPSHOTS=1 .venv/bin/python -m pytest tests/person/test_screen.py` writes them anew; look at the
difference before you keep it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from textual.app import App

SNAPSHOTS = Path(__file__).with_name("snapshots")
RENEW = "RENEW_SNAPSHOTS"


def screen_text(app: App[None]) -> str:
    """Return the rows of the screen without what follows the last letter of each."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips).rstrip() + "\n"


def settled(text: str, **names: str) -> str:
    """Put names in the place of what differs from run to run, as wide as it is."""
    for name, value in names.items():
        text = text.replace(value, name.ljust(len(value), "-")[: len(value)])
    return text


def check_snapshot(name: str, text: str) -> None:
    """Compare a screen with the one that was kept under a name."""
    path = SNAPSHOTS / f"{name}.txt"
    if os.environ.get(RENEW):
        SNAPSHOTS.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"{path.name} is not there yet: run with {RENEW}=1"
    assert text == path.read_text(encoding="utf-8"), f"{path.name} differs; if it is right, {RENEW}=1"


def has_words(app: App[None], words: str) -> bool:
    """Tell whether words stand on the screen, broken over lines or not."""
    text = re.sub(r"[│╭╮╰╯─┌└\s]+", " ", screen_text(app))
    return words in text
