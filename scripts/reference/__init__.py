"""The pages of docs/reference, written from the code that they describe.

`python -m scripts.reference` writes them; a test compares them with what is committed.
"""

from __future__ import annotations

from scripts.reference import commands, errors, http, lifecycle, python, settings

NOTE = "<!-- Written by `make docs` from the code. Do not edit. -->\n\n"


def pages() -> dict[str, str]:
    """Return every page by its file name."""
    return {
        "commands.md": NOTE + commands.page(),
        "errors.md": NOTE + errors.page(),
        "http.md": NOTE + http.page(),
        "lifecycle.md": NOTE + lifecycle.page(),
        "python.md": NOTE + python.page(),
        "settings.md": NOTE + settings.page(),
    }
